//! Text for people: a stranger's words in a file of ours (names that are exactly theirs, comments that stay comments, nothing
//! that a terminal or an eye takes for something else), and prose in lines.

use std::fmt::Write as _;

/// Longer comments are cut. In characters.
const MAX_COMMENT: usize = 160;
/// What a scope may begin with. In characters.
const MAX_SCOPE_NAME: usize = 40;

/// A key of a table.
pub(crate) fn key(name: &str) -> String {
    let is_bare =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_bare { name.to_owned() } else { string(name) }
}

/// A text in quotation marks: every character that is not plain is written as what it is.
pub(crate) fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ if u32::from(c) <= 0xffff => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            _ => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
        }
    }
    quoted + "\""
}

/// The first line of a text, for people.
pub(crate) fn comment(text: &str) -> String {
    line(text, MAX_COMMENT)
}

/// As much of the first line of a text. Letters of all languages; whatever else is not plain is escaped.
pub(crate) fn line(text: &str, most: usize) -> String {
    let breaks = |c| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let line = text.trim().split(breaks).next().unwrap_or_default().trim_end();
    let mut shown = String::new();
    for c in line.chars().take(most) {
        if matches!(c, ' '..='~' | '’' | '‘' | '“' | '”' | '–' | '—' | '…') || c.is_alphanumeric()
        {
            shown.push(c);
        } else {
            let _ = write!(shown, "{}", c.escape_unicode());
        }
    }
    if line.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// A text of many lines as it is, but for what would move a cursor, hide, or turn the order round.
pub(crate) fn lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        if c == '\n' || c == '\t' || !(c.is_control() || deceives(c)) {
            shown.push(c);
        } else {
            let _ = write!(shown, "{}", c.escape_unicode());
        }
    }
    shown
}

/// What hides, breaks a line, or turns the order round, without being a control character.
pub(crate) fn deceives(c: char) -> bool {
    matches!(
        c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// One word of a command line that somebody copies.
pub(crate) fn shell(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/@%+=,".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What a scope may begin with: lower case, without what means something in a scope.
pub(crate) fn scope_name(name: &str) -> String {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => c,
        _ => '-',
    };
    let name: String = name.trim().chars().take(MAX_SCOPE_NAME).map(plain).collect();
    match name.trim_matches(['-', '.', '_']) {
        "" => "mcp".to_owned(),
        name => name.to_owned(),
    }
}

/// Prose in lines that begin below each other, `indent` from the left, `width` at most where words allow it.
pub(crate) fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let (mut lines, mut column) = (String::new(), indent);
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            lines += "\n";
            lines += &" ".repeat(indent);
            column = indent;
        } else if column > indent {
            lines.push(' ');
            column += 1;
        }
        lines += word;
        column += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_exactly_itself_and_deceives_nobody() {
        for (name, expected) in [
            ("list_todos", "list_todos"),
            ("get-1", "get-1"),
            ("", "\"\""),
            ("a.b", "\"a.b\""),
            ("a\"b\\", "\"a\\\"b\\\\\""),
            ("a\nb\u{1b}[2J", "\"a\\u000Ab\\u001B[2J\""),
            ("\u{202e}nimda", "\"\\u202Enimda\""),
            ("lіst", "\"l\\u0456st\""), // a Cyrillic letter
            ("🔥", "\"\\U0001F525\""),
        ] {
            assert_eq!(key(name), expected);
        }
    }

    #[test]
    fn a_comment_is_one_line_that_stays_one() {
        for (text, expected) in [
            ("Lists the todos.\nAnd more.", "Lists the todos."),
            ("  Wörter 日本 – “so” ", "Wörter 日本 – “so”"),
            ("a\u{85}[resource.tools]", "a"),
            ("a\u{2028}\"*\" = []", "a"),
            ("a\r\"*\" = []", "a"),
            ("\u{1b}[2J\u{9b}2J\u{7}", "\\u{1b}[2J\\u{9b}2J\\u{7}"),
            ("\u{202e}x\u{200b}", "\\u{202e}x\\u{200b}"),
            ("", ""),
        ] {
            assert_eq!(comment(text), expected);
        }
        assert_eq!(comment(&"ä".repeat(500)).chars().count(), MAX_COMMENT + 1);
    }

    #[test]
    fn many_lines_stay_lines_and_nothing_moves_the_cursor() {
        assert_eq!(lines("a\tb\r\nc – 日本 🔥"), "a\tb\nc – 日本 🔥");
        assert_eq!(lines("\u{1b}[2J\u{9b}2J\r\u{202e}\u{200b}"), r"\u{1b}[2J\u{9b}2J\u{d}\u{202e}\u{200b}");
    }

    #[test]
    fn a_shell_reads_a_word_as_one() {
        for (word, expected) in [
            ("https://mcp.example.com/mcp", "https://mcp.example.com/mcp"),
            ("https://mcp.example.com/mcp?a=$(id)", "'https://mcp.example.com/mcp?a=$(id)'"),
            ("todo:read todo:write", "'todo:read todo:write'"),
            ("a'; rm -rf ~; '", r"'a'\''; rm -rf ~; '\'''"),
            ("", "''"),
        ] {
            assert_eq!(shell(word), expected);
        }
    }

    #[test]
    fn a_scope_begins_with_a_plain_name() {
        for (name, expected) in [
            ("Todo Server", "todo-server"),
            ("todo", "todo"),
            ("", "mcp"),
            ("日本", "mcp"),
            ("a\"b:c", "a-b-c"),
            ("--x--", "x"),
        ] {
            assert_eq!(scope_name(name), expected);
        }
        assert_eq!(scope_name(&"x".repeat(500)).len(), MAX_SCOPE_NAME);
    }
}

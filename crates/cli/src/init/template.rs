//! Templates, and values in the words of what they are written in.

/// The template with every `{{name}}` replaced. Values are not looked at again, whatever they contain.
pub(super) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").expect("a template closes what it opens");
        let value = values.iter().find(|(known, _)| *known == name);
        text += value.map(|(_, value)| *value).expect("a template names what it is given");
        text += rest;
    }
    text
}

/// A literal of Rust.
pub(super) fn rust(text: &str) -> String {
    format!("{text:?}")
}

/// A word of a shell, which is one in a file of variables too.
pub(super) fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@%+=,".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_taken_for_a_template() {
        let values = [("a", "{{b}}"), ("b", "}} {{a}}")];
        assert_eq!(filled("x {{a}} y {{b}} }} {z}", &values), "x {{b}} y }} {{a}} }} {z}");
    }

    #[test]
    fn a_value_stays_one_word_of_its_language() {
        assert_eq!(rust("a\"b\\{}\n\u{202e}"), r#""a\"b\\{}\n\u{202e}""#);
        for (text, word) in [
            ("https://mcp.example.com/mcp", "https://mcp.example.com/mcp"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(id)`id`", "'$(id)`id`'"),
            ("it's", r"'it'\''s'"),
            ("-rf", "'-rf'"),
        ] {
            assert_eq!(shell(text), word);
        }
    }
}

//! A map of tools and scopes in YAML. Of YAML as much is read as this needs, event by event, and no value is ever taken for a
//! number, a date or a truth: `no` is the tool of that name. A name twice, tags, merge keys and further documents are refused;
//! an alias stands for scopes written before, and what all of them come to is bounded.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What all lists together may name, those behind aliases counted anew.
const MAX_SCOPES: usize = 10_000;

const REMEDY: &str = "write each tool in a line, with its scopes: list_todos: [\"todo:read\"]";

/// One tool.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    pub(super) line: usize,
}

/// Where and why the file is no map of tools.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) what: String,
    pub(super) remedy: &'static str,
}

fn wrong<T>(span: Span, what: impl Into<String>, remedy: &'static str) -> Result<T, Wrong> {
    Err(Wrong { line: span.start.line().max(1), what: what.into(), remedy })
}

/// The tools of a file, in its order.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, Wrong> {
    Reader { events: Parser::new_from_str(text), anchors: BTreeMap::new(), scopes: 0 }.document()
}

struct Reader<'t> {
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// What anchors stand for.
    anchors: BTreeMap<usize, Vec<String>>,
    /// How many scopes were named so far.
    scopes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Wrong> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Wrong {
                line: error.marker().line().max(1),
                what: format!("is not YAML: {}", error.info()),
                remedy: "correct the line",
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// The one map; none in a file that is empty.
    fn document(mut self) -> Result<Vec<Entry>, Wrong> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (Event::StreamEnd, _) => return Ok(Vec::new()),
                (Event::MappingStart(_, None), _) => break,
                // A file of nothing but comments, or of `---`.
                (Event::Scalar(text, ScalarStyle::Plain, _, None), _) if text.is_empty() => {
                    return self.end(Vec::new());
                }
                (_, span) => return wrong(span, "is no map of tools", REMEDY),
            }
        }
        let entries = self.map()?;
        self.end(entries)
    }

    fn end(&mut self, entries: Vec<Entry>) -> Result<Vec<Entry>, Wrong> {
        loop {
            match self.next()? {
                (Event::DocumentEnd | Event::Nothing, _) => {}
                (Event::StreamEnd, _) => return Ok(entries),
                (_, span) => return wrong(span, "is a second document", "keep one map in the file"),
            }
        }
    }

    fn map(&mut self) -> Result<Vec<Entry>, Wrong> {
        let (mut entries, mut names) = (Vec::new(), BTreeSet::new());
        loop {
            match self.next()? {
                (Event::MappingEnd, _) => return Ok(entries),
                (Event::Scalar(name, ScalarStyle::Plain, ..), span) if name == "<<" => {
                    return wrong(span, "is a merge key, which is not followed", REMEDY);
                }
                (Event::Scalar(name, _, _, None), span) => {
                    let name = name.into_owned();
                    if !names.insert(name.clone()) {
                        return wrong(span, format!("{name:?} stands twice"), "keep one of the two");
                    }
                    let scopes = self.scopes(&name)?;
                    entries.push(Entry { name, scopes, line: span.start.line().max(1) });
                }
                (_, span) => return wrong(span, "is no name of a tool", REMEDY),
            }
        }
    }

    /// What stands for a tool: one scope, or a list of them.
    fn scopes(&mut self, name: &str) -> Result<Vec<String>, Wrong> {
        let (event, span) = self.next()?;
        let (anchor, scopes) = match event {
            Event::Scalar(text, style, anchor, None) => (anchor, vec![scope(&text, style, span, name)?]),
            Event::SequenceStart(anchor, None) => (anchor, self.list(name)?),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(scopes) => (0, scopes.clone()),
                None => return wrong(span, "is an alias of what is no list of scopes", REMEDY),
            },
            Event::MappingStart(..) => {
                let remedy =
                    "write its scopes; further conditions go into portcullis.toml, under [resource.tools]";
                return wrong(span, format!("{name:?} has a map, not scopes"), remedy);
            }
            Event::Scalar(.., Some(_)) | Event::SequenceStart(_, Some(_)) => {
                return wrong(span, format!("{name:?} has a tag, not plain scopes"), REMEDY);
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return wrong(span, format!("{name:?} has no scopes that can be read"), REMEDY);
            }
        };
        self.count(scopes.len(), span)?;
        if anchor > 0 {
            self.anchors.insert(anchor, scopes.clone());
        }
        Ok(scopes)
    }

    fn list(&mut self, name: &str) -> Result<Vec<String>, Wrong> {
        let mut scopes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(scopes),
                (Event::Scalar(text, style, 0, None), span) => scopes.push(scope(&text, style, span, name)?),
                (_, span) => {
                    return wrong(
                        span,
                        format!("{name:?} has something else than a scope in its list"),
                        REMEDY,
                    );
                }
            }
        }
    }

    fn count(&mut self, more: usize, span: Span) -> Result<(), Wrong> {
        self.scopes += more;
        if self.scopes > MAX_SCOPES {
            let what = format!("the lists come to more than {MAX_SCOPES} scopes");
            return wrong(span, what, "write fewer, or patterns such as \"*_todo\"");
        }
        Ok(())
    }
}

/// A scope as it is written. Nothing is no scope: left empty, a tool would be open to everybody.
fn scope(text: &str, style: ScalarStyle, span: Span, name: &str) -> Result<String, Wrong> {
    if style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        let remedy = "name its scopes, or write [] if any valid token may call it";
        return wrong(span, format!("{name:?} has nothing in place of a scope"), remedy);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let entries = entries(text).unwrap();
        entries.into_iter().map(|entry| (entry.name, entry.scopes.join(" "))).collect()
    }

    #[test]
    fn tools_and_their_scopes_are_read_as_they_are_written() {
        let text = r#"---
# what each tool needs
list_todos: [todo:read]
create_todo: &write
  - todo:read
  - "todo:write"
delete_todo: *write
summary: todo:read
'quoted: name': ['todo:read']
no: [yes, 1]          # no number, no truth
whoami: []
"*_report": ["report:read"]
{"get": ["todo:read"]}: x
"#;
        let text = text.lines().filter(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n");
        let pair = |name: &str, scopes: &str| (name.to_owned(), scopes.to_owned());
        assert_eq!(
            read(&text),
            [
                pair("list_todos", "todo:read"),
                pair("create_todo", "todo:read todo:write"),
                pair("delete_todo", "todo:read todo:write"),
                pair("summary", "todo:read"),
                pair("quoted: name", "todo:read"),
                pair("no", "yes 1"),
                pair("whoami", ""),
                pair("*_report", "report:read"),
            ]
        );
        assert_eq!(read(r#"{"a": ["x"], "b": "y"}"#), [pair("a", "x"), pair("b", "y")]);
        for empty in ["", "\n", "# nothing\n", "---\n", "{}"] {
            assert_eq!(read(empty), [], "{empty:?}");
        }
    }

    /// A file that somebody read otherwise than we do is worse than one that is refused.
    #[test]
    fn what_could_mean_something_else_is_refused_with_its_line() {
        let bomb = (0..2000).fold("a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, number| {
            text + &format!("t{number}: *a\n")
        });
        let deep = format!("a: {}", "[".repeat(100_000));
        let long = format!("a: {}", "[x, ".repeat(200));
        for (name, text, line, what) in [
            ("a name twice", "a: [x]\nb: [y]\na: []\n", 3, "\"a\" stands twice"),
            ("quoted the second time", "a: [x]\n\"a\": []\n", 2, "\"a\" stands twice"),
            ("nothing", "a: [x]\nb:\n", 2, "\"b\" has nothing"),
            ("null", "a: null", 1, "\"a\" has nothing"),
            ("nothing in a list", "a:\n  - x\n  - ~\n", 3, "\"a\" has nothing"),
            ("a list in a list", "a:\n  - [x]\n", 2, "something else than a scope"),
            ("a map", "a:\n  scopes: [x]\n", 2, "\"a\" has a map"),
            ("a list of tools", "- a\n- b\n", 1, "is no map of tools"),
            ("a text", "just text", 1, "is no map of tools"),
            ("a merge key", "a: &a [x]\n<<: *a\n", 2, "merge key"),
            ("a list as name", "[a, b]: [x]", 1, "is no name of a tool"),
            ("an alias as name", "a: &a x\n*a : y\n", 2, "is no name of a tool"),
            ("an alias in a list", "a: &a x\nb: [*a]\n", 2, "something else than a scope"),
            ("an alias of a name", "&a a: [x]\nb: *a\n", 2, "is an alias of what is no list"),
            ("an alias of nothing", "a: *b\n", 1, "is not YAML"),
            ("a tag", "a: !!binary eA==\n", 1, "has a tag"),
            ("a tag on the list", "a: !!set [x]\n", 1, "has a tag"),
            ("a second document", "a: [x]\n---\nb: [y]\n", 2, "second document"),
            ("no YAML", "a: [x\nb: [y]\n", 2, ""),
            ("a bomb", &bomb, 1001, "more than 10000 scopes"),
            ("depth", &deep, 1, ""),
            ("a list without end", &long, 1, ""),
        ] {
            let wrong = entries(text).expect_err(name);
            assert!(wrong.what.contains(what), "{name}: {wrong:?}");
            assert_eq!(wrong.line, line, "{name}: {wrong:?}");
        }
    }
}

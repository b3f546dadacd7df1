//! `portcullis.toml` → raw, by its own schema: kinds, choices, bounds and unknown keys are all checked here, each
//! with its line, and what is wrong is left out, so that everything wrong is found in one go.

use crate::config::{
    findings::Findings,
    place::{Place, join},
    problem::{Problem, Problems},
    raw::RawConfig,
    schema::{choices, kinds, plain, schema},
};
use serde_json::{Map, Value};
use std::path::Path;
use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

/// Reads the text of the file at `path`.
///
/// # Errors
/// Where it is not TOML, nothing in it can be trusted to mean what it seems to: only those problems are told.
pub(crate) fn read(path: &Path, text: &str, findings: &mut Findings) -> Result<RawConfig, Problems> {
    let file = path.display().to_string();
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(Problems(errors.iter().map(|error| not_toml(&file, text, error)).collect()));
    }
    let mut reader = Reader { file, text, findings };
    reader.place("", 0);
    let object = reader.table(document.get_ref(), &schema(), "");
    serde_json::from_value(object).map_err(|error| {
        // The schema was followed, so this cannot be; if it is, it is a refusal and no panic.
        let place = findings.places.of("");
        let (message, remedy) =
            (error.to_string(), "this is a defect of Portcullis: please report it".to_owned());
        Problems(vec![Problem { place, value: None, message, remedy, path: String::new() }])
    })
}

fn not_toml(file: &str, text: &str, error: &toml::de::Error) -> Problem {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    Problem {
        place: Place::File { file: file.to_owned(), line, key: String::new() },
        value: None,
        message: format!("is not TOML: {}", error.message()),
        remedy: "correct the line".to_owned(),
        path: String::new(),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

struct Reader<'a> {
    file: String,
    text: &'a str,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    fn place(&mut self, path: &str, offset: usize) {
        let (file, line) = (self.file.clone(), line_of(self.text, offset));
        self.findings.places.set(path, Place::File { file, line, key: path.to_owned() });
    }

    /// The value, if it is what the schema asks for.
    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Value, path: &str) -> Option<Value> {
        self.place(path, value.span().start);
        let schema = plain(schema);
        let wanted = kinds(schema);
        let found = kind(value.get_ref());
        if !wanted.is_empty() && !wanted.contains(&found) {
            let message = format!("is {}, not {}", described(found), described(wanted[0]));
            self.findings.problem(path, message, remedy_for_kind(wanted[0], schema, path));
            return None;
        }
        match value.get_ref() {
            DeValue::String(text) => self.choice(text, schema, path),
            DeValue::Integer(number) => self.integer(number, schema, path),
            DeValue::Float(number) => number.as_str().parse::<f64>().ok().map(Value::from),
            DeValue::Boolean(value) => Some(Value::from(*value)),
            DeValue::Datetime(time) => Some(Value::from(time.to_string())),
            DeValue::Array(items) => {
                let items = items.iter().enumerate();
                let read =
                    items.filter_map(|(i, item)| self.value(item, &schema["items"], &format!("{path}[{i}]")));
                Some(read.collect())
            }
            DeValue::Table(table) => Some(self.table(table, schema, path)),
        }
    }

    fn table(&mut self, table: &DeTable<'_>, schema: &Value, path: &str) -> Value {
        let mut object = Map::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let path = join(path, name);
            let schema = match (&schema["properties"][name], &schema["additionalProperties"]) {
                (Value::Null, Value::Bool(false)) => {
                    self.place(&path, key.span().start);
                    self.unknown(name, schema, &path);
                    continue;
                }
                (Value::Null, any) => any,
                (own, _) => own,
            };
            if let Some(value) = self.value(value, schema, &path) {
                object.insert(name.to_owned(), value);
            }
            if !value.get_ref().is_table() && !value.get_ref().is_array() {
                self.place(&path, key.span().start);
            }
        }
        Value::Object(object)
    }

    fn unknown(&mut self, name: &str, schema: &Value, path: &str) {
        let known: Vec<&str> =
            schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let remedy = match nearest(name, &known) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        self.findings.problem(path, "is not a key that is known here", remedy);
    }

    fn choice(&mut self, text: &str, schema: &Value, path: &str) -> Option<Value> {
        let choices = choices(schema);
        if choices.is_empty() || choices.contains(&text) {
            return Some(Value::from(text));
        }
        let listed = choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(", ");
        let remedy = nearest(text, &choices)
            .map_or(format!("write one of {listed}"), |it| format!("did you mean \"{it}\"?"));
        self.findings.wrong(path, text, format!("is not one of {listed}"), remedy);
        None
    }

    fn integer(&mut self, number: &DeInteger<'_>, schema: &Value, path: &str) -> Option<Value> {
        let minimum = schema["minimum"].as_i64().unwrap_or(i64::MIN);
        let maximum = schema["maximum"].as_i64().unwrap_or(i64::MAX);
        let read = i64::from_str_radix(number.as_str(), number.radix());
        match read.ok().filter(|number| (minimum..=maximum).contains(number)) {
            Some(number) => Some(Value::from(number)),
            None => {
                let remedy = format!("write a number from {minimum} to {maximum}");
                self.findings.wrong(path, &number.to_string(), "is out of bounds", remedy);
                None
            }
        }
    }
}

/// The known word somebody most likely meant.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let rated = known.iter().map(|word| (strsim::jaro_winkler(name, word), *word));
    let best = rated.max_by(|(a, _), (b, _)| a.total_cmp(b));
    // Below this, words are merely of the same language.
    best.filter(|(likeness, _)| *likeness >= 0.85).map(|(_, word)| word)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date-time",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn described(kind: &str) -> &str {
    match kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "a date or time",
    }
}

fn remedy_for_kind(kind: &str, schema: &Value, path: &str) -> String {
    let key = path.rsplit('.').next().unwrap_or(path);
    match kind {
        "string" => format!("write {key} = \"…\""),
        "array" if kinds(plain(&schema["items"])).contains(&"object") => {
            format!(
                "write [[{}]], with two brackets",
                path.replace(|c: char| c == '[' || c == ']' || c.is_ascii_digit(), "")
            )
        }
        "array" => format!("write {key} = [\"…\"]"),
        "integer" => format!("write {key} = 1, without quotation marks"),
        "boolean" => format!("write {key} = true or {key} = false"),
        "object" => format!("write a table: {key} = {{ … }}"),
        _ => "see `portcullis config schema`".to_owned(),
    }
}

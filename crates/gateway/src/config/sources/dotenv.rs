//! The environment together with a `.env` file, as people already write them. The process's own variables win.

use crate::config::{
    place::Place,
    problem::{Problem, Problems},
};
use std::{borrow::Cow, collections::BTreeMap, io::ErrorKind, path::Path};

/// The variables of `process`, and those of the file that `process` does not have. A file that was not asked for by
/// name (`explicit`) may be missing.
///
/// # Errors
/// The file cannot be read, or a line of it is no assignment. Values are never repeated: they may be secret.
pub fn environment_with_file(
    process: BTreeMap<String, String>,
    file: &Path,
    explicit: bool,
) -> Result<BTreeMap<String, String>, Problems> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && !explicit => return Ok(process),
        Err(error) => return Err(problem(file, 1, format!("cannot be read: {error}"))),
    };
    let text = text.trim_start_matches('\u{feff}').lines().map(quote_json).collect::<Vec<_>>().join("\n");
    let mut variables = BTreeMap::new();
    for item in dotenvy::from_read_iter(text.as_bytes()) {
        let (name, value) = item.map_err(|error| not_an_assignment(file, &text, &error))?;
        variables.insert(name, value);
    }
    variables.extend(process);
    Ok(variables)
}

/// JSON without quotation marks around it, as other readers take it, would lose its own ones to a shell's rules.
fn quote_json(line: &str) -> Cow<'_, str> {
    match line.split_once('=') {
        Some((name, value)) if value.trim_start().starts_with('{') && !value.contains('\'') => {
            Cow::Owned(format!("{name}='{}'", value.trim()))
        }
        _ => Cow::Borrowed(line),
    }
}

fn not_an_assignment(file: &Path, text: &str, error: &dotenvy::Error) -> Problems {
    let line = if let dotenvy::Error::LineParse(line, _) = error {
        // What it could not read of a line, which may be its end only.
        text.lines().position(|one| one.contains(line.trim()) && !line.trim().is_empty())
    } else {
        None
    };
    problem(file, line.map_or(1, |index| index + 1), "is not NAME=value".to_owned())
}

fn problem(file: &Path, line: usize, message: String) -> Problems {
    let place = Place::File { file: file.display().to_string(), line, key: String::new() };
    let remedy =
        "correct the line, put a value with blanks or quotation marks in single quotes, or name another file";
    Problems(vec![Problem { place, value: None, message, remedy: remedy.to_owned(), path: String::new() }])
}

//! A file of rules, as guides have it: `tool: [scopes]` in YAML, or `tool: scope`. What is in it is as if it stood under
//! `[resource.tools]`.

mod yaml;

use crate::config::{
    findings::Findings,
    place::{Place, join},
    raw::{RawConfig, RawResource},
    rules::RawRule,
};
use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// More tools have no rules that anybody reads. In bytes.
const MAX_BYTES: u64 = 256 * 1024;
/// Adds the rules of each resource's file to those that stand beside it.
pub(crate) fn read(raw: &mut RawConfig, folder: Option<&Path>, findings: &mut Findings) {
    for (index, resource) in raw.resource.iter_mut().enumerate() {
        if let Some(file) = resource.tools_file.take() {
            add(&file, resource, &format!("resource[{index}]"), folder, findings);
        }
    }
}

fn add(file: &str, resource: &mut RawResource, at: &str, folder: Option<&Path>, findings: &mut Findings) {
    let path = format!("{at}.tools_file");
    // What a file says, it says from where it is; what somebody types, from where they are.
    let place = match findings.places.of(&path) {
        Place::File { .. } => folder.unwrap_or(Path::new("")).join(file),
        Place::Environment(_) | Place::Flag(_) | Place::Key(_) => PathBuf::from(file),
    };
    let text = match text(&place) {
        Ok(text) => text,
        Err(error) => {
            let remedy = "give the path of a YAML file with the scopes of each tool";
            findings.wrong(&path, file, format!("cannot be read: {error}"), remedy);
            return;
        }
    };
    let line = |line| Place::File { file: place.display().to_string(), line, key: String::new() };
    let entries = match yaml::entries(&text) {
        Ok(entries) => entries,
        Err(wrong) => {
            findings.problem_at(line(wrong.line), &path, wrong.what, wrong.remedy);
            return;
        }
    };
    for yaml::Entry { name, scopes, line: number } in entries {
        let key = join(&format!("{at}.tools"), &name);
        if resource.tools.contains_key(&name) {
            let message = format!("{name:?} has a rule under [resource.tools] too");
            findings.problem_at(line(number), &path, message, "keep one of the two");
            continue;
        }
        findings.places.set(&key, line(number));
        resource.tools.insert(name, RawRule::Scopes(scopes));
    }
}

fn text(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(file)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is longer than {MAX_BYTES} bytes")));
    }
    Ok(text)
}

//! Where secrets are: the environment, and files beside the configuration. The one reader of all of them; nothing here repeats
//! what it reads, nor a value that somebody may have taken for the place of the secret itself.

use super::{findings::Findings, place::Place, sources::Environment};
use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

/// More is no key and no credential.
const MAX_BYTES: u64 = 64 * 1024;

/// Where secrets are read. Blanks and line ends around them are nobody's secret.
pub(crate) struct Secrets<'a> {
    pub(crate) environment: &'a Environment<'a>,
    /// Where relative paths of the file start.
    pub(crate) folder: Option<&'a Path>,
}

/// A key of the configuration that says where a secret is.
#[derive(Clone, Copy)]
pub(crate) enum Source<'r> {
    /// The name of a variable.
    Variable(&'static str, &'r Option<String>),
    /// The path of a file.
    File(&'static str, &'r Option<String>),
}

/// A secret, and where it was. It does not print.
pub(crate) struct Found<'r> {
    /// The key that named it.
    pub(crate) key: &'static str,
    /// The variable or file.
    pub(crate) name: &'r str,
    pub(crate) text: String,
}

impl Secrets<'_> {
    /// The secret that one of the keys under `at` names, and no other one. None where nothing is written, which is no problem
    /// here, and where a problem was noted. `how` says how such a secret is made, or where to put it.
    pub(crate) fn one_of<'r>(
        &self,
        sources: &[Source<'r>],
        at: &str,
        how: &str,
        findings: &mut Findings,
    ) -> Option<Found<'r>> {
        let mut written = sources.iter().filter_map(|source| Some((source, source.key(), source.written()?)));
        let (source, key, name) = written.next()?;
        if let Some((_, other, _)) = written.next() {
            let message = format!("stands beside `{key}`");
            findings.problem(&format!("{at}.{other}"), message, "keep one of them");
            return None;
        }
        let path = format!("{at}.{key}");
        let text = match source {
            Source::Variable(..) => self.variable(name, &path, findings),
            Source::File(..) => self.file(name, &path, how, findings),
        }?;
        Some(Found { key, name, text })
    }

    /// A secret of the gateway's own: from the variable that has it, or else from the file. None where neither is there, which
    /// is no problem here, and where a problem was noted.
    pub(crate) fn own(
        &self,
        variable: &str,
        file: Option<&str>,
        path: &str,
        how: &str,
        findings: &mut Findings,
    ) -> Option<String> {
        if let Some(text) = self.environment.get(variable) {
            findings.places.set(path, Place::Environment(variable.to_owned()));
            return Some(text.to_owned());
        }
        self.file(file?, path, how, findings)
    }

    /// The text of a file.
    pub(crate) fn file(&self, file: &str, path: &str, how: &str, findings: &mut Findings) -> Option<String> {
        let (text, is_exposed) = match self.read(file) {
            Ok(read) => read,
            Err(error) => {
                let remedy = format!("name a file that this process may read; {how}");
                findings.wrong(path, file, format!("cannot be read: {error}"), remedy);
                return None;
            }
        };
        if is_exposed {
            findings.warn(path, &format!("{file} can be read by other users; run `chmod 600 {file}`"));
        }
        let text = text.trim();
        if text.is_empty() {
            findings.wrong(path, file, "is empty", how);
            return None;
        }
        Some(text.to_owned())
    }

    fn variable(&self, name: &str, path: &str, findings: &mut Findings) -> Option<String> {
        let text = self.environment.get(name);
        if text.is_none() {
            // Not repeated: somebody may have written the secret itself.
            findings.problem(
                path,
                "is not the name of a variable that is set",
                "write the variable's name, and set it to the secret",
            );
        }
        text.map(str::to_owned)
    }

    fn read(&self, file: &str) -> io::Result<(String, bool)> {
        let file = fs::File::open(self.folder.unwrap_or(Path::new("")).join(file))?;
        // Of the open file, not of the name, which may mean another file by now.
        let is_exposed = is_exposed(&file)?;
        let mut text = String::new();
        file.take(MAX_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_BYTES {
            return Err(io::Error::other(format!("it is longer than {MAX_BYTES} bytes")));
        }
        Ok((text, is_exposed))
    }
}

impl<'r> Source<'r> {
    fn key(self) -> &'static str {
        let (Self::Variable(key, _) | Self::File(key, _)) = self;
        key
    }

    /// The name that is written there.
    pub(crate) fn written(self) -> Option<&'r str> {
        let (Self::Variable(_, written) | Self::File(_, written)) = self;
        written.as_deref()
    }
}

/// A warning and no refusal: where secrets are mounted, modes are often the platform's.
#[cfg(unix)]
fn is_exposed(file: &fs::File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &fs::File) -> io::Result<bool> {
    Ok(false)
}

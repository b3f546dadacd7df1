//! What may hold secrets: the environment, and files beside the configuration. Nothing here repeats what it reads.

use super::{findings::Findings, sources::Environment};
use std::{fs, io::Read as _, path::Path};

/// More is no key and no credential.
const MAX_BYTES: u64 = 64 * 1024;

/// Where secrets are read.
pub(crate) struct Secrets<'a> {
    pub(crate) environment: &'a Environment<'a>,
    /// Where relative paths of the file start.
    pub(crate) folder: Option<&'a Path>,
}

impl Secrets<'_> {
    /// The text of a file, whose trouble is noted at `path`.
    pub(crate) fn file(&self, file: &str, path: &str, findings: &mut Findings) -> Option<String> {
        match self.read(file) {
            Ok((text, is_exposed)) => {
                if is_exposed {
                    let text = format!("{file} can be read by other users; run `chmod 600 {file}`");
                    findings.warn(path, &text);
                }
                Some(text)
            }
            Err(error) => {
                let message = format!("cannot be read: {error}");
                findings.wrong(path, file, message, "give the path of a file that this user can read");
                None
            }
        }
    }

    fn read(&self, file: &str) -> std::io::Result<(String, bool)> {
        let file = fs::File::open(self.folder.unwrap_or(Path::new("")).join(file))?;
        // Of the open file, not of the name, which may mean another file by now.
        let is_exposed = is_exposed(&file)?;
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text)?;
        Ok((text, is_exposed))
    }
}

/// A warning and no refusal: where secrets are mounted, modes are often the platform's.
#[cfg(unix)]
fn is_exposed(file: &fs::File) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &fs::File) -> std::io::Result<bool> {
    Ok(false)
}

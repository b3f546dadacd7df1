//! The file of revocations: written whole beside the old one, then renamed over it, so that after a crash it is either
//! the old list or the new one. What cannot be read to its end stops the start: a list that is cut would let revoked
//! tokens in again.

use super::entry::{Entry, WrittenEntry};
use serde::Deserialize;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// How the file is written today.
const VERSION: u32 = 1;

/// The file of revocations cannot be used. Without it, tokens that were revoked would be good again.
#[derive(Debug, thiserror::Error)]
pub enum RevocationsFileError {
    /// It could not be read or made.
    #[error("the file of revocations {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others may read or change it.
    #[error(
        "the file of revocations {path} is open to other users, who could undo them; run `chmod 600 {path}`"
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
    },
    /// It is cut, or something else.
    #[error(
        "the file of revocations {path}:{line}:{column} is not whole ({what}); restore it from a copy, or move it away to \
         begin without any revocation"
    )]
    Content {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
}

/// A list could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("another process has changed the file; give each process its own")]
    Changed,
}

/// What was in it.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) next: u64,
    pub(crate) entries: Vec<Entry>,
}

/// The file, and how it was left.
#[derive(Debug)]
pub(crate) struct RevocationsFile {
    path: PathBuf,
    left: Option<Identity>,
}

/// What changes when somebody writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    bytes: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

/// The last member tells that nothing is missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    next: u64,
    revocations: Vec<WrittenEntry>,
    count: usize,
}

impl RevocationsFile {
    /// Reads the file, or makes one; either way it is known that it can be written.
    pub(crate) fn open(path: &Path) -> Result<(Self, Loaded), RevocationsFileError> {
        // A link stays one: what it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let failed = |source| RevocationsFileError::File { path: path.clone(), source };
        let mut file = Self { path: path.clone(), left: None };
        let text = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let nothing = Loaded { next: 1, entries: Vec::new() };
                file.write(nothing.next, std::iter::empty()).map_err(failed)?;
                return Ok((file, nothing));
            }
            Err(error) => return Err(failed(error)),
            Ok(open) => {
                if is_exposed(&open).map_err(failed)? {
                    return Err(RevocationsFileError::Exposed { path });
                }
                file.left = Some(Identity::of(&open).map_err(failed)?);
                io::read_to_string(open).map_err(failed)?
            }
        };
        let loaded = parse(&text).map_err(|(line, column, what)| RevocationsFileError::Content {
            path: path.clone(),
            line,
            column,
            what,
        })?;
        let probe = beside(&path, "probe");
        create(&probe).and_then(|_| fs::remove_file(&probe)).map_err(failed)?;
        Ok((file, loaded))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the list.
    pub(crate) fn save<'a>(
        &mut self,
        next: u64,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> Result<(), SaveError> {
        let found = match File::open(&self.path) {
            Ok(open) => Some(Identity::of(&open)?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        // One that is gone was taken away by whoever runs this, and is made again.
        if found.is_some() && found != self.left {
            return Err(SaveError::Changed);
        }
        Ok(self.write(next, entries)?)
    }

    fn write<'a>(&mut self, next: u64, entries: impl Iterator<Item = &'a Entry>) -> io::Result<()> {
        let fresh = beside(&self.path, "new");
        let mut file = create(&fresh)?;
        file.write_all(&document(next, entries)?)?;
        file.sync_all()?;
        let identity = Identity::of(&file)?;
        fs::rename(&fresh, &self.path)?;
        self.left = Some(identity);
        sync_folder(&self.path)
    }
}

fn document<'a>(next: u64, entries: impl Iterator<Item = &'a Entry>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    writeln!(text, "{{\"version\":{VERSION},\"next\":{next},\"revocations\":[")?;
    let mut count = 0;
    for entry in entries {
        if count > 0 {
            text.extend_from_slice(b",\n");
        }
        serde_json::to_writer(&mut text, entry)?;
        count += 1;
    }
    writeln!(text, "\n],\"count\":{count}}}")?;
    Ok(text)
}

/// The list, or where it is not one.
fn parse(text: &str) -> Result<Loaded, (usize, usize, String)> {
    let written: Written = serde_json::from_str(text)
        .map_err(|error| (error.line().max(1), error.column().max(1), error.to_string()))?;
    let wrong = |what: &str| (1, 1, what.to_owned());
    if written.version != VERSION {
        return Err(wrong("its version is another one"));
    }
    if written.count != written.revocations.len() {
        return Err(wrong("its count is another one"));
    }
    let mut entries = Vec::with_capacity(written.revocations.len());
    let mut last = 0;
    for (index, one) in written.revocations.into_iter().enumerate() {
        let at = |what: &str| (index + 2, 1, what.to_owned());
        let entry = one.entry().ok_or_else(|| at("it says not exactly which tokens"))?;
        if entry.id <= last || entry.id >= written.next {
            return Err(at("its id is out of order"));
        }
        last = entry.id;
        entries.push(entry);
    }
    Ok(Loaded { next: written.next, entries })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

/// A new file that nobody else may open; what a crash has left under this name is gone, and no link is followed.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// So that the new name outlives a crash of the machine, too.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

impl Identity {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Ok(Self { bytes: metadata.len(), modified: metadata.modified().ok(), inode })
    }
}

#[cfg(unix)]
fn is_exposed(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::mode(&file.metadata()?) & 0o077 != 0)
}

/// Elsewhere a user's own folder is what keeps others out.
#[cfg(not(unix))]
fn is_exposed(_: &File) -> io::Result<bool> {
    Ok(false)
}

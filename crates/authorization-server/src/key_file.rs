//! The file of the signing key: only its owner may read it, and whoever makes it first has made it for everybody.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use std::{
    fmt::Write as _,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

/// A P-256 key in PKCS#8 has 138 bytes or some more.
const MAX_BYTES: u64 = 4096;

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The file or its folder could not be read or made.
    #[error("the signing key {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others may read it.
    #[error(
        "the signing key {path} can be read by other users; run `chmod 600 {path}`, or delete it to get a new one"
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("{path} is not a P-256 key in PKCS#8; delete it to get a new one")]
    Content {
        /// Which file.
        path: PathBuf,
    },
    /// The machine has no randomness.
    #[error("a key could not be generated")]
    Generate,
}

/// What the file holds; nothing if there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, SigningKeyError> {
    let failed = |source| SigningKeyError::File { path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    // Of the open file, not of the name, which may mean another file by now.
    if is_exposed(&file).map_err(failed)? {
        return Err(SigningKeyError::Exposed { path: path.to_owned() });
    }
    let mut document = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut document).map_err(failed)?;
    Ok(Some(document))
}

/// Puts `document` there, and reads what is there: another process's, if that one was first.
pub(crate) fn create(path: &Path, document: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
    let failed = |source| SigningKeyError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_folder(folder).map_err(failed)?;
    }
    let fresh = fresh_name(path)?;
    // Written beside, then linked: nobody sees half a key, and unlike a rename a link never takes a name that is taken.
    let linked = write(&fresh, document).and_then(|()| fs::hard_link(&fresh, path));
    let removed = fs::remove_file(&fresh);
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => removed.map_err(failed)?,
    }
    read(path)?.ok_or_else(|| failed(ErrorKind::NotFound.into()))
}

fn fresh_name(path: &Path) -> Result<PathBuf, SigningKeyError> {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SigningKeyError::Generate)?;
    let mut suffix = String::from("new-");
    for byte in bytes {
        let _ = write!(suffix, "{byte:02x}"); // writing to a String cannot fail
    }
    Ok(path.with_extension(suffix))
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(unix)]
fn is_exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

/// Elsewhere a user's own folder is what keeps others out.
#[cfg(not(unix))]
fn is_exposed(_: &File) -> io::Result<bool> {
    Ok(false)
}

//! New files, all of them or none. What exists is never written to, whatever it is: a file, a folder, or a link to nowhere.

use anyhow::{Context as _, bail};
use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

/// A file that is to be.
pub(super) struct NewFile {
    /// Within the folder.
    path: &'static str,
    text: String,
}

impl NewFile {
    pub(super) fn new(path: &'static str, text: String) -> Self {
        Self { path, text }
    }

    /// Its path, as somebody in this process's own folder finds it.
    pub(super) fn within(&self, folder: &Path) -> PathBuf {
        below(folder, self.path)
    }
}

fn below(folder: &Path, path: impl AsRef<Path>) -> PathBuf {
    if folder == Path::new(".") { path.as_ref().to_owned() } else { folder.join(path) }
}

/// Writes them.
///
/// # Errors
/// Something stands where one of them would, all of which is named; or the machine refuses. Nothing was written then.
pub(super) fn write_all(folder: &Path, files: &[NewFile]) -> anyhow::Result<()> {
    let in_the_way = in_the_way(folder, files)?;
    if !in_the_way.is_empty() {
        bail!(
            "nothing was written, because this exists already: {}; choose another folder, or move it away",
            in_the_way.join(", ")
        );
    }
    let mut made = Made::default();
    let written = files.iter().try_for_each(|file| {
        let path = file.within(folder);
        made.file(&path, &file.text).with_context(|| format!("{} cannot be written", path.display()))
    });
    if written.is_err() {
        made.take_back();
    }
    written
}

/// What stands where a file or the folder around it would.
fn in_the_way(folder: &Path, files: &[NewFile]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let folder_itself = fs::metadata(folder);
    if folder_itself.is_ok_and(|it| !it.is_dir()) {
        return Ok(vec![folder.display().to_string()]);
    }
    for file in files {
        let path = file.within(folder);
        let around = Path::new(file.path).parent().filter(|part| *part != Path::new(""));
        // A link within the folder may lead out of it.
        let around = around.map(|part| below(folder, part)).filter(|part| is_no_folder(part));
        let at = around.unwrap_or_else(|| path.clone());
        let is_there = match fs::symlink_metadata(&at) {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(error).with_context(|| format!("{} cannot be written", path.display())),
        };
        let name = at.display().to_string();
        if is_there && !found.contains(&name) {
            found.push(name);
        }
    }
    Ok(found)
}

fn is_no_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| !it.is_dir())
}

/// What was made so far.
#[derive(Default)]
struct Made {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Made {
    fn file(&mut self, path: &Path, text: &str) -> io::Result<()> {
        self.folder(path.parent().unwrap_or(Path::new("")))?;
        // Atomic, and follows no link: whoever was faster keeps what is theirs.
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        self.files.push(path.to_owned());
        file.write_all(text.as_bytes())
    }

    fn folder(&mut self, path: &Path) -> io::Result<()> {
        if path == Path::new("") || path.is_dir() {
            return Ok(());
        }
        if let Some(around) = path.parent() {
            self.folder(around)?;
        }
        fs::create_dir(path)?;
        self.folders.push(path.to_owned());
        Ok(())
    }

    fn take_back(self) {
        // What cannot be taken away stays, and the error that led here is told.
        for file in self.files {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.into_iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_finished_is_taken_back() {
        let around = tempfile::tempdir().unwrap();
        let file = |path| NewFile::new(path, "text".to_owned());
        let error =
            write_all(&around.path().join("a/b"), &[file("c/d"), file("e"), file("e/f")]).unwrap_err();
        assert!(format!("{error:#}").contains("a/b/e/f cannot be written: "), "{error:#}");
        assert_eq!(fs::read_dir(around.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_there_before_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "mine").unwrap();
        let file = |path| NewFile::new(path, "text".to_owned());
        write_all(folder.path(), &[file("e"), file("e/f")]).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

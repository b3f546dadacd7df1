//! One login's file: for its owner alone, and never half written.

use super::{Login, Trouble, lock::Lock, place};
use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};
use url::Url;

/// A login is a few kilobytes, and never more than an authorization server may answer, twice.
const MAX_BYTES: u64 = 1024 * 1024;

/// Where the login of one server is, or would be.
pub(crate) struct LoginFile {
    server: Url,
    path: PathBuf,
}

impl LoginFile {
    pub(crate) fn of(server: &Url) -> Result<Self, Trouble> {
        let path = place::folder()?.join(format!("{}.json", place::name(server)?));
        Ok(Self { server: server.clone(), path })
    }

    pub(crate) fn server(&self) -> &Url {
        &self.server
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The login, if there is one. A file that others could have read or written is not used.
    pub(crate) fn load(&self) -> Result<Option<Login>, Trouble> {
        let unusable = |why: String| Trouble::Unusable(format!("{}: {why}", self.path.display()));
        let metadata = match fs::symlink_metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(error.to_string())),
        };
        if !metadata.is_file() || metadata.len() > MAX_BYTES {
            return Err(unusable(format!("that is no login; `{}` begins anew", self.forget())));
        }
        self.is_private(&metadata).map_err(unusable)?;
        let mut text = String::new();
        let read = File::open(&self.path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
        read.map_err(|error| unusable(error.to_string()))?;
        let login: Option<Login> = serde_json::from_str(&text).ok();
        let login = login.filter(|login| login.server == self.server.as_str());
        login.map(Some).ok_or_else(|| {
            unusable(format!("the login in it cannot be understood; `{}` begins anew", self.forget()))
        })
    }

    /// Puts it in the place of what was there, at once or not at all.
    pub(crate) fn save(&self, login: &Login) -> Result<(), Trouble> {
        let saved =
            self.make_folder().and_then(|()| self.replace(serde_json::to_string_pretty(login)?.as_bytes()));
        saved.map_err(|error| {
            Trouble::Unusable(format!("{} cannot be written: {error:#}", self.path.display()))
        })
    }

    /// Whether there was one.
    pub(crate) fn remove(&self) -> Result<bool, Trouble> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => {
                Err(Trouble::Unusable(format!("{} cannot be removed: {error}", self.path.display())))
            }
        }
    }

    /// While this is held, nobody else changes the login.
    pub(crate) async fn lock(&self) -> Result<Lock, Trouble> {
        let path = self.path.with_extension("lock");
        let lock = async {
            self.make_folder()?;
            Lock::acquire(&path).await
        };
        lock.await.map_err(|error| Trouble::Unusable(format!("{}: {error:#}", path.display())))
    }

    fn forget(&self) -> String {
        format!("portcullis login --forget {}", crate::text::shell(self.server.as_str()))
    }

    fn make_folder(&self) -> anyhow::Result<()> {
        let Some(folder) = self.path.parent() else { return Ok(()) };
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        Ok(builder.recursive(true).create(folder)?)
    }

    fn replace(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let new = self.path.with_extension(format!("{}.new", crate::random::id()?));
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&new).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        let replaced = written.and_then(|()| fs::rename(&new, &self.path));
        if replaced.is_err() {
            let _ = fs::remove_file(&new);
        }
        Ok(replaced?)
    }

    /// Others could have read the file, or put their own in its place.
    #[cfg(unix)]
    fn is_private(&self, metadata: &fs::Metadata) -> Result<(), String> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |metadata: &fs::Metadata| metadata.permissions().mode() & 0o777;
        if mode(metadata) & 0o077 != 0 {
            return Err(format!(
                "others could have read or changed the login in it (its mode is {:o}), so it is not used; `{}` and a new \
                 `portcullis login` are safe, `chmod 600` is if you know that nobody did",
                mode(metadata),
                self.forget()
            ));
        }
        let folder = self.path.parent().and_then(|folder| fs::metadata(folder).ok());
        match folder.map(|folder| mode(&folder)).filter(|mode| mode & 0o022 != 0) {
            Some(mode) => Err(format!(
                "others may put a login of their own into its folder (whose mode is {mode:o}), so it is not used; \
                 `chmod 700` the folder, and sign in anew"
            )),
            None => Ok(()),
        }
    }

    #[cfg(not(unix))]
    #[allow(
        clippy::unused_self,
        reason = "elsewhere a profile's folders are its user's, and there is no mode"
    )]
    fn is_private(&self, _: &fs::Metadata) -> Result<(), String> {
        Ok(())
    }
}

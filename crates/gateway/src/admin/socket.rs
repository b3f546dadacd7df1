//! A Unix socket: its owner's only, from the first moment on; one that a process has left behind is replaced, one that is
//! served is not; gone when the process ends.

use super::listener::AdminListenError;
use std::{
    fs, io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};
use tokio::net::{UnixListener, UnixSocket, UnixStream};

/// How many may wait to be let in.
const BACKLOG: u32 = 16;

/// A socket in the file system.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) listener: UnixListener,
    pub(crate) path: PathBuf,
    /// Which file was made, so that no other is removed.
    inode: u64,
}

impl Socket {
    pub(crate) async fn bind(path: &Path) -> Result<Self, AdminListenError> {
        let failed = |source| AdminListenError::Socket { path: path.to_owned(), source };
        make_room(path).await?;
        let socket = UnixSocket::new_stream().map_err(failed)?;
        socket.bind(path).map_err(failed)?;
        // Nobody can connect before it listens.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let inode = fs::symlink_metadata(path).map_err(failed)?.ino();
        let listener = socket.listen(BACKLOG).map_err(failed)?;
        Ok(Self { listener, path: path.to_owned(), inode })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a socket that nobody serves any more. Whatever else has this name stays, and stops the start.
async fn make_room(path: &Path) -> Result<(), AdminListenError> {
    let failed = |source| AdminListenError::Socket { path: path.to_owned(), source };
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata.map_err(failed)?,
    };
    if !metadata.file_type().is_socket() {
        return Err(AdminListenError::NoSocket { path: path.to_owned() });
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
        Ok(_) => Err(AdminListenError::Served { path: path.to_owned() }),
    }
}

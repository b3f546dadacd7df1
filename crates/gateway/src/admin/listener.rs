//! Where the administration listens: a loopback port or a Unix socket, for a few connections.

use super::Admin;
#[cfg(unix)]
use super::socket::Socket;
use crate::{connection::Connections, drain::Drain, serve::ServeLimits};
use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::sleep,
};

/// An operator, a script and a scraper, each with some to spare.
const CONNECTIONS: usize = 16;
const STREAMS: u32 = 16;
/// Over HTTP/2 a connection outlives its answer, not for long.
const IDLE: Duration = Duration::from_secs(10);
/// How long nobody is let in after somebody could not be.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminPlace {
    /// A loopback address: everybody on this machine can dial it.
    Loopback(SocketAddr),
    /// A Unix socket: only its owner can.
    Socket(PathBuf),
}

impl fmt::Display for AdminPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(address) => write!(f, "http://{address}"),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Nothing can be administered there.
#[derive(Debug, thiserror::Error)]
pub enum AdminListenError {
    /// Others than this machine could dial it.
    #[error("{0} is not a loopback address: whoever reaches it could try to administer the gateway")]
    NotLoopback(SocketAddr),
    /// The address is taken, or not to be had.
    #[error("{address} cannot be listened on: {source}")]
    Address {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The socket could not be made.
    #[error("the socket {path}: {source}")]
    Socket {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something else has this name.
    #[error("{path} is there and is no socket; it is left as it is: choose another name")]
    NoSocket {
        /// Which file.
        path: PathBuf,
    },
    /// Another process listens there.
    #[error("another process serves the socket {path}; stop it, or choose another name")]
    Served {
        /// Which file.
        path: PathBuf,
    },
    /// This system has none.
    #[error("there are no Unix sockets on this system; listen on a loopback address")]
    Unsupported,
}

/// Listens, and is gone when dropped.
#[derive(Debug)]
pub struct AdminListener(Kind);

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(Socket),
}

impl AdminListener {
    /// Listens at `place`.
    ///
    /// # Errors
    /// [`AdminListenError`].
    pub async fn bind(place: &AdminPlace) -> Result<Self, AdminListenError> {
        match place {
            AdminPlace::Loopback(address) if !address.ip().is_loopback() => {
                Err(AdminListenError::NotLoopback(*address))
            }
            AdminPlace::Loopback(address) => {
                let listener = TcpListener::bind(address).await;
                let listener =
                    listener.map_err(|source| AdminListenError::Address { address: *address, source })?;
                Ok(Self(Kind::Tcp(listener)))
            }
            AdminPlace::Socket(path) => Self::socket(path).await,
        }
    }

    /// Where it came to listen: the port of an address that left it open.
    ///
    /// # Errors
    /// The system does not say.
    pub fn place(&self) -> io::Result<AdminPlace> {
        match &self.0 {
            Kind::Tcp(listener) => Ok(AdminPlace::Loopback(listener.local_addr()?)),
            #[cfg(unix)]
            Kind::Unix(socket) => Ok(AdminPlace::Socket(socket.path.clone())),
        }
    }

    #[cfg(unix)]
    async fn socket(path: &Path) -> Result<Self, AdminListenError> {
        Ok(Self(Kind::Unix(Socket::bind(path).await?)))
    }

    #[cfg(not(unix))]
    async fn socket(_: &Path) -> Result<Self, AdminListenError> {
        Err(AdminListenError::Unsupported)
    }
}

/// Serves `admin` until it is dropped: longer than the gateway, whose last calls may still have to be seen.
pub async fn serve_admin(admin: Admin, listener: AdminListener) {
    let limits = ServeLimits {
        connections: CONNECTIONS,
        streams: STREAMS,
        idle: IDLE,
        write_time: IDLE,
        ..ServeLimits::default()
    };
    let connections = Connections::new(admin, limits, Drain::default());
    match listener.0 {
        Kind::Tcp(listener) => accept(connections, listener).await,
        #[cfg(unix)]
        Kind::Unix(socket) => accept(connections, socket).await,
    }
}

/// Whoever dials next.
trait Accept: Send + Sync {
    type Stream: AsyncRead + AsyncWrite + Send + 'static;

    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.accept().await?;
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

#[cfg(unix)]
impl Accept for Socket {
    type Stream = tokio::net::UnixStream;

    async fn next(&self) -> io::Result<Self::Stream> {
        Ok(self.listener.accept().await?.0)
    }
}

/// Takes connections as long as there is room.
async fn accept(connections: Connections<Admin>, listener: impl Accept) {
    let (connections, room) = (Arc::new(connections), Arc::new(Semaphore::new(CONNECTIONS)));
    let mut open = JoinSet::new();
    while let Ok(place) = room.clone().acquire_owned().await {
        match listener.next().await {
            Ok(stream) => {
                let connections = connections.clone();
                open.spawn(async move {
                    connections.attend(stream, None).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(target: "portcullis::admin", %error, "a connection could not be accepted");
                sleep(AFTER_FAILURE).await;
            }
        }
        // Those that ended are forgotten.
        while open.try_join_next().is_some() {}
    }
}

//! One process at a time renews a login: a refresh token is good once, and whoever comes second with it ends the login for both.
//! The lock ends with its process, however that ends. Where there is no `flock` nothing is locked, and files are replaced whole.

use crate::output;
use anyhow::bail;
use std::{fs::File, path::Path, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

/// How often it is tried.
const PACE: Duration = Duration::from_millis(50);
/// For longer than a refresh may take: a minute.
const MOST_TRIES: usize = 1200;

/// Held until dropped.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) async fn acquire(path: &Path) -> anyhow::Result<Self> {
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for attempt in 0..MOST_TRIES {
            if is_ours(&file)? {
                return Ok(Self { _file: file });
            }
            if attempt == 0 {
                output::note("another portcullis is renewing this login; waiting for it");
            }
            pace.tick().await;
        }
        bail!("another portcullis holds this login, and has for a minute; end it, and try again")
    }
}

#[cfg(unix)]
fn is_ours(file: &File) -> std::io::Result<bool> {
    use rustix::{
        fs::{FlockOperation, flock},
        io::Errno,
    };
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn is_ours(_: &File) -> std::io::Result<bool> {
    Ok(true)
}

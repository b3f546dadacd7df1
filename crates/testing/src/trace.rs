//! Proof that nothing secret is logged. With `PORTCULLIS_TRACE` set to a folder, everything that is said at trace level
//! while tests run, by us and by what we depend on, is written there, and so is every secret that a test made; whoever
//! set the variable then looks for the second in the first. Without it, nothing happens here.

use std::{
    env,
    fs::File,
    io::Write as _,
    path::Path,
    process,
    sync::{Mutex, OnceLock, PoisonError},
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Names a secret. Nothing shorter than this can be told from what is not one.
const SHORTEST: usize = 16;

/// Notes a text that no log may have: of a token its claims and its signature, of anything else all of it.
pub fn secret(text: &str) {
    let Some(secrets) = secrets() else { return };
    let parts = match text.split('.').collect::<Vec<_>>()[..] {
        [_, claims, signature] => vec![claims, signature],
        _ => vec![text],
    };
    let mut file = secrets.lock().unwrap_or_else(PoisonError::into_inner);
    for part in parts.into_iter().filter(|part| part.len() >= SHORTEST) {
        writeln!(file, "{part}").expect("the folder of PORTCULLIS_TRACE takes files");
    }
}

/// Where secrets are noted. They are what a log could give away, so the first one begins the log.
fn secrets() -> Option<&'static Mutex<File>> {
    static SECRETS: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    let begin = || {
        let folder = env::var_os("PORTCULLIS_TRACE")?;
        let create = |kind: &str| {
            let path = Path::new(&folder).join(format!("{kind}-{}", process::id()));
            File::create(path).expect("the folder of PORTCULLIS_TRACE takes files")
        };
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(create("log")));
        // The official SDK's client prints the codes and ID tokens it is given; the binary never lets it.
        let targets = Targets::new()
            .with_default(LevelFilter::TRACE)
            .with_target("rmcp::transport::auth", LevelFilter::OFF);
        // A test that has a subscriber of its own looks for itself.
        let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
        Some(Mutex::new(create("secrets")))
    };
    SECRETS.get_or_init(begin).as_ref()
}

//! How a person comes to the sign-in page: a browser that is started, or a URL to open elsewhere.

use std::process::{Command, Stdio};
use url::Url;

/// Who opens the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Browser {
    /// This machine's own.
    Open,
    /// The person, wherever they like.
    Elsewhere,
}

/// Starts the browser. The URL is one argument of a program, never part of a command line that a shell reads (CVE-2025-6514),
/// and its scheme has been judged before.
pub(super) fn open(url: &Url) -> bool {
    debug_assert!(matches!(url.scheme(), "http" | "https"));
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32.exe", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(url.as_str());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}

//! Data goes to standard output, everything else to standard error.

use std::io::{self, Write as _};

/// Prints what was asked for. Whoever reads no further, as `head` does, has what it wanted.
pub(crate) fn data(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let line = [text.trim_end().as_bytes(), b"\n"].concat();
    match out.write_all(&line).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Says why nothing was done.
pub(crate) fn complaint(text: &str) {
    // Where even standard error is gone, the exit code is left.
    let _ = writeln!(io::stderr(), "portcullis: {}", text.trim_end());
}

/// Tells the person at the terminal how it goes.
pub(crate) fn note(text: &str) {
    // Nobody may be there to read it.
    let _ = writeln!(io::stderr(), "{text}");
}

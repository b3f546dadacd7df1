//! Data goes to standard output, everything else to standard error.

use std::io::Write as _;

/// Prints what was asked for.
pub(crate) fn data(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.trim_end().as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Says why nothing was done.
pub(crate) fn complaint(text: &str) {
    // Where even standard error is gone, the exit code is left.
    let _ = writeln!(std::io::stderr(), "portcullis: {}", text.trim_end());
}

//! SIGTERM and Ctrl-C begin the drain.

use portcullis_gateway::Drain;

/// Begins `drain` on the first signal.
pub(crate) fn drain_on_signal(drain: Drain) -> std::io::Result<()> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        tracing::info!(target: "portcullis", "draining: no new connections, calls in flight may finish");
        drain.begin();
    });
    Ok(())
}

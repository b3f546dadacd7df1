//! SIGTERM begins the drain. Ctrl-C, or a second signal, does not wait until a balancer has noticed.

use portcullis_gateway::Drain;

/// Begins `drain` on the first signal.
pub(crate) fn drain_on_signal(drain: Drain) -> std::io::Result<()> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {
                tracing::info!(target: "portcullis", "leaving: not ready any more, but everything is served until others have noticed");
                drain.begin();
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                    () = drain.closed() => {}
                }
            }
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        tracing::info!(target: "portcullis", "closing: no new connections, calls in flight may finish");
        drain.close();
    });
    Ok(())
}

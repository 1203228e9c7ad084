//! Signals: what ends a gateway, and what makes it read its project again.

use std::sync::Arc;

use super::reload::Reloader;

/// SIGTERM and SIGINT, or what the platform has of them.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    term: tokio::signal::unix::Signal,
}

impl Signals {
    pub fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            #[cfg(unix)]
            term: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    pub async fn end(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }

    #[cfg(not(unix))]
    pub async fn end(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(unix)]
pub(super) async fn reload_on_hangup(reloader: Arc<Reloader>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    while hangups.recv().await.is_some() {
        reloader.reload("SIGHUP").await;
    }
}

#[cfg(not(unix))]
pub(super) async fn reload_on_hangup(_reloader: Arc<Reloader>) {}

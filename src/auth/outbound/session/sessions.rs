//! The open session of one system, which outlives reloads, and what stands in the way of a login.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::auth::outbound::{Proof, Refused};
use crate::http::HeaderValue;

/// What is known of sessions with one system. Cloning shares it. One lives as long as the process, so
/// that a reload logs nobody out.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Held by the one who logs in.
    login: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    /// Of the login that gave the session: a login with other words begins anew.
    login: [u8; 32],
    /// Sensitive: its `Debug` shows nothing.
    session: Option<(HeaderValue, Proof)>,
    /// No login before this, on the monotonic clock, and why.
    wait: Option<(Duration, String)>,
    count: u64,
}

/// A digest of all that a login sends.
pub(super) fn login_digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

impl Sessions {
    /// None yet.
    pub fn new() -> Sessions {
        Sessions::default()
    }

    /// Waits for whoever logs in now.
    pub(super) async fn turn(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.0.login).lock_owned().await
    }

    /// The session that this login gave.
    pub(super) fn current(&self, login: &[u8; 32]) -> Option<(HeaderValue, Proof)> {
        self.with(login, |state| state.session.clone())
    }

    /// Why nobody may log in now.
    pub(super) fn standing_in_the_way(&self, login: &[u8; 32], now: Duration) -> Option<Refused> {
        self.with(login, |state| {
            let (until, message) = state.wait.as_ref().filter(|(until, _)| *until > now)?;
            let retry_after = Some(until.saturating_sub(now));
            Some(Refused { message: message.clone(), retry_after, reached: true })
        })
    }

    /// Keeps a new session.
    pub(super) fn keep(&self, login: &[u8; 32], session: HeaderValue) {
        self.with(login, |state| {
            state.count += 1;
            state.session = Some((session, Proof(state.count)));
            state.wait = None;
        });
    }

    /// Nobody logs in before `until`.
    pub(super) fn wait(&self, login: &[u8; 32], until: Duration, message: &str) {
        self.with(login, |state| state.wait = Some((until, message.to_owned())));
    }

    /// Forgets a session, unless a newer one has come.
    pub(super) fn forget(&self, login: &[u8; 32], proof: Proof) {
        self.with(login, |state| {
            if state.session.as_ref().is_some_and(|(_, current)| *current == proof) {
                state.session = None;
            }
        });
    }

    fn with<T>(&self, login: &[u8; 32], act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if state.login != *login {
            // Counting goes on: a proof of the old login must not pass for one of the new.
            *state = State { login: *login, count: state.count, ..State::default() };
        }
        act(&mut state)
    }
}

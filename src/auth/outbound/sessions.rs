//! What one system gave us to show, sessions and tokens, which outlive reloads; and what stands in the way of
//! asking again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use super::{Proof, Refused};
use crate::http::{HeaderName, HeaderValue};

/// Logins that are remembered for one system: the one before a secret changed, the one after, and a token
/// against forged requests for each.
const REMEMBERED: usize = 8;

/// What is known of sessions with one system. Cloning shares it. One lives as long as the process, so
/// that a reload logs nobody out.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    slots: Mutex<Slots>,
    /// Held by the one who logs in.
    login: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Slots {
    /// By the digest of all that a login sends: a login with other words begins anew. The one used last
    /// comes last.
    all: Vec<([u8; 32], Slot)>,
    count: u64,
}

#[derive(Debug, Default)]
struct Slot {
    kept: Option<Kept>,
    /// No login before this, on the monotonic clock, and why.
    wait: Option<(Duration, String)>,
}

/// What a login gave. Its values are sensitive: `Debug` shows nothing of them.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub headers: Arc<[(HeaderName, HeaderValue)]>,
    pub proof: Proof,
    /// On the monotonic clock: when to get the next one.
    pub renew: Option<Duration>,
    /// When it is over by itself.
    pub end: Option<Duration>,
}

/// A digest of all that a login sends.
pub(super) fn login_digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
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
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.0.login).lock_owned().await
    }

    /// The turn, unless somebody logs in now.
    pub(super) fn turn_at_once(&self) -> Option<OwnedMutexGuard<()>> {
        Arc::clone(&self.0.login).try_lock_owned().ok()
    }

    /// What this login gave, if it is still good at `now`.
    pub(super) fn current(&self, login: &[u8; 32], now: Duration) -> Option<Kept> {
        let good = |kept: &Kept| kept.end.is_none_or(|end| now < end);
        self.with(login, |slot, _| slot.kept.as_ref().filter(|kept| good(kept)).cloned())
    }

    /// Why nobody may log in now.
    pub(super) fn standing_in_the_way(&self, login: &[u8; 32], now: Duration) -> Option<Refused> {
        self.with(login, |slot, _| {
            let (until, message) = slot.wait.as_ref().filter(|(until, _)| *until > now)?;
            let retry_after = Some(until.saturating_sub(now));
            Some(Refused::new(message.clone(), retry_after, true))
        })
    }

    /// Keeps what a login gave.
    pub(super) fn keep(&self, login: &[u8; 32], kept: Kept) {
        self.with(login, |slot, count| {
            *count += 1;
            slot.kept = Some(Kept { proof: Proof(*count), ..kept });
            slot.wait = None;
        });
    }

    /// Nobody logs in before `until`.
    pub(super) fn wait(&self, login: &[u8; 32], until: Duration, message: &str) {
        self.with(login, |slot, _| slot.wait = Some((until, message.to_owned())));
    }

    /// Forgets a session, unless a newer one has come.
    pub(super) fn forget(&self, login: &[u8; 32], proof: Proof) {
        self.with(login, |slot, _| {
            if slot.kept.as_ref().is_some_and(|kept| kept.proof == proof) {
                slot.kept = None;
            }
        });
    }

    fn with<T>(&self, login: &[u8; 32], act: impl FnOnce(&mut Slot, &mut u64) -> T) -> T {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Slots { all, count } = &mut *slots;
        // Counting goes on over all: a proof of one login must not pass for one of another.
        let place = all.iter().position(|(digest, _)| digest == login);
        let found = place.map_or_else(|| (*login, Slot::default()), |place| all.remove(place));
        if all.len() >= REMEMBERED {
            all.remove(0);
        }
        all.push(found);
        let (_, slot) = all.last_mut().expect("one was just put there");
        act(slot, count)
    }
}

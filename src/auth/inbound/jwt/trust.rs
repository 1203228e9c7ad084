//! The keys of an issuer that are believed now: fetched once, kept through reloads, renewed before they are old.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::algorithm::Algorithm;
use super::keys::{self, Key};
use crate::auth::inbound::fetch::Source;
use crate::clock::Clock;

/// How long after a fetch that failed nobody tries again.
const AGAIN: Duration = Duration::from_secs(5);
/// How long after a fetch an unknown key is not looked for again: whoever invents names of keys must not make
/// us ask the issuer for each.
const UNKNOWN: Duration = Duration::from_secs(30);

/// How old keys may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ages {
    /// From then on they are renewed beside the requests.
    pub refresh: Duration,
    /// From then on they are not used any more.
    pub keep: Duration,
}

/// Keys as they were fetched.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub keys: Vec<Key>,
    /// When, on the monotonic clock; `None`: never, or they never grow old.
    at: Option<Duration>,
    /// Another number when the keys are others.
    pub version: u64,
    digest: [u8; 32],
}

/// What to do for a token, as far as keys go.
#[derive(Debug)]
pub(super) enum Choice {
    /// Check it with this key.
    Key(Key),
    /// No key of this issuer: refuse it.
    None,
    /// The keys must be fetched first.
    Fetch,
}

/// The keys of one issuer.
#[derive(Debug)]
pub struct Trust {
    /// `None`: the keys are given, and never others.
    source: Option<Box<dyn Source>>,
    known: ArcSwap<Known>,
    /// Held by the one who fetches: when it was last tried, and whether that went well.
    tried: tokio::sync::Mutex<Option<(Duration, bool)>>,
    renewing: AtomicBool,
    clock: Arc<dyn Clock>,
}

impl Trust {
    /// Keys that `source` gives.
    pub(in crate::auth::inbound) fn fetched(source: Box<dyn Source>, clock: Arc<dyn Clock>) -> Trust {
        Trust::new(Some(source), Known::default(), clock)
    }

    /// Keys that are given.
    pub(super) fn given(keys: Vec<Key>, clock: Arc<dyn Clock>) -> Trust {
        Trust::new(None, Known { keys, version: 1, ..Known::default() }, clock)
    }

    fn new(source: Option<Box<dyn Source>>, known: Known, clock: Arc<dyn Clock>) -> Trust {
        let (known, tried) = (ArcSwap::from_pointee(known), tokio::sync::Mutex::new(None));
        Trust { source, known, tried, renewing: AtomicBool::new(false), clock }
    }

    /// The keys as they are, however old.
    pub(super) fn known(&self) -> arc_swap::Guard<Arc<Known>> {
        self.known.load()
    }

    /// The key that checks a token. Keys that grow old are renewed beside the request.
    pub(super) fn choose(self: &Arc<Self>, algorithm: Algorithm, id: Option<&str>, ages: Ages) -> Choice {
        let known = self.known.load();
        if self.source.is_some() {
            match known.at.map(|at| self.clock.monotonic().saturating_sub(at)) {
                Some(age) if age < ages.refresh => {}
                Some(age) if age < ages.keep => self.renew(),
                _ => return Choice::Fetch,
            }
        }
        match find(&known.keys, algorithm, id) {
            Some(key) => Choice::Key(key.clone()),
            None if self.source.is_some() && id.is_some() => Choice::Fetch,
            None => Choice::None,
        }
    }

    /// The key once the keys were fetched, if somebody may fetch them now.
    ///
    /// # Errors
    /// The issuer does not answer, and no keys are fit for use.
    pub(super) async fn fetch(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
        ages: Ages,
    ) -> Result<Option<Key>, ()> {
        let mut tried = self.tried.lock().await;
        let now = self.clock.monotonic();
        let usable = |known: &Known| known.at.is_some_and(|at| now.saturating_sub(at) < ages.keep);
        // Whoever waited for another one's fetch finds what that brought.
        let known = self.known.load_full();
        if usable(&known) && find(&known.keys, algorithm, id).is_some() {
            return Ok(find(&known.keys, algorithm, id).cloned());
        }
        let resting = tried
            .is_some_and(|(at, went_well)| now.saturating_sub(at) < if went_well { UNKNOWN } else { AGAIN });
        if !resting {
            *tried = Some((now, self.load().await));
        }
        let known = self.known.load();
        if usable(&known) { Ok(find(&known.keys, algorithm, id).cloned()) } else { Err(()) }
    }

    /// Fetches keys; those that are known stay when that fails.
    async fn load(&self) -> bool {
        let Some(source) = &self.source else { return true };
        let read = source.ask(None).await.and_then(|bytes| {
            let keys = keys::read(&bytes).map_err(|why| format!("what it shows {why}"))?;
            Ok((keys, super::super::verified::digest(&bytes)))
        });
        match read {
            Ok((keys, digest)) => {
                let before = self.known.load();
                let version = before.version + u64::from(before.digest != digest);
                let at = Some(self.clock.monotonic());
                self.known.store(Arc::new(Known { keys, at, version, digest }));
                true
            }
            Err(why) => {
                tracing::warn!(target: "crossdock::auth", why, "the keys of a token issuer cannot be fetched");
                false
            }
        }
    }

    /// Renews keys beside the requests: one at a time, and not at once again when it failed.
    fn renew(self: &Arc<Self>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.renewing.swap(true, Ordering::AcqRel) {
            return;
        }
        let trust = Arc::clone(self);
        runtime.spawn(async move {
            let mut tried = trust.tried.lock().await;
            let now = trust.clock.monotonic();
            if !tried.is_some_and(|(at, went_well)| !went_well && now.saturating_sub(at) < AGAIN) {
                *tried = Some((now, trust.load().await));
            }
            drop(tried);
            trust.renewing.store(false, Ordering::Release);
        });
    }
}

/// By its name where the token gives one; else the only one that goes with the algorithm.
fn find<'k>(keys: &'k [Key], algorithm: Algorithm, id: Option<&str>) -> Option<&'k Key> {
    let mut fitting = keys.iter().filter(|key| key.goes_with(algorithm));
    let Some(id) = id else {
        let only = fitting.next()?;
        return fitting.next().is_none().then_some(only);
    };
    let named = fitting.clone().find(|key| key.id.as_deref() == Some(id));
    // Keys that have no name of their own (a file with one key, a secret) fit any.
    named.or_else(|| fitting.find(|key| key.id.is_none()))
}

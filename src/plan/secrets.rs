//! Secret values, from a directory with one file each, read again when they change.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant, SystemTime};

use sha2::{Digest, Sha256};

use super::Plan;
use crate::auth::{Secret, Vault};
use file::Stamp;

/// However often somebody asks, files are looked at only so often.
const LOOK: Duration = Duration::from_millis(100);

/// The values of every secret that a plan refers to, as they are now. Never shown: not in logs, not in errors.
/// Cloning shares them.
#[derive(Clone, Default)]
pub struct Secrets {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    dir: PathBuf,
    held: RwLock<BTreeMap<Arc<str>, Held>>,
    version: AtomicU64,
    looked: Mutex<Option<Instant>>,
}

struct Held {
    value: Secret,
    source: SecretSource,
    /// Of the file, when it was last read.
    stamp: Option<Stamp>,
    since: SystemTime,
    trouble: Option<String>,
}

/// Where a secret's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    File(PathBuf),
    /// `dev` and tests: its own name, because stubs ask for no secrets.
    StandIn,
}

/// What may be told of a secret: never its value, nor anything that is computed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretState {
    pub name: Arc<str>,
    pub source: SecretSource,
    /// When this value was first used.
    pub since: SystemTime,
    /// Why a changed file was not taken: then the value from before is still in use.
    pub trouble: Option<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} names)", self.held().len())
    }
}

impl Secrets {
    /// Reads every secret in `names` from `dir`. One line break at the end of a file is not part of
    /// the secret. The error has a sentence for each one that cannot be had.
    pub fn read(dir: &Path, names: &BTreeSet<Arc<str>>) -> Result<Secrets, Vec<String>> {
        let (mut held, mut missing) = (BTreeMap::new(), Vec::new());
        for name in names {
            let stamp = Stamp::of(dir, name);
            match file::value(dir, name) {
                Ok(value) => drop(held.insert(Arc::clone(name), Held::of_file(dir, name, value, stamp))),
                Err(why) => missing.push(format!("the secret `{name}` {why}")),
            }
        }
        if missing.is_empty() { Ok(Secrets::of(dir, held)) } else { Err(missing) }
    }

    /// What can be read from `dir` of the secrets of a plan; the others get their own name for a value: for
    /// `dev` and `test`, where stubs ask for no secrets. What signs gets 64 hexadecimal digits, which are a key
    /// however keys are written.
    pub fn stand_ins(dir: &Path, plan: &Plan) -> Secrets {
        let signs = plan.signing_secrets();
        let held = |name: &Arc<str>| match file::value(dir, name) {
            Ok(value) => Held::of_file(dir, name, value, Stamp::of(dir, name)),
            Err(_) if signs.contains(&**name) => Held::given(&digits(name)),
            Err(_) => Held::given(name),
        };
        Secrets::of(dir, plan.secrets.iter().map(|name| (Arc::clone(name), held(name))).collect())
    }

    /// Given values, for tests and for `dev`.
    pub fn given<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Secrets {
        let held = pairs.into_iter().map(|(name, value)| (name.into(), Held::given(value)));
        Secrets::of(Path::new(""), held.collect())
    }

    fn of(dir: &Path, held: BTreeMap<Arc<str>, Held>) -> Secrets {
        let shared = Shared { dir: dir.to_owned(), held: RwLock::new(held), ..Shared::default() };
        Secrets { shared: Arc::new(shared) }
    }

    /// The value of a secret.
    pub fn get(&self, name: &str) -> Option<Secret> {
        self.held().get(name).map(|held| held.value.clone())
    }

    /// What is known of each, sorted by name.
    pub fn states(&self) -> Vec<SecretState> {
        let told = |(name, held): (&Arc<str>, &Held)| SecretState {
            name: Arc::clone(name),
            source: held.source.clone(),
            since: held.since,
            trouble: held.trouble.clone(),
        };
        self.held().iter().map(told).collect()
    }

    /// Values that are the same as before have been in use since then.
    pub fn go_on_from(&self, before: &Secrets) {
        if Arc::ptr_eq(&self.shared, &before.shared) {
            return;
        }
        let mut held = self.shared.held.write().unwrap_or_else(PoisonError::into_inner);
        for (name, old) in before.held().iter() {
            match held.get_mut(name) {
                Some(new) if new.value == old.value => new.since = old.since,
                _ => {}
            }
        }
    }

    /// Looks whether files changed, and reads those that did. What cannot be read, or is empty because somebody is
    /// writing it, leaves the value from before.
    pub fn refresh(&self) {
        let changed = self.changed();
        if changed.is_empty() {
            return;
        }
        let mut held = self.shared.held.write().unwrap_or_else(PoisonError::into_inner);
        let mut any = false;
        for (name, stamp, read) in changed {
            let Some(held) = held.get_mut(&name) else { continue };
            held.stamp = stamp;
            match read {
                Ok(value) => any |= held.becomes(value),
                Err(why) => {
                    tracing::warn!(target: "crossdock::secrets", secret = &*name, why, "a changed secret cannot be read; the value from before stays");
                    held.trouble = Some(why);
                }
            }
        }
        drop(held);
        if any {
            self.shared.version.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Those whose files are not as they were when they were read.
    fn changed(&self) -> Vec<(Arc<str>, Option<Stamp>, Result<Secret, String>)> {
        let (dir, held) = (&self.shared.dir, self.held());
        let files = held.iter().filter(|(_, held)| matches!(held.source, SecretSource::File(_)));
        let changed = files.filter_map(|(name, held)| {
            let stamp = Stamp::of(dir, name);
            (stamp != held.stamp).then(|| (Arc::clone(name), stamp, file::value(dir, name)))
        });
        changed.collect()
    }

    fn held(&self) -> RwLockReadGuard<'_, BTreeMap<Arc<str>, Held>> {
        self.shared.held.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The SHA-256 of a name in hexadecimal digits.
fn digits(name: &str) -> String {
    Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Vault for Secrets {
    fn get(&self, name: &str) -> Option<Secret> {
        Secrets::get(self, name)
    }

    fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }

    fn look(&self) {
        let mut looked = self.shared.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return;
        }
        *looked = Some(Instant::now());
        drop(looked);
        self.refresh();
    }
}

impl Held {
    fn of_file(dir: &Path, name: &str, value: Secret, stamp: Option<Stamp>) -> Held {
        let source = SecretSource::File(dir.join(name));
        Held { value, source, stamp, since: SystemTime::now(), trouble: None }
    }

    fn given(value: &str) -> Held {
        let (value, source) = (Secret::new(value.to_owned()), SecretSource::StandIn);
        Held { value, source, stamp: None, since: SystemTime::now(), trouble: None }
    }

    /// Takes a value; whether it is another one.
    fn becomes(&mut self, value: Secret) -> bool {
        self.trouble = None;
        let other = self.value != value;
        if other {
            (self.value, self.since) = (value, SystemTime::now());
        }
        other
    }
}

#[cfg(test)]
mod tests;

//! Who we are to a system: its secrets and what is proven with them, made anew when a secret changes.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::System;
use super::secrets::{Giver, Secrets};
use crate::auth::outbound::{Means, Sessions, Signer};
use crate::auth::{Secret, Vault};
use crate::clock::Clock;

/// Secrets and proof of one moment.
#[derive(Debug)]
pub(super) struct Identity {
    /// Of the vault, when it was made or found unchanged.
    version: u64,
    pub signer: Option<Arc<dyn Signer>>,
    pub secrets: Arc<Secrets>,
}

/// The identity as it is now, and the one before while it may still be the right one.
#[derive(Debug)]
pub(super) struct Identities {
    vault: Option<Arc<dyn Vault>>,
    clock: Arc<dyn Clock>,
    sessions: Sessions,
    now: ArcSwap<Identity>,
    /// Until the system took the new one: it may not know it yet.
    before: ArcSwapOption<Identity>,
    making: Mutex<()>,
}

/// What a system of a generation is given to prove itself with.
pub(super) struct Source<'a> {
    pub vault: Option<Arc<dyn Vault>>,
    pub secret: &'a dyn Fn(&str) -> Option<Secret>,
    pub clock: &'a Arc<dyn Clock>,
    pub sessions: &'a Sessions,
}

impl Identities {
    /// Fills in secrets. The error has a sentence for each one that is missing or cannot be used.
    pub fn open(system: &System, source: Source<'_>) -> Result<Identities, Vec<String>> {
        let Source { vault, secret, clock, sessions } = source;
        let version = vault.as_ref().map_or(0, |vault| vault.version());
        let now = make(system, version, secret, clock, sessions)?;
        Ok(Identities {
            vault,
            clock: Arc::clone(clock),
            sessions: sessions.clone(),
            now: ArcSwap::from_pointee(now),
            before: ArcSwapOption::empty(),
            making: Mutex::default(),
        })
    }

    /// With the secrets as they are now. A change that cannot be used leaves what there was.
    pub fn now(&self, system: &System) -> Arc<Identity> {
        let now = self.now.load_full();
        match &self.vault {
            Some(vault) if vault.version() != now.version => self.renewed(system, vault),
            _ => now,
        }
    }

    fn renewed(&self, system: &System, vault: &Arc<dyn Vault>) -> Arc<Identity> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, version) = (self.now.load_full(), vault.version());
        if now.version == version {
            return now;
        }
        let kept = || Identity { version, signer: now.signer.clone(), secrets: Arc::clone(&now.secrets) };
        let made = match make(system, version, &|name| vault.get(name), &self.clock, &self.sessions) {
            Ok(made) if made.secrets == now.secrets => kept(),
            Ok(made) => {
                tracing::info!(target: "crossdock::secrets", system = &*system.name, "a secret changed; the next call uses it");
                self.before.store(Some(Arc::clone(&now)));
                made
            }
            Err(why) => {
                tracing::warn!(target: "crossdock::secrets", system = &*system.name, why = why.join("; "), "a changed secret cannot be used; the one from before stays");
                kept()
            }
        };
        let made = Arc::new(made);
        self.now.store(Arc::clone(&made));
        made
    }

    /// After the system refused what it was shown: the identity that it may take instead, when a secret has just
    /// changed there or here.
    pub fn instead(&self, system: &System, refused: &Arc<Identity>) -> Option<Arc<Identity>> {
        if let Some(vault) = &self.vault {
            vault.look();
        }
        let now = self.now(system);
        if !Arc::ptr_eq(&now.secrets, &refused.secrets) {
            return Some(now);
        }
        self.before.load_full()
    }

    /// The system took what it was shown: when that is the newest, what was before is over.
    pub fn taken(&self, identity: &Arc<Identity>) {
        if self.before.load().is_some() && Arc::ptr_eq(&self.now.load().secrets, &identity.secrets) {
            self.before.store(None);
        }
    }

    /// All that may be shown to the system now.
    pub fn all(&self) -> impl Iterator<Item = Arc<Identity>> {
        [Some(self.now.load_full()), self.before.load_full()].into_iter().flatten()
    }
}

fn make(
    system: &System,
    version: u64,
    secret: &dyn Fn(&str) -> Option<Secret>,
    clock: &Arc<dyn Clock>,
    sessions: &Sessions,
) -> Result<Identity, Vec<String>> {
    let giver = Giver::new(secret);
    let wrong = system.secrets.iter().filter_map(|name| {
        let why = giver.give_header(name).err()?;
        Some(format!("`{}` needs the secret `{name}`, which {why}", system.name))
    });
    let mut wrong: Vec<String> = wrong.collect();
    let secret = |name: &str| giver.give(name);
    let means = Means { secret: &secret, tables: &system.tables, clock, sessions };
    let signer = system.auth.as_ref().map(|auth| auth.open(&means)).transpose();
    let signer = signer.unwrap_or_else(|why| {
        wrong.extend(why.into_iter().map(|why| format!("`{}`: {why}", system.name)));
        None
    });
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Identity { version, signer, secrets: Arc::new(giver.given()) })
}

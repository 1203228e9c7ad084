//! The secrets of one system: read by its expressions, and known so that no log repeats them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::auth::Secret;
use crate::auth::outbound::UNSENDABLE;
use crate::http::HeaderValue;

/// Secrets by name; shown to nobody.
#[derive(Default, PartialEq)]
pub(super) struct Secrets(BTreeMap<Arc<str>, Secret>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} names)", self.0.len())
    }
}

impl Secrets {
    /// The secret called `name`.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// What no log may repeat.
    pub fn values(&self) -> impl Iterator<Item = &Secret> {
        self.0.values()
    }
}

/// Gives secrets, and keeps those that it gave.
pub(super) struct Giver<'a> {
    secret: &'a dyn Fn(&str) -> Option<Secret>,
    given: RefCell<BTreeMap<Arc<str>, Secret>>,
}

impl<'a> Giver<'a> {
    pub fn new(secret: &'a dyn Fn(&str) -> Option<Secret>) -> Giver<'a> {
        Giver { secret, given: RefCell::default() }
    }

    pub fn give(&self, name: &str) -> Option<Secret> {
        let value = (self.secret)(name)?;
        self.given.borrow_mut().insert(Arc::from(name), value.clone());
        Some(value)
    }

    /// Gives a secret that stands in a header. The error says what it does, with no word of it.
    pub fn give_header(&self, name: &str) -> Result<(), &'static str> {
        let value = self.give(name).ok_or("is missing")?;
        HeaderValue::from_str(value.reveal()).map(drop).map_err(|_| UNSENDABLE)
    }

    pub fn given(self) -> Secrets {
        Secrets(self.given.into_inner())
    }
}

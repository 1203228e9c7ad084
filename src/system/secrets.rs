//! The secrets of one system: read by its expressions, and known so that no log repeats them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::auth::outbound::UNSENDABLE;
use crate::http::HeaderValue;

/// Secrets by name; shown to nobody.
#[derive(Default)]
pub(super) struct Secrets(BTreeMap<Arc<str>, Arc<str>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} names)", self.0.len())
    }
}

impl Secrets {
    /// The secret called `name`.
    pub fn get(&self, name: &str) -> Option<Arc<str>> {
        self.0.get(name).cloned()
    }

    /// What no log may repeat.
    pub fn values(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.values()
    }
}

/// Gives secrets, and keeps those that it gave.
pub(super) struct Giver<'a> {
    secret: &'a dyn Fn(&str) -> Option<Arc<str>>,
    given: RefCell<BTreeMap<Arc<str>, Arc<str>>>,
}

impl<'a> Giver<'a> {
    pub fn new(secret: &'a dyn Fn(&str) -> Option<Arc<str>>) -> Giver<'a> {
        Giver { secret, given: RefCell::default() }
    }

    pub fn give(&self, name: &str) -> Option<Arc<str>> {
        let value = (self.secret)(name)?;
        self.given.borrow_mut().insert(Arc::from(name), Arc::clone(&value));
        Some(value)
    }

    /// Gives a secret that stands in a header. The error says what it does, with no word of it.
    pub fn give_header(&self, name: &str) -> Result<(), &'static str> {
        let value = self.give(name).ok_or("is missing")?;
        HeaderValue::from_str(&value).map(drop).map_err(|_| UNSENDABLE)
    }

    pub fn given(self) -> Secrets {
        Secrets(self.given.into_inner())
    }
}

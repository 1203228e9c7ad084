//! `scheme: none`: anybody may call.

use std::sync::Arc;

use super::{AuthPolicy, Client, Declared, Head, Means, Refused, Scheme, Verifier};

pub(super) static SCHEME: Scheme = Scheme {
    name: "none",
    about: "no proof: anybody may call",
    needs: &[],
    takes: &[],
    compile: |_| Ok(none()),
};

/// The policy of routes that anybody may call.
pub fn none() -> AuthPolicy {
    Arc::new(Open)
}

#[derive(Debug)]
struct Open;

impl Declared for Open {
    fn is_open(&self) -> bool {
        true
    }

    fn open(&self, _means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        Ok(Arc::new(Open))
    }
}

impl Verifier for Open {
    fn verify(&self, _head: &Head<'_>) -> Result<Option<Arc<Client>>, Refused> {
        Ok(None)
    }
}

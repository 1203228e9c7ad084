//! `scheme: none`: anybody may call.

use std::sync::Arc;

use super::{AuthPolicy, Declared, Head, Means, Scheme, Sight, Verdict, Verifier};
use crate::http::HeaderName;

pub(super) static SCHEME: Scheme = Scheme {
    name: "none",
    about: "no proof: anybody may call",
    needs: &[],
    takes: &[],
    compile: |_, _| Ok(none()),
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

    fn by_key(&self, _header: &HeaderName) -> AuthPolicy {
        none()
    }

    fn open(&self, _means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        Ok(Arc::new(Open))
    }
}

impl Verifier for Open {
    /// Who brings nothing is whom this is for: it is never found by what a request brings.
    fn sees(&self, _head: &Head<'_>) -> Sight {
        Sight::No
    }

    fn verify(&self, _head: &Head<'_>) -> Verdict<'_> {
        Verdict::Now(Ok(None))
    }
}

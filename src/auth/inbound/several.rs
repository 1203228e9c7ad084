//! Several policies on one route: the one whose proof a request brings decides, right or wrong.

use std::sync::Arc;

use super::{AuthPolicy, Declared, Head, Means, Refused, Sight, Verdict, Verifier, Why};
use crate::http::HeaderName;

/// The policy of a route that takes any of these, asked in this order.
pub fn several(policies: Vec<AuthPolicy>) -> AuthPolicy {
    Arc::new(Several(policies))
}

#[derive(Debug)]
struct Several(Vec<AuthPolicy>);

impl Declared for Several {
    fn is_open(&self) -> bool {
        self.0.iter().any(|policy| policy.is_open())
    }

    fn key_header(&self) -> Option<&HeaderName> {
        self.0.iter().find_map(|policy| policy.key_header())
    }

    fn makes_clients(&self) -> bool {
        self.0.iter().any(|policy| policy.makes_clients())
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let (mut verifiers, mut missing) = (Vec::new(), Vec::new());
        for policy in self.0.iter().filter(|policy| !policy.is_open()) {
            match policy.open(means) {
                Ok(verifier) => verifiers.push(verifier),
                Err(why) => missing.extend(why),
            }
        }
        let open = self.is_open();
        if missing.is_empty() { Ok(Arc::new(AnyOf { verifiers, open })) } else { Err(missing) }
    }
}

#[derive(Debug)]
struct AnyOf {
    verifiers: Vec<Arc<dyn Verifier>>,
    /// Whether those who bring nothing may call too.
    open: bool,
}

impl Verifier for AnyOf {
    fn sees(&self, head: &Head<'_>) -> Sight {
        self.verifiers.iter().map(|verifier| verifier.sees(head)).max().unwrap_or(Sight::No)
    }

    /// A proof that is there and wrong refuses: nobody becomes another, or nobody, by a bad proof.
    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        let sight = self.sees(head);
        match self.verifiers.iter().find(|verifier| sight > Sight::No && verifier.sees(head) == sight) {
            Some(verifier) => verifier.verify(head),
            None if self.open => Verdict::Now(Ok(None)),
            None => Verdict::Now(Err(self.refused(head))),
        }
    }

    fn insufficient(&self, scope: Option<&str>) -> Option<String> {
        self.verifiers.iter().find_map(|verifier| verifier.insufficient(scope))
    }
}

impl AnyOf {
    /// Every proof that would do.
    fn refused(&self, head: &Head<'_>) -> Refused {
        let mut asked: Vec<Refused> = Vec::new();
        for verifier in &self.verifiers {
            if let Verdict::Now(Err(refused)) = verifier.verify(head)
                && !asked.iter().any(|known| known.challenge == refused.challenge)
            {
                asked.push(refused);
            }
        }
        let joined =
            |what: fn(&Refused) -> &str, with: &str| asked.iter().map(what).collect::<Vec<_>>().join(with);
        Refused {
            detail: joined(|refused| &refused.detail, "; or "),
            challenge: joined(|refused| &refused.challenge, ", "),
            why: Why::Missing,
        }
    }
}

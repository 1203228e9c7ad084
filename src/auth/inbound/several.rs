//! Several policies on one route: the one whose proof a request brings decides, right or wrong.

use std::net::IpAddr;
use std::sync::Arc;

use super::{AuthPolicy, Declared, Head, Means, Proven, Refused, Sight, Signed, Verdict, Verifier, Why};
use crate::clock::Moment;
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

    fn by_key(&self, header: &HeaderName) -> AuthPolicy {
        several(self.0.iter().map(|policy| policy.by_key(header)).collect())
    }

    fn is_proof(&self, header: &HeaderName) -> bool {
        self.0.iter().any(|policy| policy.is_proof(header))
    }

    fn makes_clients(&self) -> bool {
        self.0.iter().any(|policy| policy.makes_clients())
    }

    fn brings_claims(&self) -> bool {
        self.0.iter().any(|policy| policy.brings_claims())
    }

    fn knows_clients(&self) -> bool {
        self.0.iter().any(|policy| policy.knows_clients())
    }

    fn takes_strangers(&self) -> bool {
        self.0.iter().any(|policy| policy.takes_strangers())
    }

    fn signature(&self) -> Option<&Signed> {
        self.0.iter().find_map(|policy| policy.signature())
    }

    /// One of them is enough: the policy whose proof is sent looks at the address itself.
    fn takes_from(&self, peer: Option<IpAddr>) -> bool {
        self.0.iter().any(|policy| policy.takes_from(peer))
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let (mut verifiers, mut missing) = (Vec::new(), Vec::new());
        for policy in self.0.iter().filter(|policy| !policy.is_open()) {
            match policy.open(means) {
                Ok(verifier) => verifiers.push(verifier),
                Err(why) => missing.extend(why),
            }
        }
        let open = self.0.iter().filter(|policy| policy.is_open()).cloned().collect();
        if missing.is_empty() { Ok(Arc::new(AnyOf { verifiers, open })) } else { Err(missing) }
    }
}

#[derive(Debug)]
struct AnyOf {
    verifiers: Vec<Arc<dyn Verifier>>,
    /// By which those who bring nothing may call too.
    open: Vec<AuthPolicy>,
}

impl Verifier for AnyOf {
    fn sees(&self, head: &Head<'_>) -> Sight {
        self.verifiers.iter().map(|verifier| verifier.sees(head)).max().unwrap_or(Sight::No)
    }

    /// A proof that is there and wrong refuses: nobody becomes another, or nobody, by a bad proof.
    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        match self.asked(head) {
            Some(verifier) => verifier.verify(head),
            None if self.is_open(head) => Verdict::Now(Ok(None)),
            None => Verdict::Now(Err(self.refused(head))),
        }
    }

    fn verify_body(&self, head: &Head<'_>, body: &[u8], now: Moment) -> Result<Proven, Refused> {
        match self.asked(head) {
            Some(verifier) => verifier.verify_body(head, body, now),
            None if self.is_open(head) => Ok(Proven::default()),
            None => Err(self.refused(head)),
        }
    }

    fn insufficient(&self, scope: Option<&str>) -> Option<String> {
        self.verifiers.iter().find_map(|verifier| verifier.insufficient(scope))
    }
}

impl AnyOf {
    /// The one whose proof this is.
    fn asked(&self, head: &Head<'_>) -> Option<&Arc<dyn Verifier>> {
        let sight = self.sees(head);
        self.verifiers.iter().find(|verifier| sight > Sight::No && verifier.sees(head) == sight)
    }

    fn is_open(&self, head: &Head<'_>) -> bool {
        self.open.iter().any(|policy| policy.takes_from(head.peer))
    }

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

#[cfg(test)]
mod tests {
    use super::super::stage::{Stage, verify};
    use super::super::{Client, KeyDigest, Keys, api_key, none};
    use super::*;

    fn stage() -> Stage {
        let client =
            |name: &str| Arc::new(Client { name: name.into(), account: "A".into(), ..Client::default() });
        let digests = [KeyDigest::of(b"good")];
        let keys = Keys::resolve(digests.iter().zip([client("portal")]), &|_| None).unwrap();
        Stage { keys: Arc::new(keys), ..Stage::default() }
    }

    fn named(header: &'static str) -> AuthPolicy {
        api_key(HeaderName::from_static(header))
    }

    #[test]
    fn the_proof_that_is_there_decides() {
        let verifier = stage().open(&several(vec![named("x-portal"), named("x-partner")])).unwrap();
        for header in ["x-portal", "x-partner"] {
            assert_eq!(&*verify(&*verifier, &[(header, "good")]).unwrap().unwrap().name, "portal");
        }
        // Of two proofs the first policy's decides; a bad one is not made good by another.
        assert_eq!(
            verify(&*verifier, &[("x-portal", "bad"), ("x-partner", "good")]).unwrap_err().why,
            Why::Wrong
        );
        let missing = verify(&*verifier, &[]).unwrap_err();
        assert_eq!(missing.challenge, "ApiKey header=\"x-portal\", ApiKey header=\"x-partner\"");
        assert_eq!(missing.why, Why::Missing);
    }

    #[test]
    fn nobody_becomes_anybody_unless_it_is_said() {
        let open = several(vec![named("x-portal"), none()]);
        assert!(open.is_open());
        let verifier = stage().open(&open).unwrap();
        assert!(verify(&*verifier, &[]).unwrap().is_none());
        assert!(verify(&*verifier, &[("x-portal", "good")]).unwrap().is_some());
        assert_eq!(verify(&*verifier, &[("x-portal", "bad")]).unwrap_err().why, Why::Wrong);
    }
}

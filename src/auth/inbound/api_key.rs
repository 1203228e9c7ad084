//! `scheme: api_key`: callers send a key in a header.

use std::fmt;
use std::sync::Arc;

use super::{
    Answer, AuthPolicy, Client, Declared, Head, Keys, Means, Refused, Scheme, Sight, Verdict, Verifier, Why,
    header_name,
};
use crate::diagnostic::Diagnostic;
use crate::http::HeaderName;

pub(super) static SCHEME: Scheme = Scheme {
    name: "api_key",
    about: "a key of the client in a `header`, `X-Api-Key` unless said",
    needs: &[],
    takes: &["header"],
    compile: |policy, _| {
        let header: Result<_, Diagnostic> = policy.header.as_ref().map(header_name).transpose();
        let header = header.map_err(|finding| vec![finding]);
        Ok(api_key(header?.unwrap_or(HeaderName::from_static("x-api-key"))))
    },
};

/// The policy of those who send a key of theirs in `header`.
pub fn api_key(header: HeaderName) -> AuthPolicy {
    Arc::new(ApiKey { header })
}

#[derive(Debug)]
struct ApiKey {
    header: HeaderName,
}

impl Declared for ApiKey {
    fn by_key(&self, _header: &HeaderName) -> AuthPolicy {
        api_key(self.header.clone())
    }

    fn key_header(&self) -> Option<&HeaderName> {
        Some(&self.header)
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        Ok(Arc::new(Held { header: self.header.clone(), keys: Arc::clone(means.keys) }))
    }
}

/// Keys at hand.
struct Held {
    header: HeaderName,
    keys: Arc<Keys<Arc<Client>>>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({}: ..)", self.header)
    }
}

impl Verifier for Held {
    fn sees(&self, head: &Head<'_>) -> Sight {
        if head.headers.contains_key(&self.header) { Sight::Yes } else { Sight::No }
    }

    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        Verdict::Now(self.answer(head))
    }
}

impl Held {
    /// Exactly one key, and a known one: with two, it is not clear who is meant.
    fn answer(&self, head: &Head<'_>) -> Answer {
        let mut sent = head.headers.get_all(&self.header).iter();
        let (key, more) = (sent.next(), sent.next());
        let Some(key) = key else {
            return Err(self.refused(Why::Missing, format!("send your key in the header `{}`", self.header)));
        };
        match self.keys.owner(key.as_bytes()) {
            Some(client) if more.is_none() => Ok(Some(Arc::clone(client))),
            _ => Err(self.refused(Why::Wrong, "this key is not known here".to_owned())),
        }
    }

    fn refused(&self, why: Why, detail: String) -> Refused {
        // `ApiKey` is no registered scheme, but names what is asked for.
        Refused { detail, challenge: format!("ApiKey header=\"{}\"", self.header), why }
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeyDigest;
    use super::super::stage::{Stage, verify};
    use super::*;

    fn verifier() -> Arc<dyn Verifier> {
        let client =
            |name: &str| Arc::new(Client { name: name.into(), account: "A".into(), ..Client::default() });
        let (portal, hub) = (client("portal"), client("hub"));
        let digests = [KeyDigest::of(b"old"), KeyDigest::of(b"new"), KeyDigest::of(b"x")];
        let owned = digests.iter().zip([Arc::clone(&portal), portal, hub]);
        let stage = Stage { keys: Arc::new(Keys::resolve(owned, &|_| None).unwrap()), ..Stage::default() };
        stage.open(&api_key(HeaderName::from_static("x-api-key"))).unwrap()
    }

    fn ask(sent: &[&str]) -> Result<String, (Why, String)> {
        let headers: Vec<_> = sent.iter().map(|key| ("x-api-key", *key)).collect();
        let who = verify(&*verifier(), &headers).map_err(|refused| (refused.why, refused.challenge))?;
        Ok(who.unwrap().name.to_string())
    }

    #[test]
    fn a_key_is_its_client() {
        assert_eq!(ask(&["old"]), Ok("portal".to_owned()));
        assert_eq!(ask(&["new"]), Ok("portal".to_owned()));
        assert_eq!(ask(&["x"]), Ok("hub".to_owned()));
    }

    #[test]
    fn only_a_wrong_key_is_a_guess() {
        let challenge = || "ApiKey header=\"x-api-key\"".to_owned();
        assert_eq!(ask(&[]), Err((Why::Missing, challenge())));
        for wrong in [&["guess"][..], &[""], &["old", "old"], &["old", "guess"], &["OLD"], &["old "]] {
            assert_eq!(ask(wrong), Err((Why::Wrong, challenge())), "{wrong:?}");
        }
        let long = "o".repeat(super::super::LONGEST + 1);
        assert_eq!(ask(&[&long]), Err((Why::Wrong, challenge())));
    }

    #[test]
    fn nothing_of_a_key_shows() {
        assert_eq!(format!("{:?}", verifier()), "Held(x-api-key: ..)");
    }
}

//! `scheme: api_key`: callers send a key in a header.

use std::fmt;
use std::sync::Arc;

use super::{AuthPolicy, Client, Declared, Head, Keys, Means, Refused, Scheme, Verifier, header_name};
use crate::diagnostic::Diagnostic;
use crate::http::HeaderName;

pub(super) static SCHEME: Scheme = Scheme {
    name: "api_key",
    about: "a key of the client in a `header`, `X-Api-Key` unless said",
    needs: &[],
    takes: &["header"],
    compile: |policy| {
        let header: Result<_, Diagnostic> = policy.header.as_ref().map(header_name).transpose();
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
    /// Exactly one key, and a known one: with two, it is not clear who is meant.
    fn verify(&self, head: &Head<'_>) -> Result<Option<Arc<Client>>, Refused> {
        let mut sent = head.headers.get_all(&self.header).iter();
        let (key, more) = (sent.next(), sent.next());
        let Some(key) = key else {
            return Err(self.refused(false, format!("send your key in the header `{}`", self.header)));
        };
        match self.keys.owner(key.as_bytes()) {
            Some(client) if more.is_none() => Ok(Some(Arc::clone(client))),
            _ => Err(self.refused(true, "this key is not known here".to_owned())),
        }
    }
}

impl Held {
    fn refused(&self, is_guess: bool, detail: String) -> Refused {
        // `ApiKey` is no registered scheme, but names what is asked for.
        Refused { detail, challenge: format!("ApiKey header=\"{}\"", self.header), is_guess }
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeyDigest;
    use super::*;
    use crate::http::{HeaderMap, HeaderValue, Method, Uri};

    fn verifier() -> Arc<dyn Verifier> {
        let client = |name: &str| {
            Arc::new(Client { name: name.into(), account: "A".into(), scopes: vec![], keys: vec![] })
        };
        let (portal, hub) = (client("portal"), client("hub"));
        let digests = [KeyDigest::of(b"old"), KeyDigest::of(b"new"), KeyDigest::of(b"x")];
        let owned = digests.iter().zip([Arc::clone(&portal), portal, hub]);
        let keys = Arc::new(Keys::resolve(owned, &|_| None).unwrap());
        let means = Means { keys: &keys, secret: &|_| None };
        api_key(HeaderName::from_static("x-api-key")).open(&means).unwrap()
    }

    fn ask(sent: &[&str]) -> Result<String, (bool, String)> {
        let headers = sent.iter().map(|key| {
            (HeaderName::from_static("x-api-key"), HeaderValue::from_bytes(key.as_bytes()).unwrap())
        });
        let (headers, uri): (HeaderMap, Uri) = (headers.collect(), "/".parse().unwrap());
        let head = Head { method: &Method::GET, uri: &uri, headers: &headers };
        let who = verifier().verify(&head).map_err(|refused| (refused.is_guess, refused.challenge))?;
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
        assert_eq!(ask(&[]), Err((false, challenge())));
        for wrong in [&["guess"][..], &[""], &["old", "old"], &["old", "guess"], &["OLD"], &["old "]] {
            assert_eq!(ask(wrong), Err((true, challenge())), "{wrong:?}");
        }
        let long = "o".repeat(super::super::LONGEST + 1);
        assert_eq!(ask(&[&long]), Err((true, challenge())));
    }

    #[test]
    fn nothing_of_a_key_shows() {
        assert_eq!(format!("{:?}", verifier()), "Held(x-api-key: ..)");
    }
}

//! `scheme: signature`: senders sign the bytes of what they send.

use std::fmt;
use std::sync::Arc;

use super::{AuthPolicy, Declared, Head, Means, Proven, Refused, Scheme, Sight, Verdict, Verifier, Why};
use crate::auth::signature::{self, Incoming, Outgoing, Signature, SigningKey, Unverified, VerifyingKey};
use crate::auth::{Secret, resolve};
use crate::clock::Moment;
use crate::config::declarations::Text;
use crate::config::declarations::{gateway, signature as declared};
use crate::diagnostic::{Diagnostic, codes};
use crate::http::{HeaderName, HeaderValue};

pub(super) static SCHEME: Scheme = Scheme {
    name: "signature",
    about: "a `signature` over the bytes of the request, made with one of `secrets`",
    needs: &["secrets", "signature"],
    takes: &[],
    compile: |policy, _| compile(policy),
};

fn compile(policy: &gateway::AuthPolicy) -> Result<AuthPolicy, Vec<Diagnostic>> {
    let declared = policy.signature.clone().unwrap_or_default();
    let signature = signature::compile(&declared, policy.scheme.span)?;
    let secrets = super::secrets(policy).map_err(|finding| vec![finding])?;
    Ok(Arc::new(Signed { signature, secrets }))
}

/// Everything that is wrong with the declaration of a signature.
pub(super) fn check(
    policy: &gateway::AuthPolicy,
    declared: &declared::Signature,
) -> Result<(), Vec<Diagnostic>> {
    let signature = signature::compile(declared, policy.scheme.span)?;
    if signature.signs_url() && declared.url.is_none() {
        let message = "`{url}` is signed, and nothing says which address the sender was given".to_owned();
        let span = declared.signs.as_ref().map_or(policy.scheme.span, |signs| signs.span);
        let finding = Diagnostic::new(&codes::BAD_SIGNATURE, span, message);
        return Err(vec![finding.help("add `url: https://...`, exactly as the sender has it")]);
    }
    Ok(())
}

/// Who signs with one of these secrets.
#[derive(Debug, Clone)]
pub struct Signed {
    signature: Signature,
    secrets: Vec<Text>,
}

impl Signed {
    /// How it is signed.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Names of the secrets that it is made with.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().flat_map(Text::secrets)
    }

    /// Signs as a sender would who has the first secret: for tests. A message that names itself in its `headers`
    /// keeps that name; else it is called `id`.
    ///
    /// # Errors
    /// A sentence: the secret is missing, or only verifies.
    pub fn sign(
        &self,
        secret: &dyn Fn(&str) -> Option<Arc<str>>,
        (head, body): (&Head<'_>, &[u8]),
        id: &str,
        now: Moment,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let text = self.secrets.first().ok_or("there is no secret")?;
        let secret = resolve(text, secret).map_err(|missing| missing.join("; "))?;
        let key = SigningKey::read(&self.signature, &secret);
        let key = key.map_err(|why| format!("the first secret {why}, so nothing can be signed with it"))?;
        let named = self.signature.id_header().and_then(|name| head.headers.get(name)?.to_str().ok());
        let message = Outgoing {
            id: named.unwrap_or(id),
            method: head.method.as_str(),
            path: head.uri.path_and_query().map_or("/", |path| path.as_str()),
            url: self.signature.url(),
            body,
        };
        self.signature.sign(&message, &[key], now)
    }
}

impl Declared for Signed {
    /// Offline, requests are signed too: with stand-ins for the secrets.
    fn by_key(&self, _header: &HeaderName) -> AuthPolicy {
        Arc::new(self.clone())
    }

    fn is_proof(&self, header: &HeaderName) -> bool {
        header == self.signature.header()
    }

    fn knows_clients(&self) -> bool {
        false
    }

    fn signature(&self) -> Option<&Signed> {
        Some(self)
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let read = |(at, secret): (usize, &Secret)| {
            let key = VerifyingKey::read(&self.signature, secret);
            key.map_err(|why| format!("entry {} of `secrets` {why}", at + 1))
        };
        let secrets = super::opened(&self.secrets, means)?;
        let (keys, wrong): (Vec<_>, Vec<_>) = secrets.iter().enumerate().map(read).partition(Result::is_ok);
        let wrong: Vec<String> = wrong.into_iter().filter_map(Result::err).collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let keys = keys.into_iter().filter_map(Result::ok).collect();
        Ok(Arc::new(Held { signature: self.signature.clone(), keys }))
    }
}

/// Keys at hand.
struct Held {
    signature: Signature,
    keys: Vec<VerifyingKey>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({}: ..)", self.signature.header())
    }
}

impl Verifier for Held {
    fn sees(&self, head: &Head<'_>) -> Sight {
        if head.headers.contains_key(self.signature.header()) { Sight::Yes } else { Sight::No }
    }

    /// Without a signature nothing of the body is read.
    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        Verdict::Now(match head.headers.contains_key(self.signature.header()) {
            true => Ok(None),
            false => Err(refused(&Unverified::Missing(self.signature.header().clone()))),
        })
    }

    fn verify_body(&self, head: &Head<'_>, body: &[u8], now: Moment) -> Result<Proven, Refused> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let message = Incoming { method: head.method.as_str(), path, headers: head.headers, body };
        let verified = self.signature.verify(&message, &self.keys, now).map_err(|why| refused(&why))?;
        // An id that is not signed can be changed by whoever sends the message again.
        Ok(Proven { message: verified.id.filter(|_| self.signature.signs_id()) })
    }
}

fn refused(why: &Unverified) -> Refused {
    let detail = match why {
        Unverified::Missing(name) => format!("the request must be signed: send the header `{name}`, once"),
        Unverified::Malformed(name) => format!("the header `{name}` cannot be read"),
        Unverified::Wrong => "the signature does not fit the request".to_owned(),
        Unverified::Stale => "the request was signed too long ago, or in the future".to_owned(),
    };
    let why = match why {
        Unverified::Missing(_) => Why::Missing,
        Unverified::Malformed(_) | Unverified::Stale => Why::Unfit,
        Unverified::Wrong => Why::Wrong,
    };
    Refused { detail, challenge: "Signature".to_owned(), why }
}

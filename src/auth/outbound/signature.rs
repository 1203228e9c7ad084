//! `scheme: signature`: every request is signed, its body with it.

use std::fmt;
use std::sync::Arc;

use super::{Declared, Means, Proof, Scheme, Signer};
use crate::auth::resolve;
use crate::auth::signature::{self, Outgoing, Signature, SigningKey};
use crate::clock::Moment;
use crate::config::declarations::Text;
use crate::config::declarations::system::SystemAuth;
use crate::diagnostic::{Diagnostic, codes};
use crate::http::HeaderMap;

pub(super) static SCHEME: Scheme = Scheme {
    name: "signature",
    about: "a `signature` over the bytes of each request, made with `secrets`",
    needs: &["secrets", "signature"],
    takes: &[],
    compile: |auth, _| match declared(auth) {
        Ok(declared) => (Some(Box::new(declared)), Vec::new()),
        Err(findings) => (None, findings),
    },
};

fn declared(auth: &SystemAuth) -> Result<Signed, Vec<Diagnostic>> {
    let declared = auth.signature.clone().unwrap_or_default();
    let signature = signature::compile(&declared, auth.scheme.span)?;
    if signature.signs_url() {
        let message = "`{url}` is signed, and calls know their path only";
        let span = declared.signs.as_ref().map_or(auth.scheme.span, |signs| signs.span);
        return Err(vec![Diagnostic::new(&codes::BAD_SIGNATURE, span, message).help("sign `{path}`")]);
    }
    let secrets = auth.secrets.as_ref().map(|list| list.value.clone()).unwrap_or_default();
    if secrets.is_empty() {
        let span = auth.secrets.as_ref().map_or(auth.scheme.span, |list| list.span);
        let finding = Diagnostic::new(&codes::MISSING_KEY, span, "there is no secret to sign with");
        return Err(vec![finding.help("name one: `secrets: [\"${secret:partner}\"]`")]);
    }
    Ok(Signed { signature, secrets })
}

#[derive(Debug)]
struct Signed {
    signature: Signature,
    secrets: Vec<Text>,
}

impl Declared for Signed {
    fn signing_secrets(&self) -> Vec<&str> {
        self.secrets.iter().flat_map(Text::secrets).collect()
    }

    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>> {
        let (mut keys, mut wrong) = (Vec::new(), Vec::new());
        for (at, text) in self.secrets.iter().enumerate() {
            match resolve(text, means.secret) {
                Err(missing) => wrong.extend(missing),
                Ok(secret) => match SigningKey::read(&self.signature, &secret) {
                    Ok(key) => keys.push(key),
                    Err(why) => wrong.push(format!("entry {} of `secrets` {why}", at + 1)),
                },
            }
        }
        if wrong.is_empty() {
            Ok(Arc::new(Held { signature: self.signature.clone(), keys }))
        } else {
            Err(wrong)
        }
    }
}

/// Keys at hand.
struct Held {
    signature: Signature,
    keys: Vec<SigningKey>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({}: ..)", self.signature.header())
    }
}

impl Signer for Held {
    /// The body is not there yet: [`Signer::seal`] signs.
    fn sign(&self, _headers: &mut HeaderMap) -> Option<Proof> {
        Some(Proof(0))
    }

    fn seal(&self, message: &Outgoing<'_>, headers: &mut HeaderMap, now: Moment) -> Result<(), String> {
        for (name, mut value) in self.signature.sign(message, &self.keys, now)? {
            value.set_sensitive(name == *self.signature.header());
            headers.insert(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::signature::preset;
    use crate::auth::{Secret, signature::Incoming, signature::VerifyingKey};

    #[test]
    fn a_sealed_request_verifies_and_another_body_does_not() {
        let signature = preset("standard_webhooks").unwrap();
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let keys = vec![SigningKey::read(&signature, &secret).unwrap()];
        let held = Held { signature: signature.clone(), keys };
        let now = Moment(1_614_265_330_000_000_000);
        let message = Outgoing { id: "k-1", method: "POST", path: "/orders", url: "", body: b"{}" };
        let mut headers = HeaderMap::new();
        assert_eq!(held.sign(&mut headers), Some(Proof(0)));
        assert!(headers.is_empty(), "nothing is signed before the body is there");
        held.seal(&message, &mut headers, now).unwrap();
        let keys = [VerifyingKey::read(&signature, &secret).unwrap()];
        let came = |body| Incoming { method: "POST", path: "/orders", headers: &headers, body };
        assert_eq!(signature.verify(&came(b"{}"), &keys, now).unwrap().id.as_deref(), Some("k-1"));
        assert!(signature.verify(&came(b"[]"), &keys, now).is_err());
        assert!(!format!("{headers:?} {held:?}").contains("v1,"), "the log shows no signature");
    }
}

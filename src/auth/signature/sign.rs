//! Signs a message, with every live secret where the receiver takes several.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;

use super::encoding::encode;
use super::key::Signs;
use super::template::{Part, Parts};
use super::{Signature, SigningKey, Stamp, TimeUnit};
use crate::clock::Moment;
use crate::http::{HeaderName, HeaderValue};

/// A message that goes out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Which message it is: the same however often it is sent.
    pub id: &'a str,
    /// `POST`
    pub method: &'a str,
    /// With its query.
    pub path: &'a str,
    /// The whole address.
    pub url: &'a str,
    /// The bytes as they are sent.
    pub body: &'a [u8],
}

impl Signature {
    /// The headers that prove a message: signature, time and id, as far as they are declared. With several
    /// `keys`, the signature of each, where the declaration has a separator; else that of the first.
    ///
    /// # Errors
    /// A sentence: no key, a key that cannot sign, or a part that no header can hold.
    pub fn sign(
        &self,
        message: &Outgoing<'_>,
        keys: &[SigningKey],
        now: Moment,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let stamp = self.written(now);
        let parts = Parts {
            body: message.body,
            id: message.id,
            method: message.method,
            path: message.path,
            timestamp: &stamp,
            url: message.url,
        };
        let most = if self.separator.is_some() { keys.len() } else { 1 };
        let signed = keys.iter().take(most).map(|key| self.signature(key, &parts));
        let mut signed = signed.collect::<Result<Vec<String>, String>>()?;
        if signed.is_empty() {
            return Err("there is no secret to sign with".to_owned());
        }
        let mut headers = Vec::with_capacity(3);
        match &self.timestamp {
            Some(Stamp::Among(prefix)) => signed.insert(0, format!("{prefix}{stamp}")),
            Some(Stamp::Header(name)) => headers.push(header(name, &stamp)?),
            None => {}
        }
        let signed = signed.join(self.separator.as_deref().unwrap_or_default());
        headers.push(header(&self.header, &signed)?);
        if let Some(name) = &self.id {
            headers.push(header(name, message.id)?);
        }
        Ok(headers)
    }

    /// One signature as it stands in its header.
    fn signature(&self, key: &SigningKey, parts: &Parts<'_>) -> Result<String, String> {
        let whole = || self.signs.stretches(parts).collect::<Vec<_>>().concat();
        let bytes = match &key.0 {
            Signs::Hmac(key) => {
                let mut context = hmac::Context::with_key(key);
                self.signs.stretches(parts).for_each(|stretch| context.update(stretch));
                context.sign().as_ref().to_vec()
            }
            Signs::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &whole(), &mut signature);
                signed.map_err(|_| "the RSA key cannot sign".to_owned())?;
                signature
            }
            Signs::Ed25519(pair) => {
                let signed = pair.try_sign(&whole());
                signed.map_err(|_| "the Ed25519 key cannot sign".to_owned())?.as_ref().to_vec()
            }
        };
        Ok(format!("{}{}", self.prefix, encode(&bytes, self.encoding)))
    }

    /// A time as it is written here; empty where none is.
    fn written(&self, now: Moment) -> String {
        if self.timestamp.is_none() && !self.signs.has(Part::Timestamp) {
            return String::new();
        }
        let nanos = match self.unit {
            TimeUnit::Seconds => 1_000_000_000,
            TimeUnit::Milliseconds => 1_000_000,
        };
        now.0.div_euclid(nanos).to_string()
    }
}

fn header(name: &HeaderName, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let value = HeaderValue::from_str(value).map_err(|_| format!("`{name}` cannot be sent as a header"))?;
    Ok((name.clone(), value))
}

//! Whether a message was signed by who holds a secret, and lately.

use std::sync::Arc;

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;

use super::encoding::decode;
use super::key::Verifies;
use super::template::Parts;
use super::{Incoming, Signature, Stamp, TimeUnit, VerifyingKey};
use crate::clock::Moment;
use crate::http::{HeaderMap, HeaderName};

/// Signatures in one header that are looked at: senders give one for each live secret.
const MOST: usize = 16;

/// A message whose signature fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Which message it is, where messages say so.
    pub id: Option<Arc<str>>,
    /// When it was signed, in milliseconds since 1970, where that is signed.
    pub at: Option<i64>,
}

/// Why a message is not taken. Says nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unverified {
    /// This header is missing, or there more than once.
    Missing(HeaderName),
    /// The header holds no signature, id or time as they are written here.
    Malformed(HeaderName),
    /// No signature fits.
    Wrong,
    /// It fits, but was signed too long ago, or in the future.
    Stale,
}

impl Unverified {
    /// Whether there was a signature, and it was wrong: that counts against its sender.
    pub fn is_guess(&self) -> bool {
        !matches!(self, Unverified::Missing(_))
    }
}

impl Signature {
    /// Whether one of the `keys` signed a message, and not too long before or after `now`.
    ///
    /// # Errors
    /// [`Unverified`]: nothing of the message may be believed.
    pub fn verify(
        &self,
        message: &Incoming<'_>,
        keys: &[VerifyingKey],
        now: Moment,
    ) -> Result<Verified, Unverified> {
        let sent = one(message.headers, &self.header)?;
        let id = self.id.as_ref().map(|id| one(message.headers, id)).transpose()?;
        let stamp = self.stamp(message.headers, sent)?;
        let parts = Parts {
            body: message.body,
            id: id.unwrap_or_default(),
            method: message.method,
            path: message.path,
            timestamp: stamp.unwrap_or_default(),
            url: &self.url,
        };
        let signatures = self.signatures(sent)?;
        if !keys.iter().any(|key| self.is_by(key, &parts, &signatures)) {
            return Err(Unverified::Wrong);
        }
        // Only now: what is not signed by anybody gets no answer about its time.
        let at = stamp.map(|stamp| self.millis(stamp)).transpose()?;
        if at.is_some_and(|at| !self.is_near(at, now)) {
            return Err(Unverified::Stale);
        }
        Ok(Verified { id: id.map(Arc::from), at })
    }

    /// The time of signing as it is written.
    fn stamp<'a>(&self, headers: &'a HeaderMap, sent: &'a str) -> Result<Option<&'a str>, Unverified> {
        match &self.timestamp {
            None => Ok(None),
            Some(Stamp::Header(name)) => one(headers, name).map(Some),
            Some(Stamp::Among(prefix)) => {
                let mut found = self.among(sent).filter_map(|part| part.strip_prefix(&**prefix));
                match (found.next(), found.next()) {
                    (Some(stamp), None) => Ok(Some(stamp)),
                    _ => Err(Unverified::Malformed(self.header.clone())),
                }
            }
        }
    }

    /// What stands in the header, one after the other.
    fn among<'a>(&self, sent: &'a str) -> impl Iterator<Item = &'a str> {
        let separator = self.separator.as_deref();
        let whole = separator.is_none().then_some(sent);
        let split = separator.map(|separator| sent.split(separator).map(str::trim));
        whole.into_iter().chain(split.into_iter().flatten()).take(4 * MOST)
    }

    /// The bytes of each signature of the kind that is declared; others may stand beside them.
    fn signatures(&self, sent: &str) -> Result<Vec<Vec<u8>>, Unverified> {
        let written = self.among(sent).filter_map(|part| part.strip_prefix(&*self.prefix));
        let read = written.filter_map(|text| decode(text, self.encoding)).filter(|bytes| !bytes.is_empty());
        let read: Vec<Vec<u8>> = read.take(MOST).collect();
        if read.is_empty() { Err(Unverified::Malformed(self.header.clone())) } else { Ok(read) }
    }

    /// Whether one of the signatures is made with this key.
    fn is_by(&self, key: &VerifyingKey, parts: &Parts<'_>, signatures: &[Vec<u8>]) -> bool {
        if let Verifies::Hmac(key) = &key.0 {
            let mut context = hmac::Context::with_key(key);
            self.signs.stretches(parts).for_each(|stretch| context.update(stretch));
            let tag = context.sign();
            return signatures.iter().any(|sent| bool::from(sent.ct_eq(tag.as_ref())));
        }
        let message = self.signs.stretches(parts).collect::<Vec<_>>().concat();
        signatures.iter().any(|sent| key.fits(&message, sent))
    }

    /// A written time in milliseconds since 1970.
    fn millis(&self, stamp: &str) -> Result<i64, Unverified> {
        let wrong = || match &self.timestamp {
            Some(Stamp::Header(name)) => Unverified::Malformed(name.clone()),
            _ => Unverified::Malformed(self.header.clone()),
        };
        let count = stamp.parse::<i64>().map_err(|_| wrong())?;
        match self.unit {
            TimeUnit::Milliseconds => Ok(count),
            TimeUnit::Seconds => count.checked_mul(1000).ok_or_else(wrong),
        }
    }

    fn is_near(&self, at: i64, now: Moment) -> bool {
        let apart = (now.0 / 1_000_000 - i128::from(at)).unsigned_abs();
        apart <= self.tolerance.as_millis()
    }
}

/// The one value of a header.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Unverified> {
    let mut sent = headers.get_all(name).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else {
        return Err(Unverified::Missing(name.clone()));
    };
    value.to_str().map_err(|_| Unverified::Malformed(name.clone()))
}

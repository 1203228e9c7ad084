//! Payloads enciphered one by one: AES-256-GCM-SIV (RFC 8452), which stays safe should a nonce ever come twice.
//!
//! A sealed payload is [`MAGIC`], four bytes that name the key, twelve of nonce, and the cipher text. What kind of
//! payload it is, and whose, is authenticated with it: one that was moved to another place does not open.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::store::StoreError;

/// Bytes of a key.
pub const KEY_LEN: usize = 32;

/// What every sealed payload begins with. No JSON begins with it.
const MAGIC: &[u8; 8] = b"\xCDsealed\x01";
/// Stands in the place of a key's name before plain bytes that begin like sealed ones.
const PLAIN: [u8; 4] = [0; 4];

const NAMED: usize = MAGIC.len() + PLAIN.len();
const HEAD: usize = NAMED + NONCE_LEN;

/// The keys that payloads are sealed with: what is written is sealed with the first, every one opens.
#[derive(Default)]
pub struct SealingKeys {
    keys: Vec<Key>,
}

struct Key {
    id: [u8; 4],
    cipher: LessSafeKey,
}

/// What kind of payload, and whose.
pub(super) struct Place<'a>(pub &'static str, pub &'a [u8]);

impl Place<'_> {
    fn aad(&self) -> Aad<Vec<u8>> {
        Aad::from([self.0.as_bytes(), b"\0", self.1].concat())
    }
}

impl SealingKeys {
    /// Keys of [`KEY_LEN`] bytes each; the first seals.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k Zeroizing<[u8; KEY_LEN]>>) -> SealingKeys {
        SealingKeys { keys: keys.into_iter().filter_map(|bytes| Key::new(bytes)).collect() }
    }

    /// Payload as it is kept. Without a key, and when it is empty, that is itself.
    pub(super) fn seal(&self, place: &Place<'_>, payload: &Arc<[u8]>) -> Result<Arc<[u8]>, StoreError> {
        match self.keys.first() {
            _ if payload.is_empty() => Ok(Arc::clone(payload)),
            Some(key) => key.seal(place, payload),
            None if payload.starts_with(MAGIC) => Ok([MAGIC, &PLAIN[..], payload].concat().into()),
            None => Ok(Arc::clone(payload)),
        }
    }

    /// Payload as it was.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it was changed or moved, or its key is not among these.
    pub(super) fn open(&self, place: &Place<'_>, kept: &Arc<[u8]>) -> Result<Arc<[u8]>, StoreError> {
        if !kept.starts_with(MAGIC) {
            return Ok(Arc::clone(kept));
        }
        let damaged = || StoreError::Corrupt(format!("a sealed {} is cut off", place.0));
        let (name, sealed) =
            kept.get(MAGIC.len()..).and_then(|rest| rest.split_at_checked(4)).ok_or_else(damaged)?;
        if name == PLAIN {
            return Ok(sealed.into());
        }
        let key = self.keys.iter().find(|key| key.id == name).ok_or_else(|| {
            let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
            StoreError::Corrupt(format!(
                "a payload ({}) is sealed with the key {name}, which `store: encrypt` does not name; add it to `retired`",
                place.0
            ))
        })?;
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        key.open(place, nonce, text)
    }
}

impl Key {
    fn new(bytes: &[u8; KEY_LEN]) -> Option<Key> {
        // Never fails: the length is right.
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, bytes).ok()?);
        let digest = Sha256::new().chain_update(b"crossdock store key\0").chain_update(bytes).finalize();
        let mut id = [0; 4];
        id.copy_from_slice(&digest[..4]);
        // The name that stands for plain bytes is no key's.
        id[0] |= 0x80;
        Some(Key { id, cipher })
    }

    fn seal(&self, place: &Place<'_>, payload: &[u8]) -> Result<Arc<[u8]>, StoreError> {
        let failed = |_| StoreError::Failed("a payload could not be sealed".to_owned());
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(failed)?;
        let mut kept = Vec::with_capacity(HEAD + payload.len() + AES_256_GCM_SIV.tag_len());
        kept.extend_from_slice(MAGIC);
        kept.extend_from_slice(&self.id);
        kept.extend_from_slice(&nonce);
        kept.extend_from_slice(payload);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag =
            self.cipher.seal_in_place_separate_tag(nonce, place.aad(), &mut kept[HEAD..]).map_err(failed)?;
        kept.extend_from_slice(tag.as_ref());
        Ok(kept.into())
    }

    fn open(&self, place: &Place<'_>, nonce: &[u8], text: &[u8]) -> Result<Arc<[u8]>, StoreError> {
        let wrong = |_| StoreError::Corrupt(format!("a sealed {} was changed or moved", place.0));
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(wrong)?;
        let mut text = text.to_vec();
        let plain = self.cipher.open_in_place(nonce, place.aad(), &mut text).map_err(wrong)?;
        Ok((&*plain).into())
    }
}

/// Never shows a key.
impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKeys({})", self.keys.len())
    }
}

//! A state as bytes, and back.
//!
//! The first line is the structure as JSON, the second a JSON array of the values that it names. A value that
//! is large stands outside, as a blob by its digest: lists that a flow goes over for days are written once.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::State;
use crate::codec::json;
use crate::flow::{FlowEnd, kept};
use crate::value::{Value, View};

/// The form in which states are written.
const FORM: u32 = 1;
/// Bytes of a value from which on it stands outside.
const LARGE: usize = 32 << 10;
/// Bytes of all values at most: what shares its parts may be small in memory, and long when it is written.
const MOST: usize = 64 << 20;

/// Bytes by their SHA-256, hex.
pub type Blob = (Arc<str>, Arc<[u8]>);

#[derive(Serialize)]
struct Writing<'a> {
    form: u32,
    blobs: &'a [(u32, Arc<str>)],
    state: &'a serde_json::value::RawValue,
}

#[derive(Deserialize)]
struct Reading<'a> {
    form: u32,
    #[serde(default)]
    blobs: Vec<(u32, Arc<str>)>,
    #[serde(borrow)]
    state: &'a serde_json::value::RawValue,
}

/// Writes the states of one run, one after the other, and remembers what stands outside already.
#[derive(Debug, Default)]
pub struct Saver {
    /// By where a value is in memory; the value itself keeps that place taken.
    known: HashMap<usize, (Value, Arc<str>)>,
}

impl Saver {
    /// The bytes of a state, and blobs that were not given out before.
    ///
    /// # Errors
    /// In words, when it is larger than a state may be.
    pub fn save(&mut self, state: &State) -> Result<(Vec<u8>, Vec<Blob>), String> {
        let (structure, values) = kept::write(|| serde_json::value::to_raw_value(state));
        let structure = structure.expect("a state is made of maps, lists and numbers");
        let (mut fresh, mut outside, mut table) = (Vec::new(), Vec::new(), Vec::with_capacity(1024));
        table.push(b'[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                table.push(b',');
            }
            let from = table.len();
            let known = self.digest_of(value);
            if known.is_none() && !json::encode_view(View::of(value), MOST, &mut table) {
                return Err(format!("its values are more than {MOST} bytes"));
            }
            let large = known.or_else(|| {
                (table.len() - from > LARGE).then(|| self.put(value, &table[from..], &mut fresh))
            });
            if let Some(digest) = large {
                table.truncate(from);
                table.extend_from_slice(b"null");
                outside.push((at as u32, digest));
            }
        }
        table.push(b']');
        let head = Writing { form: FORM, blobs: &outside, state: &structure };
        let mut bytes = serde_json::to_vec(&head).expect("a head is made of lists and numbers");
        bytes.push(b'\n');
        bytes.extend_from_slice(&table);
        Ok((bytes, fresh))
    }

    fn digest_of(&self, value: &Value) -> Option<Arc<str>> {
        self.known.get(&place(value)?).map(|(_, digest)| Arc::clone(digest))
    }

    fn put(&mut self, value: &Value, bytes: &[u8], fresh: &mut Vec<Blob>) -> Arc<str> {
        let digest: Arc<str> = digest(bytes).into();
        if let Some(place) = place(value) {
            self.known.insert(place, (value.clone(), Arc::clone(&digest)));
        }
        fresh.push((Arc::clone(&digest), bytes.into()));
        digest
    }
}

fn place(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(Arc::as_ptr(text).cast::<u8>() as usize),
        Value::Array(items) => Some(Arc::as_ptr(items).cast::<u8>() as usize),
        Value::Object(map) => Some(Arc::as_ptr(map).cast::<u8>() as usize),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// SHA-256, hex.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The digests of the blobs that a state's bytes name.
///
/// # Errors
/// In words, when the bytes are no state.
pub fn blobs_of(bytes: &[u8]) -> Result<Vec<Arc<str>>, String> {
    let (head, _) = split(bytes)?;
    Ok(head.blobs.into_iter().map(|(_, digest)| digest).collect())
}

/// The state in `bytes`; `blob` gives the bytes of each of [`blobs_of`].
///
/// # Errors
/// In words, when the bytes are no state or a blob is missing.
pub fn load(bytes: &[u8], blob: impl Fn(&str) -> Option<Vec<u8>>) -> Result<State, String> {
    let (head, table) = split(bytes)?;
    let Value::Array(values) = value(table)? else { return Err("the values are no list".to_owned()) };
    let mut values = Arc::unwrap_or_clone(values);
    for (at, digest) in &head.blobs {
        let bytes = blob(digest).ok_or_else(|| format!("the blob `{digest}` is missing"))?;
        let place = values.get_mut(*at as usize).ok_or("a blob for a value that is not there")?;
        *place = value(&bytes)?;
    }
    kept::read(values, || serde_json::from_str(head.state.get())).map_err(|error| error.to_string())
}

/// The bytes of an answer or an end.
pub fn save_end(end: &FlowEnd) -> Vec<u8> {
    let (structure, values) = kept::write(|| serde_json::to_vec(end));
    let mut bytes = structure.expect("an end is made of maps, lists and numbers");
    bytes.push(b'\n');
    json::encode_into(&Value::array(values), &mut bytes);
    bytes
}

/// What [`save_end`] wrote.
///
/// # Errors
/// In words, when it is something else.
pub fn load_end(bytes: &[u8]) -> Result<FlowEnd, String> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("there is no second line")?;
    let Value::Array(values) = value(&bytes[end + 1..])? else {
        return Err("the values are no list".to_owned());
    };
    let read = || serde_json::from_slice(&bytes[..end]);
    kept::read(Arc::unwrap_or_clone(values), read).map_err(|error| error.to_string())
}

fn split(bytes: &[u8]) -> Result<(Reading<'_>, &[u8]), String> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("there is no second line")?;
    let head: Reading<'_> = serde_json::from_slice(&bytes[..end]).map_err(|error| error.to_string())?;
    if head.form > FORM {
        return Err(format!("it was written in form {}, this version knows up to {FORM}", head.form));
    }
    Ok((head, &bytes[end + 1..]))
}

fn value(bytes: &[u8]) -> Result<Value, String> {
    let limits = json::Limits { depth: 512, bytes: 2 * MOST };
    json::decode(bytes, &limits).map_err(|error| format!("{error:?}"))
}

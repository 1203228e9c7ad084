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
/// Bytes of a value from which on it stands outside; one that is written again and again does so as soon as it was
/// written so much.
const LARGE: usize = 32 << 10;
/// Bytes of a value from which on it is worth a blob of its own.
const SMALL: usize = 1 << 10;
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
    /// By where a value is in memory, those of the last state.
    known: HashMap<usize, Known>,
    /// States written so far.
    turn: u64,
}

/// A value that was written before.
#[derive(Debug)]
struct Known {
    /// It keeps its place in memory taken.
    _value: Value,
    /// The last state that has it.
    turn: u64,
    /// Bytes that were written of it so far.
    written: usize,
    /// Where it stands outside.
    digest: Option<Arc<str>>,
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
        self.turn += 1;
        table.push(b'[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                table.push(b',');
            }
            if let Some(digest) = self.put(value, &mut table, &mut fresh)? {
                table.extend_from_slice(b"null");
                outside.push((at as u32, digest));
            }
        }
        table.push(b']');
        let turn = self.turn;
        self.known.retain(|_, known| known.turn == turn);
        let head = Writing { form: FORM, blobs: &outside, state: &structure };
        let mut bytes = serde_json::to_vec(&head).expect("a head is made of lists and numbers");
        bytes.push(b'\n');
        bytes.extend_from_slice(&table);
        Ok((bytes, fresh))
    }

    /// Writes a value into the table, or gives where it stands outside.
    fn put(
        &mut self,
        value: &Value,
        table: &mut Vec<u8>,
        fresh: &mut Vec<Blob>,
    ) -> Result<Option<Arc<str>>, String> {
        let known = place(value).and_then(|place| self.known.get_mut(&place));
        if let Some(known) = known {
            known.turn = self.turn;
            if let Some(digest) = &known.digest {
                return Ok(Some(Arc::clone(digest)));
            }
        }
        let from = table.len();
        if !json::encode_view(View::of(value), MOST, table) {
            return Err(format!("its values are more than {MOST} bytes"));
        }
        let size = table.len() - from;
        if size < SMALL {
            return Ok(None);
        }
        let written = size + self.written(value);
        let digest = (written > LARGE).then(|| Arc::<str>::from(digest(&table[from..])));
        if let Some(digest) = &digest {
            fresh.push((Arc::clone(digest), table[from..].into()));
            table.truncate(from);
        }
        if let Some(place) = place(value) {
            let known = Known { _value: value.clone(), turn: self.turn, written, digest: digest.clone() };
            self.known.insert(place, known);
        }
        Ok(digest)
    }

    /// Bytes that were written of a value so far.
    fn written(&self, value: &Value) -> usize {
        place(value).and_then(|place| self.known.get(&place)).map_or(0, |known| known.written)
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

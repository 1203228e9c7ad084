//! JSON (RFC 8259): strict, exact and bounded.

use crate::value::Value;

use super::DecodeError;

/// What a document may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Arrays and objects within each other.
    pub depth: usize,
    /// Bytes of the whole document.
    pub bytes: usize,
}

impl Default for Limits {
    /// 128 levels, 16 MiB.
    fn default() -> Limits {
        Limits { depth: 128, bytes: 16 << 20 }
    }
}

/// Reads one JSON document. Refused: duplicate member names, invalid UTF-8, lone surrogates, a byte
/// order mark, anything after the value, and what exceeds `limits`.
pub fn decode(_bytes: &[u8], _limits: &Limits) -> Result<Value, DecodeError> {
    todo!("codec: decode")
}

/// The value as compact JSON; numbers as they came.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(value, &mut out);
    out
}

/// Appends the value as compact JSON.
pub fn encode_into(_value: &Value, _out: &mut Vec<u8>) {
    todo!("codec: encode")
}

/// The value as JSON for people: two spaces a level.
pub fn encode_pretty(_value: &Value) -> Vec<u8> {
    todo!("codec: encode_pretty")
}

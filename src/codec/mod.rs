//! Bytes to and from [`crate::value::Value`], a file per format.

pub mod json;

pub use json::Limits;

use std::fmt;

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The byte it is about, from 0.
    pub offset: usize,
    /// Lower case, no full stop: "the object has two members `id`".
    pub message: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.message, self.offset)
    }
}

impl std::error::Error for DecodeError {}

//! JSON (RFC 8259): strict, exact and bounded.

mod decode;
mod encode;
mod make;
mod seen;
#[cfg(test)]
mod tests;

pub use decode::{decode, view};
pub use encode::{encode, encode_into, encode_pretty, encode_view};

/// What a document may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Arrays and objects within each other; more than 512 counts as 512.
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

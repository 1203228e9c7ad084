//! Whether a value fits, answered without the validator: what most schemas are made of, laid out flat.
//!
//! The validator stays the authority. What is not plainly the same here is asked of it, for one
//! schema inside the document or for all of it; and every error report is its own.

mod check;
mod compile;
mod plain;
mod read;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jsonschema::Validator;

use super::node::Exact;
use super::numeric::Bound;

/// A compiled document: nodes that name each other by their place.
pub(super) struct Quick {
    nodes: Vec<Node>,
    root: Id,
}

/// A node's place.
type Id = usize;

/// The node that everything fits, and the one that nothing fits.
const ANY: Id = 0;
const NEVER: Id = 1;

enum Node {
    Any,
    Never,
    /// Left to the validator.
    Asked(Box<Validator<Exact>>),
    Own(Box<Checks>),
}

/// The kinds that `type` names, a bit for each. Every whole number is a number too.
mod kinds {
    pub(super) const NULL: u8 = 1;
    pub(super) const BOOLEAN: u8 = 2;
    pub(super) const INTEGER: u8 = 4;
    pub(super) const NUMBER: u8 = 8 | INTEGER;
    pub(super) const STRING: u8 = 16;
    pub(super) const ARRAY: u8 = 32;
    pub(super) const OBJECT: u8 = 64;
    pub(super) const ALL: u8 = NULL | BOOLEAN | NUMBER | STRING | ARRAY | OBJECT;
}

/// What one schema asks of a value.
struct Checks {
    kinds: u8,
    text: Option<Text>,
    numbers: Vec<Bound>,
    list: Option<List>,
    object: Option<Object>,
    choice: Option<Choice>,
    /// `$ref` and `allOf`: the same value has to fit these too.
    all: Vec<Id>,
}

struct Text {
    min: u64,
    max: u64,
    format: Option<Format>,
    pattern: Option<Arc<Leaf>>,
}

enum Format {
    Own(fn(&str) -> bool),
    Asked(Arc<Leaf>),
}

/// One keyword about texts, by the validator's own reading of it.
struct Leaf {
    validator: Validator<Exact>,
    /// The same for most texts, without it.
    table: Option<plain::Table>,
}

struct List {
    min: u64,
    max: u64,
    unique: bool,
    first: Vec<Id>,
    rest: Id,
}

struct Object {
    /// What `properties` and `required` name, in the order of the schema.
    members: Vec<Member>,
    /// Of each member's name what tells it from most others; see [`sketch`].
    sketches: Vec<u32>,
    /// Places in `members`, sorted by name; empty when there are few.
    sorted: Vec<usize>,
    required: usize,
    min: u64,
    max: u64,
    rest: Id,
    names: Id,
}

/// The length of a name with its first, middle and last byte: comparing these passes over most names
/// without a look at them.
fn sketch(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let at = |place: usize| u32::from(bytes.get(place).copied().unwrap_or_default());
    let (middle, last) = (bytes.len() / 2, bytes.len().saturating_sub(1));
    (bytes.len() as u32 & 0xff) | at(0) << 8 | at(middle) << 16 | at(last) << 24
}

struct Member {
    name: Box<str>,
    required: bool,
    node: Id,
}

/// `enum` and `const` of texts, truths and null.
struct Choice {
    /// Sorted: a list of countries is long.
    texts: Vec<Box<str>>,
    truths: Vec<bool>,
    null: bool,
}

//! Types: what the checker knows about a value before there is one.

use std::sync::{Arc, OnceLock};

use rust_decimal::Decimal;

/// What a value may be. Presence is not part of a type: it belongs to the field or expression
/// ([`Field::required`], `mapping`'s `Typed::absent`).
#[derive(Debug, Clone)]
pub enum Type {
    /// Anything at all: a schema that does not say.
    Any,
    /// Nothing: an expression that always rejects or fails.
    Never,
    Null,
    Boolean,
    Number(Arc<NumberType>),
    Text(Arc<TextType>),
    Array(Arc<ArrayType>),
    Object(Arc<ObjectType>),
    /// One of several; never nested, never holds `Any` or `Never`.
    Union(Arc<Vec<Type>>),
    /// A schema that refers to itself: filled once the schema is read.
    Recursive(Arc<OnceLock<Type>>),
}

/// A number and its facets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NumberType {
    pub integer: bool,
    pub minimum: Option<Decimal>,
    pub maximum: Option<Decimal>,
    /// Digits after the point, from `multipleOf: 0.01`.
    pub scale: Option<u32>,
    pub values: Option<Vec<Decimal>>,
}

/// A text and its facets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextType {
    /// In characters.
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub pattern: Option<Arc<str>>,
    /// `date-time`, `date`, `decimal`, `uuid`, ...; asserted at every boundary.
    pub format: Option<Arc<str>>,
    /// The members of an `enum` or `const`.
    pub values: Option<Vec<Arc<str>>>,
    /// `x-extensible`: further members may come; a `match` needs an `else`.
    pub extensible: bool,
}

/// A list.
#[derive(Debug, Clone)]
pub struct ArrayType {
    pub items: Type,
    /// Types of the first items (`prefixItems`).
    pub prefix: Vec<Type>,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
}

/// An object.
#[derive(Debug, Clone)]
pub struct ObjectType {
    /// The schema's name when the object is a whole schema (`canonical/booking@1`), for messages.
    pub name: Option<Arc<str>>,
    /// In the order of the schema.
    pub fields: Vec<(Arc<str>, Field)>,
    /// The type of members not named; `None` when there may be none.
    pub rest: Option<Type>,
}

/// One member of an object.
#[derive(Debug, Clone)]
pub struct Field {
    pub ty: Type,
    pub required: bool,
}

impl ObjectType {
    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|(key, _)| &**key == name).map(|(_, field)| field)
    }
}

/// What the checker can say about a value going into a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every value of the source type fits: needs no look at run time.
    Proven,
    /// Some value may not fit: looked at when it runs, and listed by `check --strict`. Why.
    AtRuntime(Vec<Mismatch>),
    /// No value fits, or one that the schema allows certainly does not: an error. Why.
    Refuted(Vec<Mismatch>),
}

/// One reason, in words, with the pointer inside the target it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub pointer: String,
    /// "is text, but `amount` is a number".
    pub message: String,
}

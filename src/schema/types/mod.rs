//! Types: what the checker knows about a value before there is one.

mod access;
mod algebra;
mod display;
mod exact;
mod facets;
mod fits;
mod formats;
mod parse;
pub(super) mod read;
mod remedy;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use rust_decimal::Decimal;

use crate::value::Kind;

pub use access::{Access, NoAccess};
pub use fits::{Mismatch, Verdict};
pub use parse::UnknownType;

/// What a value may be. Presence is not part of a type: it belongs to the field or expression
/// ([`Field::required`], `mapping`'s `Typed::absent`).
///
/// A type is never narrower than its schema: what it does not understand makes it wider and
/// [`Type::Partial`]. Look at it through [`Type::shape`].
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
    /// One of several; never nested, never holds `Any` or `Never`. Built by [`Type::union`].
    Union(Arc<Vec<Type>>),
    /// A schema that refers to itself: filled once the schema is read.
    Recursive(Arc<OnceLock<Type>>),
    /// A schema that says more than a type can hold (`not`, `if`, `uniqueItems`, …): every value is
    /// of the type inside, but not every value of that is allowed. Never nested.
    Partial(Arc<Type>),
}

/// A number and its facets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NumberType {
    pub integer: bool,
    pub minimum: Option<Decimal>,
    /// Whether `minimum` itself is not allowed.
    pub above_minimum: bool,
    pub maximum: Option<Decimal>,
    /// Whether `maximum` itself is not allowed.
    pub below_maximum: bool,
    /// Digits after the point, from `multipleOf: 0.01`.
    pub scale: Option<u32>,
    /// The members of an `enum` or `const`.
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
    /// `x-extensible`: a later version may add members; a `match` needs an `else`. Today's members
    /// are still enforced.
    pub extensible: bool,
}

/// A list.
#[derive(Debug, Clone)]
pub struct ArrayType {
    /// Of the items after the first ones.
    pub items: Type,
    /// Types of the first items (`prefixItems`).
    pub prefix: Vec<Type>,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
}

/// An object.
#[derive(Debug, Clone, Default)]
pub struct ObjectType {
    /// The schema's name when the object is a whole schema (`canonical/booking@1`), for messages.
    pub name: Option<Arc<str>>,
    /// In the order of the schema.
    pub fields: Vec<(Arc<str>, Field)>,
    /// The type of members not named; `None` when there may be none.
    pub rest: Option<Type>,
    /// Whether members not named are allowed only because the schema says nothing of them.
    pub silent: bool,
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

    /// What a member called `name` may be: its field, else the rest. `None` when there may be none.
    pub fn member(&self, name: &str) -> Option<Field> {
        match self.field(name) {
            Some(field) => Some(field.clone()),
            None => self.rest.clone().map(|ty| Field { ty, required: false }),
        }
    }
}

impl ArrayType {
    /// The type of the item at `index`.
    pub fn at(&self, index: usize) -> &Type {
        self.prefix.get(index).unwrap_or(&self.items)
    }

    /// The type of any item.
    pub fn any_item(&self) -> Type {
        Type::union(self.prefix.iter().cloned().chain([self.items.clone()]))
    }
}

impl Type {
    /// Any text.
    pub fn text() -> Type {
        Type::Text(Arc::default())
    }

    /// Any text of a format.
    pub fn formatted(format: &str) -> Type {
        Type::Text(Arc::new(TextType { format: Some(format.into()), ..TextType::default() }))
    }

    /// Exactly this text.
    pub fn literal(text: &str) -> Type {
        Type::Text(Arc::new(TextType { values: Some(vec![text.into()]), ..TextType::default() }))
    }

    /// Any number.
    pub fn number() -> Type {
        Type::Number(Arc::default())
    }

    /// Any whole number.
    pub fn integer() -> Type {
        Type::Number(Arc::new(NumberType { integer: true, ..NumberType::default() }))
    }

    /// A list of any length.
    pub fn list(items: Type) -> Type {
        Type::Array(Arc::new(ArrayType { items, prefix: Vec::new(), min_items: None, max_items: None }))
    }

    /// An object with these members and no others.
    pub fn object(fields: Vec<(Arc<str>, Field)>) -> Type {
        Type::Object(Arc::new(ObjectType { fields, ..ObjectType::default() }))
    }

    /// An object with any members.
    pub fn any_object() -> Type {
        Type::Object(Arc::new(ObjectType { rest: Some(Type::Any), ..ObjectType::default() }))
    }

    /// This type, but as the start of what a schema says (see [`Type::Partial`]).
    #[must_use]
    pub fn partial(self) -> Type {
        match self {
            Type::Partial(_) | Type::Never => self,
            other => Type::Partial(Arc::new(other)),
        }
    }

    /// The form of the type: looks through `Recursive` and `Partial`. Never gives one of these two; a
    /// recursive schema that says nothing else is `Any`.
    pub fn shape(&self) -> &Type {
        let mut at = self;
        // A type wraps at most a few times; a chain of empty self-references ends here.
        for _ in 0..64 {
            at = match at {
                Type::Partial(inner) => inner,
                Type::Recursive(cell) => match cell.get() {
                    Some(inner) => inner,
                    None => return &Type::Any,
                },
                other => return other,
            };
        }
        &Type::Any
    }

    /// The kind that every value has; `None` when it may have several.
    pub fn kind(&self) -> Option<Kind> {
        match self.shape() {
            Type::Null => Some(Kind::Null),
            Type::Boolean => Some(Kind::Boolean),
            Type::Number(_) => Some(Kind::Number),
            Type::Text(_) => Some(Kind::String),
            Type::Array(_) => Some(Kind::Array),
            Type::Object(_) => Some(Kind::Object),
            _ => None,
        }
    }

    /// The alternatives: the members of a union, else the type itself.
    pub fn members(&self) -> &[Type] {
        match self.shape() {
            Type::Union(members) => members,
            _ => std::slice::from_ref(self),
        }
    }

    /// The object form, when every value is an object.
    pub fn as_object(&self) -> Option<&Arc<ObjectType>> {
        match self.shape() {
            Type::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The list form, when every value is a list.
    pub fn as_array(&self) -> Option<&Arc<ArrayType>> {
        match self.shape() {
            Type::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The text form, when every value is a text.
    pub fn as_text(&self) -> Option<&Arc<TextType>> {
        match self.shape() {
            Type::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number form, when every value is a number.
    pub fn as_number(&self) -> Option<&Arc<NumberType>> {
        match self.shape() {
            Type::Number(number) => Some(number),
            _ => None,
        }
    }
}

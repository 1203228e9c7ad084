//! Types of results, as rules over the types of arguments.

use std::sync::Arc;

use crate::schema::{TextType, Type};
use crate::value::Value;

/// What the checker knows about a call's arguments, by place.
#[derive(Debug, Default)]
pub struct Given {
    pub arguments: Vec<GivenArgument>,
}

/// What the checker knows about one argument.
#[derive(Debug, Clone)]
pub struct GivenArgument {
    /// Without null. For a lambda what it gives, for a table its row.
    pub ty: Type,
    /// The lambda may give nothing for an item.
    pub absent: bool,
    /// The value, where it is written out.
    pub constant: Option<Value>,
}

/// The type of a result.
#[derive(Debug)]
pub struct Returned {
    pub ty: Type,
    pub absent: bool,
}

impl From<Type> for Returned {
    fn from(ty: Type) -> Returned {
        Returned { ty, absent: false }
    }
}

impl Given {
    /// The type of the argument at `at`; `Any` when left out.
    pub fn ty(&self, at: usize) -> Type {
        self.arguments.get(at).map_or(Type::Any, |argument| argument.ty.clone())
    }

    /// Whether the argument at `at` is given.
    pub fn has(&self, at: usize) -> bool {
        self.arguments.get(at).is_some()
    }

    /// The written-out size at `at`.
    pub fn size(&self, at: usize) -> Option<usize> {
        let number = self.arguments.get(at)?.constant.as_ref()?.as_number()?.to_i64()?;
        usize::try_from(number).ok()
    }

    /// What the items of the list at `at` are.
    pub fn item(&self, at: usize) -> Type {
        self.ty(at).items().unwrap_or(Type::Any)
    }

    /// Whether the list at `at` certainly has an item.
    pub fn has_items(&self, at: usize) -> bool {
        self.ty(at).as_array().is_some_and(|list| list.min_items.unwrap_or(0) > 0)
    }

    /// The longest that the text at `at` can be.
    pub fn longest(&self, at: usize) -> Option<usize> {
        let ty = self.ty(at);
        let text = ty.as_text()?;
        let values = text.values.as_ref().map(|values| values.iter().map(|v| v.chars().count()).max());
        values.flatten().or(text.max_length)
    }
}

/// Any text.
pub(super) fn text(_: &Given) -> Returned {
    Type::text().into()
}

/// Text of at most so many characters.
pub(super) fn text_up_to(longest: Option<usize>) -> Returned {
    Type::Text(Arc::new(TextType { max_length: longest, ..TextType::default() })).into()
}

/// Text that is no longer than the first argument.
pub(super) fn shorter_text(given: &Given) -> Returned {
    text_up_to(given.longest(0))
}

/// Any number.
pub(super) fn number(_: &Given) -> Returned {
    Type::number().into()
}

/// Any whole number.
pub(super) fn integer(_: &Given) -> Returned {
    Type::integer().into()
}

/// A whole number from 0.
pub(super) fn size(_: &Given) -> Returned {
    let from_zero = crate::schema::NumberType {
        integer: true,
        minimum: Some(rust_decimal::Decimal::ZERO),
        ..Default::default()
    };
    Type::Number(Arc::new(from_zero)).into()
}

/// True or false.
pub(super) fn boolean(_: &Given) -> Returned {
    Type::Boolean.into()
}

/// The first argument's type.
pub(super) fn same(given: &Given) -> Returned {
    given.ty(0).into()
}

/// A list like the first argument, perhaps with fewer items.
pub(super) fn fewer(given: &Given) -> Returned {
    Type::list(given.item(0)).into()
}

/// An item of the first argument; absent when the list is empty.
pub(super) fn item(given: &Given) -> Returned {
    Returned { ty: given.item(0), absent: !given.has_items(0) }
}

/// Text of a format.
pub(super) fn date(_: &Given) -> Returned {
    Type::formatted("date").into()
}

/// A moment: text with `format: date-time`.
pub(super) fn moment(_: &Given) -> Returned {
    Type::formatted("date-time").into()
}

//! Values as they are looked at, without a copy: of a document's bytes, of a value, of what is being made.
//!
//! A view is a word or three and lives as long as what it looks at, an arena for what is put together.

use bumpalo::Bump;
use rust_decimal::Decimal;

use super::{Kind, Map, Number, Value};

/// One value, borrowed.
#[derive(Debug, Clone, Copy, Default)]
pub enum View<'t> {
    #[default]
    Null,
    Bool(bool),
    Integer(i64),
    Decimal(Decimal),
    /// A number in its JSON text: [`Number::Text`].
    Long(&'t str),
    Text(&'t str),
    /// A list and an object read from bytes, or put together.
    List(&'t [View<'t>]),
    Object(&'t [(&'t str, View<'t>)]),
    /// A list and an object of a value.
    Items(&'t [Value]),
    Members(&'t Map),
}

impl<'t> View<'t> {
    /// A value, looked at.
    pub fn of(value: &'t Value) -> View<'t> {
        match value {
            Value::Null => View::Null,
            Value::Bool(truth) => View::Bool(*truth),
            Value::Number(number) => View::number(number),
            Value::String(text) => View::Text(text),
            Value::Array(items) => View::Items(items),
            Value::Object(map) => View::Members(map),
        }
    }

    /// A number, looked at.
    pub fn number(number: &'t Number) -> View<'t> {
        match number {
            Number::Integer(number) => View::Integer(*number),
            Number::Decimal(number) => View::Decimal(*number),
            Number::Text(text) => View::Long(text),
        }
    }

    /// A number of our own making; its text, if it needs one, goes into the arena.
    pub fn computed(number: Number, arena: &'t Bump) -> View<'t> {
        match number {
            Number::Integer(number) => View::Integer(number),
            Number::Decimal(number) => View::Decimal(number),
            Number::Text(text) => View::Long(arena.alloc_str(&text)),
        }
    }

    /// A value whose texts, lists and objects are copied into the arena.
    pub fn copied(value: &Value, arena: &'t Bump) -> View<'t> {
        match value {
            Value::Null => View::Null,
            Value::Bool(truth) => View::Bool(*truth),
            Value::Number(number) => View::computed(number.clone(), arena),
            Value::String(text) => View::Text(arena.alloc_str(text)),
            Value::Array(items) => {
                View::List(arena.alloc_slice_fill_iter(items.iter().map(|item| View::copied(item, arena))))
            }
            Value::Object(map) => {
                let members = map.iter().map(|(name, member)| {
                    let name: &str = arena.alloc_str(name);
                    (name, View::copied(member, arena))
                });
                View::Object(arena.alloc_slice_fill_iter(members))
            }
        }
    }

    /// The value, owned.
    pub fn to_value(&self) -> Value {
        match *self {
            View::Null => Value::Null,
            View::Bool(truth) => Value::Bool(truth),
            View::Integer(number) => Value::Number(Number::Integer(number)),
            View::Decimal(number) => Value::Number(Number::Decimal(number)),
            View::Long(text) => Value::Number(Number::Text(text.into())),
            View::Text(text) => Value::String(text.into()),
            View::List(items) => Value::array(items.iter().map(View::to_value).collect()),
            View::Object(members) => {
                let members = members.iter().map(|(name, member)| ((*name).into(), member.to_value()));
                Value::object(Map::of_unique(members.collect()))
            }
            View::Items(items) => Value::array(items.to_vec()),
            View::Members(map) => Value::object(map.clone()),
        }
    }

    /// The value, owned, when so many nodes do: `left` says how many may still be copied. What an arena holds
    /// may share its parts, and have far more nodes than it takes room. Lists and objects of a value count once.
    pub fn to_value_within(&self, left: &mut usize) -> Option<Value> {
        *left = left.checked_sub(1)?;
        match *self {
            View::List(items) => {
                let items: Option<Vec<Value>> = items.iter().map(|item| item.to_value_within(left)).collect();
                items.map(Value::array)
            }
            View::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, member)| Some(((*name).into(), member.to_value_within(left)?)));
                members.collect::<Option<Vec<_>>>().map(|members| Value::object(Map::of_unique(members)))
            }
            View::Items(items) => {
                *left = left.checked_sub(items.len())?;
                Some(self.to_value())
            }
            View::Members(map) => {
                *left = left.checked_sub(map.len())?;
                Some(self.to_value())
            }
            _ => Some(self.to_value()),
        }
    }

    /// How many nodes a value has, up to a bound.
    pub fn weighs(value: &Value, left: &mut usize) -> Option<()> {
        *left = left.checked_sub(1)?;
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| View::weighs(item, left)),
            Value::Object(map) => map.values().try_for_each(|member| View::weighs(member, left)),
            _ => Some(()),
        }
    }

    /// The kind of this value.
    pub fn kind(&self) -> Kind {
        match self {
            View::Null => Kind::Null,
            View::Bool(_) => Kind::Boolean,
            View::Integer(_) | View::Decimal(_) | View::Long(_) => Kind::Number,
            View::Text(_) => Kind::String,
            View::List(_) | View::Items(_) => Kind::Array,
            View::Object(_) | View::Members(_) => Kind::Object,
        }
    }

    /// The number; `None` for any other kind.
    pub fn to_number(&self) -> Option<Number> {
        match *self {
            View::Integer(number) => Some(Number::Integer(number)),
            View::Decimal(number) => Some(Number::Decimal(number)),
            View::Long(text) => Some(Number::Text(text.into())),
            _ => None,
        }
    }

    /// Items of a list; `None` for any other kind.
    pub fn count(&self) -> Option<usize> {
        match self {
            View::List(items) => Some(items.len()),
            View::Items(items) => Some(items.len()),
            _ => None,
        }
    }

    /// The item of a list at a place; `None` when there is none.
    pub fn item(&self, at: usize) -> Option<View<'t>> {
        match self {
            View::List(items) => items.get(at).copied(),
            View::Items(items) => items.get(at).map(View::of),
            _ => None,
        }
    }

    /// The member of an object; `None` when absent, or when this is no object.
    pub fn member(&self, name: &str) -> Option<View<'t>> {
        match self {
            View::Object(members) => members.iter().find(|(known, _)| *known == name).map(|(_, view)| *view),
            View::Members(map) => map.get(name).map(View::of),
            _ => None,
        }
    }
}

/// By value, as [`Value`]s compare.
impl PartialEq for View<'_> {
    fn eq(&self, other: &View<'_>) -> bool {
        match (self, other) {
            (View::Text(left), View::Text(right)) => left == right,
            (View::Integer(left), View::Integer(right)) => left == right,
            (View::Null, View::Null) => true,
            (View::Bool(left), View::Bool(right)) => left == right,
            _ if self.kind() != other.kind() => false,
            (View::List(left), View::List(right)) => {
                std::ptr::eq(*left, *right) || left.iter().eq(right.iter())
            }
            (View::Object(left), View::Object(right)) => {
                let same = |(name, member): &(&str, View<'_>)| other.member(name).as_ref() == Some(member);
                std::ptr::eq(*left, *right) || (left.len() == right.len() && left.iter().all(same))
            }
            (View::Items(left), View::Items(right)) => left == right,
            (View::Members(left), View::Members(right)) => left == right,
            _ => self.to_value() == other.to_value(),
        }
    }
}

#[cfg(test)]
mod tests;

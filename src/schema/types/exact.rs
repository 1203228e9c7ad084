//! The type of one value: nothing else is of it.

use std::sync::Arc;

use super::read::of_values;
use super::{ArrayType, Field, Type};
use crate::value::Value;

impl Type {
    /// The narrowest type that `value` is of.
    pub fn of(value: &Value) -> Type {
        match value {
            Value::Array(items) => Type::Array(Arc::new(ArrayType {
                items: Type::Never,
                prefix: items.iter().map(Type::of).collect(),
                min_items: Some(items.len()),
                max_items: Some(items.len()),
            })),
            Value::Object(map) => Type::object(
                map.iter()
                    .map(|(name, member)| (name.clone(), Field { ty: Type::of(member), required: true }))
                    .collect(),
            ),
            scalar => of_values(std::slice::from_ref(scalar), false),
        }
    }
}

//! Paths that people write, held against types, so that a slip is told apart from nothing.

use std::sync::Arc;

use crate::diagnostic::nearest;
use crate::mapping::Key;
use crate::schema::{NoAccess, Type};

/// Names that are listed when none is near.
const LISTED: usize = 16;

/// The way to the field at `names`, `[]` where lists are; if there is none, why, with the nearest name.
/// `whose`: in backticks.
pub(super) fn known(ty: &Type, names: &[Arc<str>], whose: &str) -> Result<Vec<Key>, String> {
    let mut at = ty.clone();
    let mut way = Vec::new();
    for (place, name) in names.iter().enumerate() {
        at = inside(at, &mut way);
        way.push(Key::Field(name.clone()));
        let unknown = |known: Vec<Arc<str>>| Err(unknown(&names[..place], name, &known, whose));
        at = match at.member(name) {
            Ok(access) if access.undeclared => return unknown(fields(&at)),
            Ok(access) => access.ty,
            Err(NoAccess::NoSuchField { known, .. }) => return unknown(known),
            Err(_) => return unknown(Vec::new()),
        };
    }
    Ok(way)
}

/// The items of a list, whatever lists they stand in.
fn inside(ty: Type, way: &mut Vec<Key>) -> Type {
    let mut at = ty;
    // Lists stand in lists only so deep.
    for _ in 0..16 {
        match at.without_null().as_array() {
            Some(list) => {
                way.push(Key::Items);
                at = list.any_item();
            }
            None => return at,
        }
    }
    at
}

fn fields(ty: &Type) -> Vec<Arc<str>> {
    let objects = ty.members().iter().filter_map(Type::as_object);
    objects.flat_map(|object| object.fields.iter().map(|(name, _)| name.clone())).collect()
}

fn unknown(before: &[Arc<str>], name: &str, known: &[Arc<str>], whose: &str) -> String {
    let path = before.iter().map(|name| format!("{name}.")).collect::<String>();
    let said = format!("{whose} has no field `{path}{name}`");
    match nearest(name, known.iter().map(|name| &**name)) {
        Some(near) => format!("{said}; did you mean `{path}{near}`?"),
        None if known.is_empty() => said,
        None => {
            let known =
                known.iter().take(LISTED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("{said}; there is {known}")
        }
    }
}

/// `there is no mapping `x`; did you mean `y`?`
pub(super) fn no_such<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.collect();
    or_near(format!("there is no {what} `{name}`"), name, &known)
}

/// What was said, with the nearest of the known names, or all of them.
pub(super) fn or_near(said: String, name: &str, known: &[&str]) -> String {
    // Of a longer path only the beginning can be meant.
    let head = |known: &str| {
        let words = known.split('.').count();
        name.split('.').take(words).collect::<Vec<_>>().join(".")
    };
    let near = known.iter().find(|known| nearest(&head(known), [**known]).is_some());
    match nearest(name, known.iter().copied()).or(near.copied()) {
        Some(near) => format!("{said}; did you mean `{near}`?"),
        None if known.is_empty() => said,
        None => {
            let more = if known.len() > LISTED { ", …" } else { "" };
            let known: Vec<String> = known.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
            format!("{said}; there is {}{more}", known.join(", "))
        }
    }
}

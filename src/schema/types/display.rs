//! Types in the words that messages use.

use std::fmt;

use crate::diagnostic::nearest;
use crate::value::Kind;

use super::{NumberType, TextType, Type};

/// Every kind.
const KINDS: &[Kind] = &[Kind::Null, Kind::Boolean, Kind::Number, Kind::String, Kind::Array, Kind::Object];
/// So many members of an enum are listed; longer ones are counted.
const LISTED: usize = 6;
/// So many where none of them was met.
const LISTED_WHERE_WRONG: usize = 24;

/// `text`, `canonical/booking@1`, `list of canonical/order@1`, `text or null`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f, 0)
    }
}

fn write(ty: &Type, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
    if depth > 6 {
        return f.write_str("…");
    }
    match ty.shape() {
        Type::Any => f.write_str("anything"),
        Type::Never => f.write_str("nothing"),
        Type::Null => f.write_str("null"),
        Type::Boolean => f.write_str("boolean"),
        Type::Number(number) => write_number(number, f),
        Type::Text(text) => write_text(text, f),
        Type::Array(array) => {
            f.write_str("list of ")?;
            write(&array.any_item(), f, depth + 1)
        }
        Type::Object(object) => f.write_str(object.name.as_deref().unwrap_or("object")),
        // A schema without `type`: every kind may come.
        Type::Union(members) if KINDS.iter().all(|kind| members.iter().any(|m| m.kind() == Some(*kind))) => {
            f.write_str("anything")
        }
        Type::Union(members) => {
            for (at, member) in members.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { " or " })?;
                write(member, f, depth + 1)?;
            }
            Ok(())
        }
        Type::Recursive(_) | Type::Partial(_) => f.write_str("anything"),
    }
}

fn write_number(number: &NumberType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match &number.values {
        Some(values) => write_values(values, f),
        None => f.write_str(if number.integer { "integer" } else { "number" }),
    }
}

fn write_text(text: &TextType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(values) = &text.values {
        return write_values(values, f);
    }
    match text.format.as_deref() {
        Some("decimal") => f.write_str("decimal text"),
        Some(format) => f.write_str(format),
        None => f.write_str("text"),
    }
}

fn write_values<T: fmt::Display>(values: &[T], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match values {
        [only] => write!(f, "`{only}`"),
        some if some.len() <= LISTED => {
            let listed: Vec<String> = some.iter().map(|value| format!("`{value}`")).collect();
            write!(f, "one of {}", listed.join(", "))
        }
        many => write!(f, "one of {} values", many.len()),
    }
}

/// A scalar type in more words, for values (in backticks) that do not fit it: what they must match, or all
/// that are allowed; and the nearest of these.
pub(super) fn wanted<'t>(target: &'t Type, bad: &[String]) -> (String, Option<&'t str>) {
    let Type::Text(text) = target else { return (target.to_string(), None) };
    let Some(values) = &text.values else { return (wanted_text(text), None) };
    let word = bad.first().map_or("", |word| word.trim_matches('`'));
    let near =
        nearest(word, values.iter().map(|value| &**value)).filter(|_| bad.len() == 1 && word.len() > 2);
    let few = bad.len() == 1 && LISTED < values.len() && values.len() <= LISTED_WHERE_WRONG;
    if near.is_some() || !few {
        return (target.to_string(), near);
    }
    let listed: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    (format!("one of {}", listed.join(", ")), None)
}

fn wanted_text(text: &TextType) -> String {
    let mut words = match text.format.as_deref() {
        Some("decimal") => "decimal text".to_owned(),
        Some(format) => format!("text of the form `{format}`"),
        None => "text".to_owned(),
    };
    match (text.min_length, text.max_length) {
        (Some(least), Some(most)) if least == most => words += &format!(" of {most} characters"),
        (Some(least), Some(most)) => words += &format!(" of {least} to {most} characters"),
        (Some(least), None) => words += &format!(" of at least {least} characters"),
        (None, Some(most)) => words += &format!(" of at most {most} characters"),
        (None, None) => {}
    }
    if let Some(pattern) = &text.pattern {
        words += &format!(" that matches `{pattern}`");
    }
    words
}

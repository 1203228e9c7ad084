//! Types as `takes` and `gives` write them.

use crate::diagnostic::nearest;
use crate::schema::Schemas;

use super::Type;

/// A type's name that nothing has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownType {
    /// The name as written, without `[]`.
    pub name: String,
    /// The known name that was likely meant.
    pub nearest: Option<String>,
}

/// A name and the type that it means.
type Plain = (&'static str, fn() -> Type);

// Sorted by name.
const PLAIN: &[Plain] = &[
    ("any", || Type::Any),
    ("boolean", || Type::Boolean),
    ("date", || Type::formatted("date")),
    ("date-time", || Type::formatted("date-time")),
    ("decimal", Type::number),
    ("integer", Type::integer),
    ("null", || Type::Null),
    ("number", Type::number),
    ("object", Type::any_object),
    ("string", Type::text),
    ("text", Type::text),
    ("time", || Type::formatted("time")),
    ("uuid", || Type::formatted("uuid")),
];

impl Type {
    /// Reads `string`, `integer`, `decimal`, `boolean`, `date`, `date-time`, a schema's name, or one of
    /// these with `[]` behind it for a list (at most four deep).
    pub fn parse(name: &str, schemas: &Schemas) -> Result<Type, UnknownType> {
        let bare = name.trim_end_matches("[]");
        let lists = (name.len() - bare.len()) / 2;
        let plain = PLAIN.iter().find(|(known, _)| *known == bare).map(|(_, ty)| ty());
        let found = plain.or_else(|| schemas.get(bare).map(|schema| schema.ty.clone()));
        match found {
            Some(ty) if lists <= 4 => Ok((0..lists).fold(ty, |ty, _| Type::list(ty))),
            _ => Err(UnknownType { name: bare.to_owned(), nearest: near(bare, schemas) }),
        }
    }

    /// The names that [`Type::parse`] knows without a schema, sorted.
    pub fn plain_names() -> impl Iterator<Item = &'static str> {
        PLAIN.iter().map(|(name, _)| *name)
    }
}

fn near(name: &str, schemas: &Schemas) -> Option<String> {
    let names = schemas.names();
    let plain = PLAIN.iter().map(|(name, _)| *name);
    let known = plain.chain(names.iter().map(|name| &**name));
    nearest(name, known).map(str::to_owned)
}

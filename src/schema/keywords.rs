//! The keywords of JSON Schema: which draft knows them, and where schemas stand inside them.

use crate::value::{PointerBuf, Value};

/// The drafts that we compile, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

use Draft::{D4, D6, D7, D2019, D2020};

/// The value of `$schema` for each draft, oldest first.
const DIALECTS: &[(&str, Draft)] = &[
    ("http://json-schema.org/draft-04/schema", D4),
    ("http://json-schema.org/draft-06/schema", D6),
    ("http://json-schema.org/draft-07/schema", D7),
    ("https://json-schema.org/draft/2019-09/schema", D2019),
    ("https://json-schema.org/draft/2020-12/schema", D2020),
];

impl Draft {
    /// The draft that a `$schema` declares.
    pub(super) fn declared(uri: &str) -> Option<Draft> {
        let bare = uri.strip_suffix('#').unwrap_or(uri);
        let bare = bare.split_once("://").map_or(bare, |(_, rest)| rest);
        let same = |known: &str| known.split_once("://").is_some_and(|(_, rest)| rest == bare);
        DIALECTS.iter().find(|(known, _)| same(known)).map(|(_, draft)| *draft)
    }

    /// What to write in `$schema`.
    pub(super) fn uri(self) -> &'static str {
        DIALECTS.iter().find(|(_, draft)| *draft == self).map_or("", |(uri, _)| *uri)
    }

    /// `draft 7`, `draft 2020-12`.
    pub(super) fn name(self) -> &'static str {
        match self {
            D4 => "draft 4",
            D6 => "draft 6",
            D7 => "draft 7",
            D2019 => "draft 2019-09",
            D2020 => "draft 2020-12",
        }
    }

    /// Whether keywords beside `$ref` count.
    pub(super) fn reads_beside_ref(self) -> bool {
        self >= D2019
    }
}

/// Where schemas stand inside a keyword's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nest {
    /// Nowhere.
    Plain,
    /// The value is a schema.
    One,
    /// An array of schemas.
    Many,
    /// A schema or an array of schemas.
    OneOrMany,
    /// An object whose members are schemas.
    Named,
    /// An object whose members are schemas or arrays of names.
    NamedOrNames,
}

use Nest::{Many, Named, NamedOrNames, One, OneOrMany, Plain};

/// A keyword: its name, the drafts that know it, where schemas stand in it.
pub(super) type Keyword = (&'static str, Draft, Draft, Nest);

/// Every keyword, sorted by name. `definitions` and `$defs` are places to keep schemas in every draft.
pub(super) const KEYWORDS: &[Keyword] = &[
    ("$anchor", D2019, D2020, Plain),
    ("$comment", D4, D2020, Plain),
    ("$defs", D4, D2020, Named),
    ("$dynamicAnchor", D2020, D2020, Plain),
    ("$dynamicRef", D2020, D2020, Plain),
    ("$id", D6, D2020, Plain),
    ("$recursiveAnchor", D2019, D2019, Plain),
    ("$recursiveRef", D2019, D2019, Plain),
    ("$ref", D4, D2020, Plain),
    ("$schema", D4, D2020, Plain),
    ("$vocabulary", D2019, D2020, Plain),
    ("additionalItems", D4, D2019, One),
    ("additionalProperties", D4, D2020, One),
    ("allOf", D4, D2020, Many),
    ("anyOf", D4, D2020, Many),
    ("const", D6, D2020, Plain),
    ("contains", D6, D2020, One),
    ("contentEncoding", D7, D2020, Plain),
    ("contentMediaType", D7, D2020, Plain),
    ("contentSchema", D2019, D2020, One),
    ("default", D4, D2020, Plain),
    ("definitions", D4, D2020, Named),
    ("dependencies", D4, D7, NamedOrNames),
    ("dependentRequired", D2019, D2020, Plain),
    ("dependentSchemas", D2019, D2020, Named),
    ("deprecated", D4, D2020, Plain),
    ("description", D4, D2020, Plain),
    ("else", D7, D2020, One),
    ("enum", D4, D2020, Plain),
    ("examples", D4, D2020, Plain),
    ("exclusiveMaximum", D4, D2020, Plain),
    ("exclusiveMinimum", D4, D2020, Plain),
    ("format", D4, D2020, Plain),
    ("id", D4, D4, Plain),
    ("if", D7, D2020, One),
    ("items", D4, D2020, OneOrMany),
    ("maxContains", D2019, D2020, Plain),
    ("maxItems", D4, D2020, Plain),
    ("maxLength", D4, D2020, Plain),
    ("maxProperties", D4, D2020, Plain),
    ("maximum", D4, D2020, Plain),
    ("minContains", D2019, D2020, Plain),
    ("minItems", D4, D2020, Plain),
    ("minLength", D4, D2020, Plain),
    ("minProperties", D4, D2020, Plain),
    ("minimum", D4, D2020, Plain),
    ("multipleOf", D4, D2020, Plain),
    ("not", D4, D2020, One),
    ("oneOf", D4, D2020, Many),
    ("pattern", D4, D2020, Plain),
    ("patternProperties", D4, D2020, Named),
    ("prefixItems", D2020, D2020, Many),
    ("properties", D4, D2020, Named),
    ("propertyNames", D6, D2020, One),
    ("readOnly", D4, D2020, Plain),
    ("required", D4, D2020, Plain),
    ("then", D7, D2020, One),
    ("title", D4, D2020, Plain),
    ("type", D4, D2020, Plain),
    ("unevaluatedItems", D2019, D2020, One),
    ("unevaluatedProperties", D2019, D2020, One),
    ("uniqueItems", D4, D2020, Plain),
    ("writeOnly", D4, D2020, Plain),
];

/// The keyword called `name`.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.binary_search_by(|(known, ..)| (*known).cmp(name)).ok().and_then(|at| KEYWORDS.get(at))
}

/// Calls `visit` with every schema of a document and its pointer, outermost first.
pub(super) fn walk<'v>(schema: &'v Value, at: &PointerBuf, visit: &mut dyn FnMut(&PointerBuf, &'v Value)) {
    visit(at, schema);
    let Some(map) = schema.as_object() else { return };
    for (name, value) in map.iter() {
        let Some((.., nest)) = find(name) else { continue };
        let below = at.child(name);
        let named = matches!(nest, Named | NamedOrNames);
        match (nest, value) {
            (Plain, _) => {}
            (One | OneOrMany, Value::Object(_) | Value::Bool(_)) => walk(value, &below, visit),
            (Many | OneOrMany, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let mut item_at = below.clone();
                    item_at.push_index(index);
                    walk(item, &item_at, visit);
                }
            }
            (_, Value::Object(members)) if named => {
                for (name, member) in members.iter().filter(|(_, member)| member.as_array().is_none()) {
                    walk(member, &below.child(name), visit);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(KEYWORDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(find("maxLength").is_some() && find("maxLenght").is_none());
        assert_eq!(Draft::declared("http://json-schema.org/draft-07/schema#"), Some(D7));
        assert_eq!(Draft::declared("https://json-schema.org/draft/2021-12/schema"), None);
    }
}

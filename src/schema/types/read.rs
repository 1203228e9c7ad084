//! A JSON Schema as a type. What is not understood makes the type wider and partial, never narrower.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use rust_decimal::Decimal;

use super::{ArrayType, Field, NumberType, ObjectType, TextType, Type};
use crate::schema::facets::is_known_format;
use crate::schema::keywords::Draft;
use crate::schema::library::{Library, Target};
use crate::value::{Map, Number, Value};

/// References within references, at most; beyond it a type is `Any`.
const DEPTH: usize = 150;

/// Keywords that say more than a type can hold.
const BEYOND: &[&str] = &[
    "$dynamicRef",
    "$recursiveRef",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxProperties",
    "minProperties",
    "not",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
];

/// Keywords by which a schema says which members there may be besides `properties`.
const SPEAKING: &[&str] = &[
    "$dynamicRef",
    "$recursiveRef",
    "additionalProperties",
    "dependencies",
    "dependentSchemas",
    "else",
    "if",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];

/// Keywords that bear on one kind of value only: without `type` they leave the other kinds alone.
const SHAPING: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "prefixItems",
    "properties",
    "required",
];

/// Reads types, each schema once.
pub(in crate::schema) struct TypeReader<'l> {
    library: &'l Library,
    known: HashMap<Target, Type>,
    /// Schemas that are being read; the flag says that one has met itself.
    open: HashMap<Target, (Arc<OnceLock<Type>>, bool)>,
}

impl<'l> TypeReader<'l> {
    pub(in crate::schema) fn new(library: &'l Library) -> TypeReader<'l> {
        TypeReader { library, known: HashMap::new(), open: HashMap::new() }
    }

    /// Takes over a type that is already read, so that it stays the same one.
    pub(in crate::schema) fn seed(&mut self, target: Target, ty: Type) {
        self.known.insert(target, ty);
    }

    /// The type of the schema at a target.
    pub(in crate::schema) fn read(&mut self, target: &Target) -> Type {
        if let Some(ty) = self.known.get(target) {
            return ty.clone();
        }
        if let Some((cell, met)) = self.open.get_mut(target) {
            *met = true;
            return Type::Recursive(cell.clone());
        }
        let (Some(schema), Some(document)) =
            (self.library.schema(target), self.library.documents.get(target.document))
        else {
            return Type::Any.partial();
        };
        if self.open.len() > DEPTH {
            return Type::Any.partial();
        }
        self.open.insert(target.clone(), (Arc::default(), false));
        let mut ty = Site { reader: self, target, draft: document.draft }.schema(schema);
        if target.pointer.is_empty() {
            ty = ty.named(&document.name);
        }
        if let Some((cell, true)) = self.open.remove(target) {
            // The cell is new and only filled here.
            let _ = cell.set(ty.clone());
        }
        self.known.insert(target.clone(), ty.clone());
        ty
    }
}

/// One schema being read.
struct Site<'r, 'l> {
    reader: &'r mut TypeReader<'l>,
    target: &'r Target,
    draft: Draft,
}

impl Site<'_, '_> {
    fn schema(&mut self, schema: &Value) -> Type {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(false) => return Type::Never,
            _ => return Type::Any,
        };
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            let referred = self.referred(reference);
            return if self.draft.reads_beside_ref() { referred.narrow(&self.own(map)) } else { referred };
        }
        self.own(map)
    }

    fn referred(&mut self, reference: &str) -> Type {
        match self.reader.library.resolve(self.target.document, reference) {
            Ok(target) => self.reader.read(&target),
            Err(_) => Type::Any.partial(),
        }
    }

    /// The schema inside this one at a pointer below it.
    fn below(&mut self, path: &[&str]) -> Type {
        let mut pointer = self.target.pointer.clone();
        for name in path {
            pointer.push('/');
            pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        }
        self.reader.read(&Target { document: self.target.document, pointer })
    }

    fn own(&mut self, map: &Map) -> Type {
        let mut ty = self.kinds(map);
        if let Some(values) = allowed_values(map) {
            ty = ty.narrow(&of_values(&values, map.get("x-extensible") == Some(&Value::Bool(true))));
        }
        for at in 0..count(map, "allOf") {
            ty = ty.narrow(&self.below(&["allOf", &at.to_string()]));
        }
        for keyword in ["anyOf", "oneOf"] {
            let several: Vec<Type> =
                (0..count(map, keyword)).map(|at| self.below(&[keyword, &at.to_string()])).collect();
            if !several.is_empty() {
                ty = ty.narrow(&alternatives(several, keyword == "oneOf"));
            }
        }
        let beyond = BEYOND.iter().any(|keyword| map.get(keyword).is_some_and(|v| *v != Value::Bool(false)));
        if beyond { ty.partial() } else { ty }
    }

    /// The kinds that `type` allows, each with the facets that bear on it.
    fn kinds(&mut self, map: &Map) -> Type {
        match map.get("type") {
            Some(Value::String(kind)) => self.kind(kind, map),
            Some(Value::Array(kinds)) => {
                let kinds: Vec<Type> =
                    kinds.iter().filter_map(Value::as_str).map(|kind| self.kind(kind, map)).collect();
                Type::union(kinds)
            }
            _ if SHAPING.iter().any(|keyword| map.contains_key(keyword)) => {
                let all = ["object", "array", "string", "number", "boolean", "null"];
                let kinds: Vec<Type> = all.iter().map(|kind| self.kind(kind, map)).collect();
                Type::union(kinds)
            }
            _ => Type::Any,
        }
    }

    fn kind(&mut self, kind: &str, map: &Map) -> Type {
        match kind {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "number" => number(map, false),
            // In draft 4 `1.0` is no integer, which a type cannot say.
            "integer" if self.draft == Draft::D4 => number(map, true).partial(),
            "integer" => number(map, true),
            "string" => text(map, self.draft),
            "array" => self.array(map),
            "object" => self.object(map),
            _ => Type::Any.partial(),
        }
    }

    fn array(&mut self, map: &Map) -> Type {
        let (first, rest) = match map.get("items") {
            Some(Value::Array(_)) => ("items", "additionalItems"),
            _ => ("prefixItems", "items"),
        };
        let prefix: Vec<Type> =
            (0..count(map, first)).map(|at| self.below(&[first, &at.to_string()])).collect();
        let items = if map.contains_key(rest) { self.below(&[rest]) } else { Type::Any };
        let max_items = size(map, "maxItems");
        let ended = items.is_never().then_some(prefix.len());
        let max_items = match (max_items, ended) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
        let items = if items.is_never() { Type::Any } else { items };
        Type::Array(Arc::new(ArrayType { items, prefix, min_items: size(map, "minItems"), max_items }))
    }

    fn object(&mut self, map: &Map) -> Type {
        let required: Vec<&str> = map
            .get("required")
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let rest = match map.get("additionalProperties") {
            // A pattern may allow what `additionalProperties` then does not see.
            _ if map.contains_key("patternProperties") => Some(Type::Any),
            Some(_) => Some(self.below(&["additionalProperties"])).filter(|ty| !ty.is_never()),
            None => Some(Type::Any),
        };
        let mut fields = Vec::new();
        for name in map.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let ty = self.below(&["properties", name]);
            fields.push((name.clone(), Field { ty, required: required.contains(&&**name) }));
        }
        for name in required {
            if !fields.iter().any(|(known, _)| **known == *name) {
                let ty = rest.clone().unwrap_or(Type::Never);
                fields.push((name.into(), Field { ty, required: true }));
            }
        }
        if fields.iter().any(|(_, field)| field.required && field.ty.is_never()) {
            return Type::Never;
        }
        let silent = !SPEAKING.iter().any(|keyword| map.contains_key(keyword));
        Type::Object(Arc::new(ObjectType { name: None, fields, rest, silent }))
    }
}

fn count(map: &Map, keyword: &str) -> usize {
    map.get(keyword).and_then(Value::as_array).map_or(0, <[Value]>::len)
}

fn size(map: &Map, keyword: &str) -> Option<usize> {
    usize::try_from(map.get(keyword)?.as_number()?.to_i64()?).ok()
}

/// With `oneOf`, a value that two alternatives allow is refused: the type says so unless they are apart.
fn alternatives(several: Vec<Type>, exactly_one: bool) -> Type {
    let apart = || {
        several
            .iter()
            .enumerate()
            .all(|(at, one)| several[..at].iter().all(|other| one.narrow(other).is_never()))
    };
    let partial = exactly_one && !(several.len() <= 24 && apart());
    let ty = Type::union(several);
    if partial { ty.partial() } else { ty }
}

fn allowed_values(map: &Map) -> Option<Vec<Value>> {
    let listed = map.get("enum").and_then(Value::as_array).map(<[Value]>::to_vec);
    match (listed, map.get("const")) {
        (Some(listed), Some(only)) => Some(listed.into_iter().filter(|value| value == only).collect()),
        (None, Some(only)) => Some(vec![only.clone()]),
        (listed, None) => listed,
    }
}

pub(super) fn of_values(values: &[Value], extensible: bool) -> Type {
    let texts: Vec<Arc<str>> = values.iter().filter_map(Value::as_str).map(Arc::from).collect();
    let numbers: Vec<&Number> = values.iter().filter_map(Value::as_number).collect();
    let mut kinds = Vec::new();
    if !texts.is_empty() {
        let ty = TextType { values: Some(texts), extensible, ..TextType::default() };
        kinds.push(Type::Text(Arc::new(ty)));
    }
    if !numbers.is_empty() {
        kinds.push(of_numbers(&numbers));
    }
    if values.contains(&Value::Null) {
        kinds.push(Type::Null);
    }
    match (values.contains(&Value::Bool(true)), values.contains(&Value::Bool(false))) {
        (true, true) => kinds.push(Type::Boolean),
        (false, false) => {}
        _ => kinds.push(Type::Boolean.partial()),
    }
    if values.iter().any(|value| value.as_object().is_some()) {
        kinds.push(Type::any_object().partial());
    }
    if values.iter().any(|value| value.as_array().is_some()) {
        kinds.push(Type::list(Type::Any).partial());
    }
    Type::union(kinds)
}

fn of_numbers(numbers: &[&Number]) -> Type {
    let values: Option<Vec<Decimal>> = numbers.iter().map(|number| number.to_decimal()).collect();
    let integer = numbers.iter().all(|number| number.is_integer());
    let ty = Type::Number(Arc::new(NumberType { integer, values: values.clone(), ..NumberType::default() }));
    if values.is_some() { ty } else { Type::number().partial() }
}

fn number(map: &Map, integer: bool) -> Type {
    let mut ty = NumberType { integer, ..NumberType::default() };
    let mut partial = false;
    let flag = |keyword: &str| map.get(keyword) == Some(&Value::Bool(true));
    let bounds = [
        ("minimum", true, flag("exclusiveMinimum")),
        ("exclusiveMinimum", true, true),
        ("maximum", false, flag("exclusiveMaximum")),
        ("exclusiveMaximum", false, true),
    ];
    for (keyword, low, open) in bounds {
        let Some(limit) = map.get(keyword).and_then(Value::as_number) else { continue };
        match limit.to_decimal() {
            Some(limit) => bound(&mut ty, low, limit, open),
            None => partial = true,
        }
    }
    if let Some(unit) = map.get("multipleOf").and_then(Value::as_number) {
        partial |= !multiple(&mut ty, unit);
    }
    let ty = Type::Number(Arc::new(ty));
    if partial { ty.partial() } else { ty }
}

fn bound(ty: &mut NumberType, low: bool, limit: Decimal, open: bool) {
    let (known, known_open) =
        if low { (&mut ty.minimum, &mut ty.above_minimum) } else { (&mut ty.maximum, &mut ty.below_maximum) };
    match known {
        Some(old) if *old == limit => *known_open |= open,
        Some(old) if (*old > limit) == low => {}
        _ => (*known, *known_open) = (Some(limit), open),
    }
}

/// Whether the facets say all that `multipleOf` says.
fn multiple(ty: &mut NumberType, unit: &Number) -> bool {
    let scale = u32::try_from(unit.scale()).unwrap_or(u32::MAX);
    let power = Number::parse(&format!("1e-{scale}")).is_some_and(|power| power == *unit);
    if scale == 0 {
        ty.integer = unit.is_integer() || ty.integer;
        return power;
    }
    if scale <= 28 {
        ty.scale = Some(scale);
    }
    power && (scale <= 28 || ty.integer)
}

fn text(map: &Map, draft: Draft) -> Type {
    let word = |keyword: &str| map.get(keyword).and_then(Value::as_str).map(Arc::<str>::from);
    Type::Text(Arc::new(TextType {
        min_length: size(map, "minLength").filter(|length| *length > 0),
        max_length: size(map, "maxLength"),
        pattern: word("pattern"),
        format: word("format").filter(|format| is_known_format(draft, format)),
        values: None,
        extensible: false,
    }))
}

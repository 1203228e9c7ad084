//! The nodes say what the validator says: of every schema there is, and of documents bent in every way.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::super::Quick;
use super::said;
use crate::codec::json::{Limits, decode, encode};
use crate::diagnostic::SourceId;
use crate::schema::compile::Linked;
use crate::schema::library::Target;
use crate::schema::{Schema, SchemaSource, Schemas};
use crate::value::{Map, Number, Value};

/// Every schema, with documents that fit it as far as there are any.
static SCHEMAS: LazyLock<Vec<(Arc<Schema>, Vec<Value>)>> = LazyLock::new(|| {
    let pool = pool();
    let all = projects().into_iter().flat_map(|sources| compiled(&sources));
    all.map(|schema| (schema.clone(), seeds(&schema, &pool))).collect()
});

fn compiled(sources: &[SchemaSource]) -> Vec<Arc<Schema>> {
    let (schemas, _) = Schemas::compile(sources);
    let ours = |name: &Arc<str>| sources.is_empty() || sources.iter().any(|source| source.name == *name);
    schemas.names().iter().filter(|name| ours(name)).filter_map(|name| schemas.get(name)).collect()
}

/// The folders called `specs`, and none for the canonical entities.
fn projects() -> Vec<Vec<SchemaSource>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = Vec::new();
    for part in ["examples", "benches", "tests/cases", "src/cli/init"] {
        files(&root.join(part), &mut folders);
    }
    let specs = |file: &PathBuf| {
        file.ancestors()
            .find(|above| above.file_name().is_some_and(|name| name == "specs"))
            .map(Path::to_owned)
    };
    let mut projects = vec![Vec::new()];
    let mut roots: Vec<PathBuf> = folders.iter().filter_map(specs).collect();
    roots.dedup();
    for at in roots {
        let inside = folders.iter().filter(|file| specs(file).as_ref() == Some(&at));
        projects.push(inside.filter_map(|file| source(&at, file)).collect());
    }
    projects
}

fn source(specs: &Path, file: &Path) -> Option<SchemaSource> {
    let name = file.strip_prefix(specs).ok()?.to_str()?.strip_suffix(".json")?.to_owned();
    let text = std::fs::read_to_string(file).ok()?;
    Some(SchemaSource { name: name.into(), source: SourceId(0), text: text.into() })
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The bodies of tests and benches, and whatever stands inside them.
fn pool() -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![root.join("benches/exchange/booking.json"), root.join("benches/exchange/rate.json")];
    files(&root.join("examples/logistics/tests"), &mut paths);
    let mut pool = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file of the repository");
        let value: serde_json::Value = serde_yaml::from_str(&text).expect("JSON is YAML");
        inside(&decode(value.to_string().as_bytes(), &Limits::default()).expect("JSON"), &mut pool);
    }
    pool
}

fn inside(value: &Value, found: &mut Vec<Value>) {
    found.push(value.clone());
    let items = value.as_array().unwrap_or_default().iter();
    items.chain(value.as_object().into_iter().flat_map(Map::values)).for_each(|value| inside(value, found));
}

fn seeds(schema: &Schema, pool: &[Value]) -> Vec<Value> {
    let examples = schema.document().get("examples").and_then(Value::as_array).unwrap_or_default();
    let mut seeds = examples.to_vec();
    for all in [false, true] {
        seeds.push(sample(schema, &schema.name, schema.document(), all, 6));
    }
    let fits = |value: &&Value| value.as_object().is_some() && asked(schema, value);
    seeds.extend(pool.iter().filter(fits).take(3).cloned());
    seeds
}

/// A document as a schema describes it, of what it requires or of all it names.
fn sample(schema: &Schema, document: &str, at: &Value, all: bool, depth: usize) -> Value {
    let first = |name| at.get(name).and_then(Value::as_array).and_then(<[Value]>::first).cloned();
    if let Some(given) = at.get("const").cloned().or_else(|| first("enum")).or_else(|| first("examples")) {
        return given;
    }
    if let Some((document, next)) =
        at.get("$ref").and_then(Value::as_str).and_then(|to| schema.follow(document, to))
    {
        return sample(schema, document, next, all, depth);
    }
    match (at.get("type").and_then(Value::as_str), at.get("format").and_then(Value::as_str)) {
        (Some("object"), _) if depth > 0 => members(schema, document, at, all, depth),
        (Some("array"), _) if depth > 0 => {
            let item = at.get("items").map(|items| sample(schema, document, items, all, depth - 1));
            Value::array(item.into_iter().collect())
        }
        (Some("integer" | "number"), _) => at.get("minimum").cloned().unwrap_or(Value::from(1)),
        (Some("boolean"), _) => Value::from(true),
        (_, Some("date")) => Value::from("2026-05-07"),
        (_, Some("date-time")) => Value::from("2026-05-07T08:00:00Z"),
        (_, Some("uri")) => Value::from("https://example.org/a"),
        (_, Some("decimal")) => Value::from("12.50"),
        _ => Value::from("NOK"),
    }
}

fn members(schema: &Schema, document: &str, at: &Value, all: bool, depth: usize) -> Value {
    let required = at.get("required").and_then(Value::as_array).unwrap_or_default();
    let named = at.get("properties").and_then(Value::as_object);
    let wanted = named
        .into_iter()
        .flat_map(Map::iter)
        .filter(|(name, _)| all || required.contains(&Value::from(&***name)));
    wanted.map(|(name, member)| (name.clone(), sample(schema, document, member, all, depth - 1))).collect()
}

fn asked(schema: &Schema, value: &Value) -> bool {
    schema.validator().expect("builds").is_valid(value)
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| Value::array(vec![inner]))
}

fn junk(which: usize) -> Value {
    const NUMBERS: &[&str] = &[
        "1e400",
        "-1e400",
        "12.50",
        "12.5",
        "-0",
        "0",
        "0.001",
        "123456789012345678901234567890",
        "1e-400",
        "3.0",
    ];
    const TEXTS: &[&str] = &[
        "",
        "é",
        "12.50",
        "-0",
        "2026-02-30",
        "2026-05-07T08:00",
        "a\nb",
        " ",
        "NO",
        "\u{1f600}\u{1f600}",
        "zz",
        "a/b@c",
    ];
    let rest = which / 6;
    match which % 6 {
        0 | 1 => Value::from(TEXTS[rest % TEXTS.len()]),
        2 => Value::from(Number::parse(NUMBERS[rest % NUMBERS.len()]).expect("a number")),
        3 => Value::from(["a", "é", "\u{1f600}", "A1"][rest % 4].repeat(rest % 5000)),
        4 => nested(rest % 400),
        _ => [Value::Null, Value::from(false), Value::object(Map::new()), Value::array(vec![])][rest % 4]
            .clone(),
    }
}

/// The document with a change at the place that is `count` values into it.
fn bent(value: &Value, count: &mut usize, (act, which): (usize, usize)) -> Value {
    if *count == 0 {
        *count = usize::MAX;
        return changed(value, act, which);
    }
    *count -= 1;
    match value {
        Value::Array(items) => {
            Value::array(items.iter().map(|item| bent(item, count, (act, which))).collect())
        }
        Value::Object(map) => {
            map.iter().map(|(name, member)| (name.clone(), bent(member, count, (act, which)))).collect()
        }
        other => other.clone(),
    }
}

fn changed(value: &Value, act: usize, which: usize) -> Value {
    match (value, act % 6) {
        (Value::Object(map), 0..4) => {
            let members = map.iter().map(|(name, member)| (name.clone(), member.clone())).collect();
            let members = resized(members, act, which, |(name, value)| (format!("{name}2").into(), value));
            members.into_iter().collect()
        }
        (Value::Array(items), 0..4) => Value::array(resized(items.to_vec(), act, which, |item| item)),
        (Value::String(text), 0) => Value::from(text.to_uppercase()),
        (Value::String(text), 1) => Value::from(format!("{text}é")),
        (Value::String(text), 2) => Value::from(text.chars().skip(1).collect::<String>()),
        (_, 3) => Value::array(vec![value.clone()]),
        _ => junk(which),
    }
}

fn resized<T: Clone>(mut all: Vec<T>, act: usize, which: usize, copy: impl Fn(T) -> T) -> Vec<T> {
    if all.is_empty() {
        return all;
    }
    let at = which % all.len();
    match act % 6 {
        0 => drop(all.remove(at)),
        1 => all[at] = copy(all[at].clone()),
        2 => all.push(copy(all[at].clone())),
        _ => all.reverse(),
    }
    all
}

fn size(value: &Value) -> usize {
    let mut all = Vec::new();
    inside(value, &mut all);
    all.len()
}

fn assert_agree(linked: &Linked, target: &Target, pool: &[Value]) -> usize {
    let (Ok(validator), Some(quick)) = (linked.build_at(target), Quick::compile_at(linked, target.clone()))
    else {
        return 0;
    };
    for value in pool {
        assert_eq!(said(&quick, value), Some(validator.is_valid(value)), "{target:?} {value:?}");
    }
    1
}

/// Every schema inside every canonical document, against whatever stands inside the bodies.
#[test]
fn every_schema_inside_the_canonical_ones_agrees() {
    let mut pool = pool();
    pool.extend((0..120).map(|which| junk(which * 7)));
    pool.sort_by_key(encode);
    pool.dedup();
    let linked = &SCHEMAS.first().expect("a canonical one").0.linked;
    let mut compared = 0;
    for (index, document) in linked.library.documents.iter().enumerate() {
        for pointer in &document.schemas {
            compared += assert_agree(linked, &Target { document: index, pointer: pointer.clone() }, &pool);
        }
    }
    assert!(compared > 400, "{compared}");
}

/// Otherwise nothing below says anything.
#[test]
fn schemas_have_documents_that_fit() {
    let fit = |(schema, seeds): &&(Arc<Schema>, Vec<Value>)| seeds.iter().any(|seed| asked(schema, seed));
    let without: Vec<&str> =
        SCHEMAS.iter().filter(|each| !fit(each)).map(|(schema, _)| &*schema.name).collect();
    assert!(SCHEMAS.len() > 60 && without.len() * 10 < SCHEMAS.len(), "{} {without:?}", SCHEMAS.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 100 } else { 2000 }))]

    #[test]
    fn bent_documents_are_judged_alike(
        acts in proptest::collection::vec((any::<usize>(), 0usize..6, 0usize..30_000), 0..4), pick in any::<usize>(),
    ) {
        for (schema, seeds) in SCHEMAS.iter() {
            let mut value = seeds[pick % seeds.len()].clone();
            for (place, act, which) in &acts {
                let mut count = place % size(&value);
                value = bent(&value, &mut count, (*act, *which));
            }
            if let Some(quick) = schema.quick() {
                prop_assert_eq!(said(quick, &value), Some(asked(schema, &value)), "{} {:?}", schema.name, value);
            }
        }
    }
}

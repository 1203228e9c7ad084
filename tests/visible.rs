//! What customers see: a marked field that a run brings into an answer is one that `check` has found, over
//! random mappings, and over every kind of step. What only decides is no finding.

#[expect(dead_code, reason = "the fuzz target uses the rest")]
#[path = "support/programs.rs"]
mod programs;
#[path = "visible/project.rs"]
mod project;

use std::collections::BTreeMap;

use crossdock::clock::Moment;
use crossdock::mapping::{Context, Key, Place};
use crossdock::value::{Map, Value};
use programs::program;
use serde_json::Value as Json;

/// Random mappings whose lineage is held against runs.
const PROGRAMS: u64 = 1_500;
/// Random mappings that are checked in a whole project.
const PROJECTS: u64 = 120;

/// A text that stands for a field of the source, whatever a mapping does to its letters.
fn marker(number: usize) -> String {
    format!("mqx{number}z")
}

/// The names of a field, with the text that stands for it.
type Planted = BTreeMap<String, String>;

/// Puts a text of its own at every plain text of a document.
fn plant(schema: &Json, value: &Value, path: &str, planted: &mut Planted) -> Value {
    match value {
        Value::Object(map) => {
            let member = |(name, value): (&std::sync::Arc<str>, &Value)| {
                let below = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                (name.clone(), plant(&schema["properties"][&**name], value, &below, planted))
            };
            Value::object(map.iter().map(member).collect::<Map>())
        }
        Value::Array(items) => {
            let below = format!("{path}[]");
            let items = items.iter().map(|item| plant(&schema["items"], item, &below, planted));
            Value::array(items.collect())
        }
        Value::String(_) if is_plain_text(schema) => {
            let known = planted.len();
            Value::from(planted.entry(path.to_owned()).or_insert_with(|| marker(known)).as_str())
        }
        other => other.clone(),
    }
}

fn is_plain_text(schema: &Json) -> bool {
    let text = schema["type"] == "string" || schema["type"][0] == "string";
    text && schema.get("format").is_none() && schema.get("enum").is_none()
}

/// Every text in a value, with the names of the way to it.
fn texts(value: &Value, path: &mut Vec<Key>, found: &mut Vec<(Vec<Key>, String)>) {
    match value {
        Value::String(text) => found.push((path.clone(), text.to_lowercase())),
        Value::Array(items) => items.iter().for_each(|item| {
            path.push(Key::Items);
            texts(item, path, found);
            path.pop();
        }),
        Value::Object(map) => map.iter().for_each(|(name, member)| {
            path.push(Key::Field(name.clone()));
            texts(member, path, found);
            path.pop();
        }),
        _ => {}
    }
}

/// The place as it is planted: `lines[].text`.
fn shown(place: &Place) -> String {
    let keys: Vec<Key> = place
        .keys
        .iter()
        .map(|key| match key {
            Key::Item(_) => Key::Items,
            other => other.clone(),
        })
        .collect();
    let text: String = keys
        .iter()
        .map(|key| match key {
            Key::Field(name) => format!(".{name}"),
            _ => "[]".to_owned(),
        })
        .collect();
    text.trim_start_matches('.').to_owned()
}

#[test]
fn no_text_comes_out_that_the_lineage_does_not_know() {
    let mut seen = 0;
    for seed in 0..PROGRAMS {
        let program = program(seed);
        let compiled = program.compile();
        let Some(mapping) = &compiled.mapping else { continue };
        let schema: Json = serde_json::from_str(&program.source_schema).expect("a schema");
        let descent = mapping.descent();
        for input in program.values() {
            let mut planted = Planted::new();
            let input = plant(&schema, &input, "", &mut planted);
            let context = Context::new(Moment(0), &compiled.tables);
            let Ok(Some(made)) = mapping.program.eval(&[Some(input)], &context) else { continue };
            let mut found = Vec::new();
            texts(&made, &mut Vec::new(), &mut found);
            for (way, text) in found {
                let fields = descent.part(&way).all_fields();
                let held: Vec<String> =
                    fields.iter().flat_map(|field| &field.origin.holds).map(shown).collect();
                for (path, marker) in planted.iter().filter(|(_, marker)| text.contains(*marker)) {
                    let knows = held.iter().any(|held| path.starts_with(held.as_str()));
                    assert!(
                        knows,
                        "seed {seed}: `{path}` ({marker}) came out at {way:?}, known is {held:?}\n{}",
                        program.text
                    );
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 500, "only {seen} texts came out");
}

/// Marks some of the plain texts of a schema.
fn mark(schema: &mut Json, path: &str, chance: &mut programs::chance::Chance, marked: &mut Vec<String>) {
    if is_plain_text(schema) && chance.once_in(2) {
        schema["x-visibility"] = if chance.once_in(2) { "internal" } else { "finance" }.into();
        marked.push(path.to_owned());
    }
    if let Some(fields) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        for (name, field) in fields {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            mark(field, &below, chance, marked);
        }
    }
    if let Some(items) = schema.get_mut("items") {
        mark(items, &format!("{path}[]"), chance, marked);
    }
}

#[test]
fn no_marked_text_comes_out_that_the_check_did_not_find() {
    let (mut came_out, mut passed) = (0, 0);
    for seed in 0..PROJECTS {
        let program = program(seed);
        let compiled = program.compile();
        let Some(mapping) = &compiled.mapping else { continue };
        let plain: Json = serde_json::from_str(&program.source_schema).expect("a schema");
        let (mut schema, mut marked) = (plain.clone(), Vec::new());
        mark(&mut schema, "", &mut programs::chance::Chance::new(seed), &mut marked);
        let found = project::found(&project::random(seed, &schema.to_string(), &program));
        let says = |path: &str| found.iter().any(|one| one.starts_with(&format!("`{path}` of `g/source@1`")));
        let mut planted = Planted::new();
        let mut out = Vec::new();
        for input in program.values() {
            let input = plant(&plain, &input, "", &mut planted);
            let context = Context::new(Moment(0), &compiled.tables);
            if let Ok(Some(made)) = mapping.program.eval(&[Some(input)], &context) {
                texts(&made, &mut Vec::new(), &mut out);
            }
        }
        for path in &marked {
            let text = planted.get(path);
            match text.filter(|text| out.iter().any(|(_, out)| out.contains(text.as_str()))) {
                Some(_) => {
                    assert!(
                        says(path),
                        "seed {seed}: `{path}` came out, found: {found:#?}\n{}",
                        program.text
                    );
                    came_out += 1;
                }
                None => passed += usize::from(!says(path)),
            }
        }
    }
    assert!(came_out > 20 && passed > 100, "{came_out} came out, {passed} neither came out nor were found");
}

#[test]
fn whatever_a_flow_does_with_a_marked_field_it_is_found() {
    for (name, flow, target) in project::LEAKS {
        let found = project::found(&project::with_flow(flow));
        let says = found.iter().any(|one| one.contains("is marked `internal`") && one.contains(target));
        assert!(says, "{name}: {found:#?}");
    }
}

#[test]
fn what_only_decides_is_no_finding() {
    for (name, flow) in project::PASSES {
        let found = project::all(&project::with_flow(flow));
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

#[test]
fn a_subscriber_is_told_nothing_that_is_marked() {
    let with = |subscribers: &str| {
        let mut texts = project::with_flow(project::EMITS);
        let file = format!("subscribers:\n  thing.seen:\n    - {subscribers}\n");
        texts.push(("events/told.yaml".to_owned(), file));
        project::found(&texts)
    };
    let hook = "webhooks:\n  acme: { accounts: { A: { url: \"https://acme.example/hook\", secrets: [ \"${secret:acme}\" ] } } }\n";
    for who in ["stream: portal", "webhook: acme"] {
        let declared = if who.starts_with("webhook") { hook } else { "" };
        let found = with(&format!("{who}\n{declared}"));
        let said =
            "`score` of `own/thing@1` is marked `internal` and reaches customers: `text` in what it is told";
        assert!(found.iter().any(|one| one.contains(said)), "{who}: {found:#?}");
        let found = with(&format!("{who}\n      map: seen_to_customer\n{declared}"));
        assert!(!found.iter().any(|one| one.contains("reaches customers")), "{who}: {found:#?}");
    }
}

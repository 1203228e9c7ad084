//! Where `check` says that a target is proven, every valid input gives a value that the `jsonschema` crate
//! allows: over the conformance suite, and over random schemas, expressions and inputs.
//!
//! `PROVEN_CASES=5000 cargo test --release --test mapping_proven` looks longer.

#[path = "proven/random.rs"]
mod random;
#[path = "proven/schemas.rs"]
mod schemas;
#[expect(dead_code, reason = "the suite that runs the cases uses the rest")]
#[path = "support/mapping.rs"]
mod support;
#[path = "proven/words.rs"]
mod words;

use std::path::Path;
use std::sync::Arc;

use crossdock::codec::json;
use crossdock::diagnostic::Sources;
use crossdock::mapping::{Context, Environment, Mapping, Rejections, Shared, Tables, compile_mapping};
use crossdock::schema::{Schema, SchemaSource, Schemas};
use crossdock::value::Value;
use proptest::prelude::*;
use proptest::test_runner::{TestRng, TestRunner};
use random::Dice;
use schemas::Kind;

/// Valid inputs that an expression is tried with.
const INPUTS: usize = 20;
/// Expressions of one kind that one source is read with: each form once, then whatever comes.
const EXPRESSIONS: usize = 40;
/// So many forms there are.
const FORMS: usize = 30;

/// What came of trying.
#[derive(Debug, Default)]
struct Tally {
    /// Targets that were proven and held.
    proven: usize,
    /// Targets that only data can show, and that some data broke.
    broken: usize,
}

/// Schemas, one of which is the source, and inputs that are valid for it.
struct World {
    schemas: Schemas,
    tables: Tables,
    inputs: Vec<Value>,
}

impl World {
    fn of(source: &str, dice: &mut Dice) -> World {
        let document = |(name, text): (String, String)| {
            let source = Sources::default().add(format!("specs/{name}.json"), text.as_str());
            SchemaSource { name: name.into(), source, text: text.into() }
        };
        let targets = schemas::targets().iter().enumerate();
        let targets = targets.map(|(at, (_, text))| (target_name(at), around(text)));
        let all: Vec<SchemaSource> =
            targets.chain([("t/source@1".to_owned(), source.to_owned())]).map(document).collect();
        let (schemas, findings) = Schemas::compile(&all);
        assert!(findings.iter().all(|finding| finding.code.name != "bad-schema"), "{source}\n{findings:#?}");
        let schema = schemas.get("t/source@1").expect("the source's schema");
        let inputs: Vec<Value> = (0..INPUTS).filter_map(|_| valid(&schema, dice)).collect();
        World { schemas, tables: Tables::default(), inputs }
    }

    fn compile(&self, target: usize, expression: &str) -> Option<Mapping> {
        let name = target_name(target);
        let text = format!("map t\nfrom t/source@1 as s\nto {name}\n\nr: {expression}\n");
        let source = Sources::default().add("t.mapping", text.as_str());
        let rejections = Rejections::default();
        let environment =
            Environment { schemas: &self.schemas, tables: &self.tables, rejections: &rejections };
        compile_mapping(source, &text, &environment, &Shared::default()).0
    }

    /// Tries one expression with one target: every input, the crate's own words for what does not fit.
    fn attempt(&self, at: usize, expression: &str, tally: &mut Tally) -> Result<(), TestCaseError> {
        let Some(mapping) = self.compile(at, expression) else { return Ok(()) };
        let schema = self.schemas.get(&target_name(at)).expect("the target's schema");
        let mut broken = None;
        for input in &self.inputs {
            let context = Context::new(support::NOW, &self.tables);
            let Ok(Some(made)) = mapping.program.eval(&[Some(input.clone())], &context) else { continue };
            if let Some(violation) = schema.violations(&made, 1).into_iter().next() {
                broken = Some((input, made, violation.message));
                break;
            }
        }
        match (mapping.is_proven(), broken) {
            (true, Some((input, made, why))) => Err(TestCaseError::fail(format!(
                "proven, and broken: {why}\n  expression: {expression}\n  target: {}\n  input: {}\n  made: {}\n  source: {}",
                schemas::targets()[at].1,
                shown(input),
                shown(&made),
                shown(self.schemas.get("t/source@1").expect("the source").document()),
            ))),
            (true, None) => {
                tally.proven += 1;
                Ok(())
            }
            (false, broken) => {
                tally.broken += usize::from(broken.is_some());
                Ok(())
            }
        }
    }
}

fn target_name(at: usize) -> String {
    format!("t/target-{at}@1")
}

/// The target of a mapping: an object with what is tried in it.
fn around(schema: &str) -> String {
    format!(r#"{{"type":"object","properties":{{"r":{schema}}},"additionalProperties":false}}"#)
}

fn shown(value: &Value) -> String {
    String::from_utf8_lossy(&json::encode(value)).into_owned()
}

/// A valid document: members that break the schema are drawn again, and left out in the end.
fn valid(schema: &Arc<Schema>, dice: &mut Dice) -> Option<Value> {
    let fields = schema.document().get("properties")?.as_object()?;
    let mut members: Vec<(&Arc<str>, Option<Value>)> =
        fields.iter().map(|(name, of)| (name, (!dice.one_in(5)).then(|| dice.of(of)))).collect();
    for _ in 0..200 {
        let present = members.iter().filter_map(|(name, value)| Some((Arc::clone(name), value.clone()?)));
        let document = Value::object(present.collect());
        let found = schema.violations(&document, 100);
        if found.is_empty() {
            return Some(document);
        }
        for (name, value) in &mut members {
            let start = format!("/{name}");
            let wrong = found.iter().any(|violation| {
                violation.pointer == start
                    || violation.pointer.starts_with(&format!("{start}/"))
                    || (violation.pointer.is_empty() && violation.message.contains(&format!("`{name}`")))
            });
            if wrong {
                *value = (!dice.one_in(8)).then(|| fields.get(name).map_or(Value::Null, |of| dice.of(of)));
            }
        }
    }
    None
}

fn explore(seed: u64, tally: &mut Tally) -> Result<(), TestCaseError> {
    let mut dice = Dice::new(seed);
    let fields = schemas::source(&mut dice);
    let world = World::of(&schemas::document(&fields), &mut dice);
    // A source that hardly any input is valid for shows nothing.
    if world.inputs.len() < INPUTS / 2 {
        return Ok(());
    }
    for kind in [Kind::Text, Kind::Number, Kind::List, Kind::Object] {
        for at in 0..EXPRESSIONS {
            let form = (at < FORMS).then_some(at);
            let expression = words::Author { dice: &mut dice, fields: &fields, form }.top(kind);
            // What goes nowhere goes into none of them.
            if world.compile(schemas::OPEN, &expression).is_none() {
                continue;
            }
            for (at, _) in schemas::targets().iter().enumerate().filter(|(_, (of, _))| of.contains(&kind)) {
                world.attempt(at, &expression, tally)?;
            }
        }
    }
    Ok(())
}

/// How many sources are explored.
fn cases() -> u32 {
    let asked = std::env::var("PROVEN_CASES").ok().and_then(|cases| cases.parse().ok());
    asked.unwrap_or(if cfg!(debug_assertions) { 12 } else { 400 })
}

#[test]
fn what_is_proven_of_random_mappings_holds() {
    let config = ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    };
    // The same mappings each time, unless more are asked for: a hole is found by who looks for one.
    let mut runner = match std::env::var_os("PROVEN_CASES") {
        Some(_) => TestRunner::new(config),
        None => {
            let seeds = TestRng::deterministic_rng(config.rng_algorithm);
            TestRunner::new_with_rng(config, seeds)
        }
    };
    let tally = std::cell::RefCell::new(Tally::default());
    let result = runner.run(&any::<u64>(), |seed| explore(seed, &mut tally.borrow_mut()));
    if let Err(error) = result {
        panic!("{error}");
    }
    let tally = tally.into_inner();
    println!("{tally:?}");
    // Without this the test could hold because nothing is ever proven, or because no input breaks anything.
    assert!(tally.proven > 50 && tally.broken > 50, "too little was tried: {tally:?}");
}

#[test]
fn what_is_proven_of_the_conformance_suite_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/mapping");
    let mut proven = 0;
    for (name, case) in support::cases(&root) {
        let topic = case.parent().expect("a topic");
        let world = support::world(&[&root.join("shared"), topic, &case]);
        let text = std::fs::read_to_string(case.join("case.mapping")).expect("a mapping");
        let source = Sources::default().add("case.mapping", text.as_str());
        let environment =
            Environment { schemas: &world.schemas, tables: &world.tables, rejections: &world.rejections };
        let (shared, _) = Shared::compile(&world.definitions, &environment);
        let (Some(mapping), _) = compile_mapping(source, &text, &environment, &shared) else { continue };
        let target = world.schemas.get(&mapping.target);
        let (Some(target), true) = (target, mapping.is_proven()) else { continue };
        proven += 1;
        let Ok(bytes) = std::fs::read(case.join("input.json")) else { continue };
        let input = json::decode(&bytes, &json::Limits::default()).expect("an input");
        for input in random::around(&input) {
            let inputs: Vec<Option<Value>> =
                mapping.inputs.iter().map(|known| input.get(&known.name).cloned()).collect();
            let fits = mapping.inputs.iter().zip(&inputs).all(|(known, value)| match value {
                Some(value) => world
                    .schemas
                    .get(&known.schema)
                    // A kind such as `text` has no schema: only of `any` is nothing asked.
                    .map_or(&*known.schema == "any", |schema| schema.violations(value, 1).is_empty()),
                None => known.optional,
            });
            if !fits {
                continue;
            }
            let context = Context::new(support::NOW, &world.tables);
            if let Ok(Some(made)) = mapping.program.eval(&inputs, &context) {
                let found = target.violations(&made, 3);
                assert!(found.is_empty(), "{name}: {found:?}\n{}\n{}", shown(&input), shown(&made));
            }
        }
    }
    assert!(proven > 3, "only {proven} cases are proven");
}

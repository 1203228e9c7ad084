//! Which mistakes in mappings `check` finds before anything runs: every clean conformance mapping gets one mistake at a
//! time, and what nobody notices until data comes is counted. `BLESS=1 cargo test --test mistakes` writes
//! `docs/mistakes.md` anew.

#[path = "mistakes/kinds.rs"]
mod kinds;
#[path = "mistakes/page.rs"]
mod page;
#[path = "mistakes/sites.rs"]
mod sites;
#[allow(dead_code, reason = "what runs a case to compare its result stands there too")]
#[path = "support/mapping.rs"]
mod support;
#[path = "mistakes/variants.rs"]
mod variants;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crossdock::codec::json;
use crossdock::diagnostic::{Diagnostic, Severity};
use crossdock::mapping::{Context, Environment, Error, Input, Limits, Mapping, Shared, compile_mapping};
use crossdock::value::Value;

use kinds::{KINDS, Mutant};
use page::Count;
use support::World;

/// What became of a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// `check` refuses the mapping.
    Error,
    /// `check` warns.
    Warning,
    /// `check --strict` lists something that it does not list of the clean mapping, and some input does fail.
    Listed,
    /// Every result still fits its schema: no schema can tell.
    Fits,
    /// It fails or breaks the target's schema on some valid input, and `check` said nothing.
    Missed,
}

/// A clean mapping with its world and the inputs on which it gives what it should.
struct Case {
    name: String,
    text: String,
    world: World,
    inputs: Vec<Vec<Option<Value>>>,
    /// What `check --strict` lists of it.
    listed: BTreeSet<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Case {
    fn compile(&mut self, text: &str) -> (Option<Mapping>, Vec<Diagnostic>) {
        let source = self.world.sources.add("case.mapping", text);
        let world = &self.world;
        let environment =
            Environment { schemas: &world.schemas, tables: &world.tables, rejections: &world.rejections };
        let (shared, mut findings) = Shared::compile(&world.definitions, &environment);
        let (mapping, more) = compile_mapping(source, text, &environment, &shared);
        findings.extend(more);
        (mapping, findings)
    }

    /// Whether an input is what its clause of `from` says.
    fn valid(&self, input: &Input, slot: Option<&Value>) -> bool {
        let Some(value) = slot else { return input.optional };
        let fits = |name: &str, value: &Value| match self.world.schemas.get(name) {
            Some(schema) => schema.violations(value, 1).is_empty(),
            None => name != "text" || value.as_str().is_some(),
        };
        match (input.schema.strip_suffix("[]"), value) {
            (Some(item), Value::Array(items)) => items.iter().all(|value| fits(item, value)),
            (Some(_), _) => false,
            (None, value) => fits(&input.schema, value),
        }
    }

    /// Whether a mapping gives a result that fits, or a rejection that is declared.
    fn fits(&self, mapping: &Mapping, input: &[Option<Value>]) -> bool {
        let limits = Limits { steps: 200_000, output: 1 << 20 };
        let context = Context { limits, ..Context::new(support::NOW, &self.world.tables) };
        match mapping.program.eval(input, &context) {
            Ok(Some(value)) => {
                let schema = self.world.schemas.get(&mapping.target);
                schema.is_none_or(|schema| schema.violations(&value, 1).is_empty())
            }
            Ok(None) => false,
            Err(Error::Rejected(_)) => true,
            Err(Error::Failed(_)) => false,
        }
    }

    fn verdict(&mut self, mutant: &Mutant) -> Verdict {
        let (mapping, findings) = self.compile(&mutant.text);
        let worst = findings.iter().map(Diagnostic::severity).max();
        let Some(mapping) = mapping else { return Verdict::Error };
        if worst == Some(Severity::Warning) {
            return Verdict::Warning;
        }
        if self.inputs.iter().all(|input| self.fits(&mapping, input)) {
            return Verdict::Fits;
        }
        if listed(&mapping).is_subset(&self.listed) { Verdict::Missed } else { Verdict::Listed }
    }
}

/// What `check --strict` lists: places that only data can show to be right, and calls that may fail.
fn listed(mapping: &Mapping) -> BTreeSet<String> {
    let hints = mapping.hints().into_iter().filter(|hint| hint.code.name != "unread-source");
    hints.map(|hint| format!("{} {:?}", hint.message, hint.help)).collect()
}

/// The conformance cases that check without a finding and give a value.
fn cases() -> Vec<Case> {
    let cases = support::cases(&root().join("tests/cases/mapping"));
    cases.into_iter().filter_map(|(name, path)| case(name, &path)).collect()
}

fn case(name: String, path: &Path) -> Option<Case> {
    let topic = path.parent()?;
    let world = support::world(&[&topic.parent()?.join("shared"), topic, path]);
    let text = std::fs::read_to_string(path.join("case.mapping")).ok()?;
    let input = std::fs::read(path.join("input.json")).ok()?;
    path.join("expected.json").exists().then_some(())?;
    let mut case = Case { name, text, world, inputs: Vec::new(), listed: BTreeSet::new() };
    let text = case.text.clone();
    let (mapping, findings) = case.compile(&text);
    // Where anything may go in or come out, there is nothing to check against.
    let mapping = mapping.filter(|mapping| findings.is_empty() && &*mapping.target != "any")?;
    case.listed = listed(&mapping);
    let given = json::decode(&input, &json::Limits::default()).ok()?;
    for variant in variants::of(&given) {
        let slots: Vec<Option<Value>> =
            mapping.inputs.iter().map(|input| variant.get(&input.name).cloned()).collect();
        let valid = mapping.inputs.iter().zip(&slots).all(|(input, slot)| case.valid(input, slot.as_ref()));
        if valid && case.fits(&mapping, &slots) {
            case.inputs.push(slots);
        }
    }
    Some(case)
}

#[test]
fn the_page_of_mistakes_is_fresh() {
    let mut counts: BTreeMap<usize, Count> = BTreeMap::new();
    let (mut cases, mut inputs) = (cases(), 0);
    for case in &mut cases {
        inputs += case.inputs.len();
        for mutant in kinds::mutants(&case.text) {
            let verdict = case.verdict(&mutant);
            let count = counts.entry(mutant.kind).or_default();
            count.add(verdict, || format!("`{}`: {}", case.name, mutant.change()));
        }
    }
    let unseeded: Vec<&str> = KINDS
        .iter()
        .enumerate()
        .filter(|(at, _)| !counts.contains_key(at))
        .map(|(_, kind)| kind.name)
        .collect();
    assert!(unseeded.is_empty(), "no mapping has a place for: {unseeded:?}");
    let page = page::page(&counts, cases.len(), inputs);
    let path = root().join("docs/mistakes.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).expect("it can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/mistakes.md is old: run `BLESS=1 cargo test --test mistakes` and read the diff"
    );
}

//! The mapping language's cases on disk: finds them and runs one.
//!
//! A case is a folder with `case.mapping` and, when it runs, `input.json` (an object: a member for
//! each input). `specs/**/*.json`, `tables/*.csv` and `shared/*.mapping` beside it, or in the folder of
//! its topic, are its schemas, tables and files of definitions. What it must come to stands in `expected.json` (a value), or in
//! `expected.txt` (findings, a rejection, a failure, or `absent`).

#[path = "agree.rs"]
pub mod agree;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock::clock::Moment;
use crossdock::codec::json;
use crossdock::config::TextFile;
use crossdock::diagnostic::{Diagnostic, Severity, Sources, render};
use crossdock::mapping::{Context, Environment, Error, Shared, Tables, compile_mapping};
use crossdock::schema::{SchemaSource, Schemas};
use crossdock::value::Value;

/// When every case runs: 2026-03-01T12:00:00Z.
pub const NOW: Moment = Moment(1_772_366_400_000_000_000);

/// What a case came to.
#[derive(Debug, PartialEq)]
pub enum Actual {
    Json(Value),
    Text(String),
}

/// Every case below `root`, with its name (`topic/case`), sorted.
pub fn cases(root: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for topic in folders(root) {
        for case in folders(&topic) {
            if case.join("case.mapping").exists() {
                let name = case.strip_prefix(root).unwrap_or(&case).display().to_string();
                found.push((name, case));
            }
        }
    }
    found.sort();
    found
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// The files with an extension below a folder, with their name: the path without the extension.
fn files(root: &Path, extension: &str) -> Vec<(String, String)> {
    fn walk(root: &Path, dir: &Path, extension: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, extension, found);
            } else if path.extension().is_some_and(|known| known == extension) {
                let name = path.strip_prefix(root).unwrap_or(&path).with_extension("");
                found.push((name.display().to_string(), fs::read_to_string(&path).unwrap_or_default()));
            }
        }
    }
    let mut found = Vec::new();
    walk(root, root, extension, &mut found);
    found.sort();
    found
}

/// Schemas and tables of a case, and the sources that findings point into.
pub struct World {
    pub sources: Sources,
    pub schemas: Schemas,
    pub tables: Tables,
    pub rejections: crossdock::mapping::Rejections,
    /// Files of definitions.
    pub definitions: Vec<TextFile>,
    pub findings: Vec<Diagnostic>,
}

/// Reads the schemas and tables of the folders, later ones over earlier ones.
pub fn world(folders: &[&Path]) -> World {
    let mut sources = Sources::default();
    let (mut specs, mut tables, mut definitions) = (Vec::new(), Vec::new(), Vec::new());
    for folder in folders {
        for (name, text) in files(&folder.join("specs"), "json") {
            let source = sources.add(format!("specs/{name}.json"), text.clone());
            specs.push(SchemaSource { name: name.into(), source, text: text.into() });
        }
        for (name, text) in files(&folder.join("tables"), "csv") {
            let source = sources.add(format!("tables/{name}.csv"), text.clone());
            tables.push(TextFile { name: name.into(), source, text: text.into() });
        }
        for (name, text) in files(&folder.join("shared"), "mapping") {
            let source = sources.add(format!("shared/{name}.mapping"), text.clone());
            definitions.push(TextFile { name: name.into(), source, text: text.into() });
        }
    }
    let (schemas, mut findings) = Schemas::compile(&specs);
    let (tables, more) = Tables::compile(&tables);
    findings.extend(more);
    let rejections = ["no_rate", "unmapped_unit", "missing_reference"];
    World {
        sources,
        schemas,
        tables,
        rejections: rejections.map(|code| (Arc::from(code), BTreeSet::new())).into(),
        definitions,
        findings,
    }
}

/// Runs a case.
pub fn run(case: &Path) -> Result<Actual, String> {
    let topic = case.parent().ok_or("a case stands in the folder of its topic")?;
    let shared = topic.parent().ok_or("a topic stands in the folder of all cases")?.join("shared");
    let mut world = world(&[&shared, topic, case]);
    let text = fs::read_to_string(case.join("case.mapping")).map_err(|error| error.to_string())?;
    let source = world.sources.add("case.mapping", text.clone());
    let environment =
        Environment { schemas: &world.schemas, tables: &world.tables, rejections: &world.rejections };
    let (shared, mut findings) = Shared::compile(&world.definitions, &environment);
    let broken = findings.iter().any(|finding| finding.severity() == Severity::Error);
    let (mapping, more) = compile_mapping(source, &text, &environment, &shared);
    findings.extend(more);
    findings.splice(0..0, std::mem::take(&mut world.findings));
    let shown = render::text::render(&findings, &world.sources, false);
    let Some(mapping) = mapping.filter(|_| !broken) else { return Ok(Actual::Text(shown)) };
    let Ok(input) = fs::read(case.join("input.json")) else {
        return Ok(Actual::Text(shown));
    };
    if !findings.is_empty() {
        return Err(format!("the case runs, but has findings:\n{shown}"));
    }
    let input = json::decode(&input, &json::Limits::default()).map_err(|error| error.message)?;
    let inputs: Vec<Option<Value>> =
        mapping.inputs.iter().map(|known| input.get(&known.name).cloned()).collect();
    for (known, value) in mapping.inputs.iter().zip(&inputs) {
        let schema = world.schemas.get(&known.schema);
        if let (Some(schema), Some(value)) = (schema, value)
            && let Some(violation) = schema.violations(value, 1).first()
        {
            return Err(format!("the input breaks its schema: {} {}", violation.pointer, violation.message));
        }
    }
    let context = Context::new(NOW, &world.tables);
    agree::agree(&mapping.program, &inputs, &context)?;
    Ok(match mapping.program.eval(&inputs, &context) {
        Ok(Some(value)) => {
            if let Some(violation) = world
                .schemas
                .get(&mapping.target)
                .and_then(|schema| schema.violations(&value, 1).into_iter().next())
            {
                let (at, message) = (violation.pointer, violation.message);
                return Ok(Actual::Text(format!("breaks the target's schema at `{at}`: {message}\n")));
            }
            Actual::Json(value)
        }
        Ok(None) => Actual::Text("absent\n".to_owned()),
        Err(error @ Error::Rejected(_)) => Actual::Text(format!("{error}\n")),
        Err(Error::Failed(failed)) => {
            let place = world.sources.locate(failed.span);
            Actual::Text(format!("failed at {place}: {}\n", Error::Failed(failed)))
        }
    })
}

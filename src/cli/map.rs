//! `crossdock map FILE --input X.json`: one mapping on one input.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{self, Colour};
use crate::clock::SystemClock;
use crate::codec;
use crate::config::{self, Environment, Project};
use crate::diagnostic::Severity;
use crate::mapping::{self, Mapping, Tables};
use crate::plan;
use crate::schema::Schemas;
use crate::value::Value;

/// Run one mapping on one input and print what it makes
///
/// The result is checked against the mapping's target schema, as the gateway does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock map mappings/booking_to_sales_order.mapping --input booking.json
  crossdock map mappings/order_to_job.mapping --input booking=b.json --input order=o.json

A mapping with several inputs (`from a as x, b as y`) takes one --input for each, by its name.")]
pub(super) struct Options {
    /// The mapping's file
    file: PathBuf,
    /// A JSON file, or `name=FILE` when the mapping has several inputs
    #[arg(long = "input", value_name = "[NAME=]FILE", required = true)]
    inputs: Vec<String>,
    /// The project with the schemas and tables; the one around FILE unless said
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    match attempt(options) {
        Ok(code) => code,
        Err(why) => output::could_not(why),
    }
}

fn attempt(options: &Options) -> Result<u8, String> {
    let text = std::fs::read_to_string(&options.file)
        .map_err(|error| format!("`{}` cannot be read: {error}", options.file.display()))?;
    let mut project = project(options)?;
    let source = project.sources.add(options.file.display().to_string(), text.as_str());
    let schemas = Schemas::compile(&plan::schema_sources(&project)).0;
    let tables = Tables::compile(&project.tables).0;
    let rejections: mapping::Rejections = project
        .exceptions
        .rejections
        .keys()
        .map(|name| (name.value.as_str().into(), Default::default()))
        .collect();
    let environment = mapping::Environment { schemas: &schemas, tables: &tables, rejections: &rejections };
    let (shared, broken) = mapping::Shared::compile(&project.mappings, &environment);
    if broken.iter().any(|finding| finding.severity() == Severity::Error) {
        output::say_findings(&broken, &project.sources, Colour::Auto);
        return Ok(output::FINDINGS);
    }
    let (mapping, findings) = mapping::compile_mapping(source, &text, &environment, &shared);
    output::say_findings(&findings, &project.sources, Colour::Auto);
    let Some(mapping) = mapping else { return Ok(output::FINDINGS) };
    let slots = slots(&mapping, &options.inputs)?;
    let context = mapping::Context::new(SystemClock::shared().now(), &tables);
    match mapping.program.eval(&slots, &context) {
        Ok(value) => Ok(show(&mapping, value, &schemas)),
        Err(error) => {
            output::say(&told(&error, &project));
            Ok(output::FINDINGS)
        }
    }
}

/// Why there is no result, and where in the mapping.
fn told(error: &mapping::Error, project: &Project) -> String {
    match error {
        mapping::Error::Rejected(rejected) => {
            format!(
                "rejected `{}`: {}\n  --> {}\n",
                rejected.code,
                rejected.text,
                project.sources.locate(rejected.span)
            )
        }
        mapping::Error::Failed(failed) => {
            let place = if failed.target.as_str().is_empty() {
                String::new()
            } else {
                format!("`{}`: ", failed.target)
            };
            format!("failed: {place}{}\n  --> {}\n", failed.message, project.sources.locate(failed.span))
        }
    }
}

/// Prints the result and how it breaks its schema, if it does.
fn show(mapping: &Mapping, value: Option<Value>, schemas: &Schemas) -> u8 {
    let Some(value) = value else {
        output::say("the result is absent\n");
        return output::CLEAN;
    };
    output::say_json(&String::from_utf8_lossy(&codec::json::encode_pretty(&value)));
    output::say("\n");
    let violations =
        schemas.get(&mapping.target).map(|schema| schema.violations(&value, 100)).unwrap_or_default();
    for violation in &violations {
        output::say(&format!(
            "does not fit `{}`: {} {}\n",
            mapping.target, violation.pointer, violation.message
        ));
    }
    if violations.is_empty() { output::CLEAN } else { output::FINDINGS }
}

/// The project that was named, or the nearest one around the file, or an empty one.
fn project(options: &Options) -> Result<Project, String> {
    let around = || {
        let file = options.file.canonicalize().ok()?;
        file.ancestors().skip(1).find(|dir| dir.join("gateway.yaml").is_file()).map(Path::to_owned)
    };
    let Some(dir) = options.project.clone().or_else(around) else { return Ok(Project::default()) };
    output::folder(&dir)?;
    Ok(config::load(&dir, &Environment::of_process()).0)
}

/// The inputs in the mapping's order.
fn slots(mapping: &Mapping, inputs: &[String]) -> Result<Vec<Option<Value>>, String> {
    let mut slots = vec![None; mapping.inputs.len()];
    let names =
        || mapping.inputs.iter().map(|input| format!("`{}`", input.name)).collect::<Vec<_>>().join(", ");
    for given in inputs {
        let (at, file) = match given.split_once('=') {
            Some((name, file)) => {
                let at = mapping.inputs.iter().position(|input| &*input.name == name);
                (at.ok_or_else(|| format!("the mapping has no input `{name}`; it has {}", names()))?, file)
            }
            None if mapping.inputs.len() == 1 => (0, given.as_str()),
            None => {
                return Err(format!(
                    "the mapping has several inputs, {}: write `--input NAME=FILE` for each",
                    names()
                ));
            }
        };
        if slots[at].is_some() {
            return Err(format!("the input `{}` is given twice: give each once", mapping.inputs[at].name));
        }
        slots[at] = Some(read(file)?);
    }
    Ok(slots)
}

fn read(file: &str) -> Result<Value, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("`{file}` cannot be read: {error}"))?;
    codec::json::decode(&bytes, &codec::Limits::default())
        .map_err(|error| format!("`{file}` is not JSON: {} at byte {}", error.message, error.offset))
}

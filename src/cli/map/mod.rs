//! `crossdock map FILE --input X.json`: one mapping on one input, or on each line of many.

mod inputs;
mod lines;
mod trace;

use std::path::{Path, PathBuf};

use clap::Args;

use self::inputs::Given;
use super::output::{self, Colour};
use crate::clock::SystemClock;
use crate::codec;
use crate::config::{self, Environment, Project};
use crate::diagnostic::Severity;
use crate::mapping::{self, Context, Mapping, Query, Tables};
use crate::plan;
use crate::schema::Schemas;
use crate::value::Value;

/// Run one mapping on one input, or on many, and print what it makes
///
/// What goes in is checked against the schemas of the mapping's inputs, and what comes out against that
/// of its target, as the gateway does. Results go to standard output, all that is wrong to standard error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock map mappings/booking_to_sales_order.mapping --input booking.json
  crossdock map mappings/order_to_job.mapping --input booking=b.json --input order=o.json
  crossdock map mappings/booking_to_sales_order.mapping --input booking.json --trace
  crossdock map mappings/erp_order_to_order.mapping --input orders.ndjson > mapped.ndjson

A mapping with several inputs (`from a as x, b as y`) takes one --input for each, by its name. One of them may
be many, a JSON document a line: then there is a result a line, and the other inputs stay the same.

Exit codes: 0 everything was mapped, 1 something was not, or does not fit its schema, 2 could not run.")]
pub(super) struct Options {
    /// The mapping's file
    file: PathBuf,
    /// A JSON file, `-` for standard input; `name=FILE` when the mapping has several inputs; `.ndjson`: many
    #[arg(long = "input", value_name = "[NAME=]FILE", required = true)]
    inputs: Vec<String>,
    /// Standard input holds a JSON document a line
    #[arg(long)]
    ndjson: bool,
    /// Take the inputs as they are, whatever their schemas say
    #[arg(long)]
    no_check: bool,
    /// Show of each target field what it was made of, in place of the result
    #[arg(long)]
    trace: bool,
    /// The project with the schemas and tables; the one around FILE unless said
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
}

/// A mapping, ready to run, and what it runs with.
struct Ready {
    project: Project,
    schemas: Schemas,
    tables: Tables,
    mapping: Mapping,
    /// What the project never shows.
    redact: Vec<Query>,
    no_check: bool,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    match attempt(options) {
        Ok(code) => code,
        Err(why) => output::could_not(why),
    }
}

fn attempt(options: &Options) -> Result<u8, String> {
    let Some(ready) = ready(options)? else { return Ok(output::FINDINGS) };
    match inputs::read(&ready.mapping, &options.inputs, options.ndjson)? {
        Given::One(slots) if options.trace => Ok(ready.traced(&slots)),
        Given::One(slots) => Ok(ready.one(&slots)),
        Given::Many(_) if options.trace => {
            Err("`--trace` shows one run: give one input, not many".to_owned())
        }
        Given::Many(many) => lines::run(&ready, many),
    }
}

/// Compiles the mapping. `None`: it has errors, which are said.
fn ready(options: &Options) -> Result<Option<Ready>, String> {
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
        output::complain(&output::findings(&broken, &project.sources, Colour::Never));
        return Ok(None);
    }
    let (mapping, findings) = mapping::compile_mapping(source, &text, &environment, &shared);
    output::complain(&output::findings(&findings, &project.sources, Colour::Never));
    let queries = project.gateway.iter().flat_map(|gateway| gateway.redact.iter());
    let redact = queries.filter_map(|text| Query::compile(&text.value).ok()).collect();
    let no_check = options.no_check;
    Ok(mapping.map(|mapping| Ready { project, schemas, tables, mapping, redact, no_check }))
}

impl Ready {
    /// Runs on one input and prints the result.
    fn one(&self, slots: &[Option<Value>]) -> u8 {
        if self.unfit_inputs(slots) {
            return output::FINDINGS;
        }
        let context = Context::new(SystemClock::shared().now(), &self.tables);
        match self.mapping.program.eval(slots, &context) {
            Ok(Some(value)) => {
                output::say_json(&String::from_utf8_lossy(&codec::json::encode_pretty(&value)));
                output::say("\n");
                self.end(&value)
            }
            Ok(None) => {
                output::complain("the result is absent\n");
                output::CLEAN
            }
            Err(error) => {
                output::complain(&told(&error, &self.project));
                output::FINDINGS
            }
        }
    }

    /// Says how the result breaks its schema, if it does.
    fn end(&self, value: &Value) -> u8 {
        let violations = self.mapping.unfit_result(value, &self.schemas);
        violations.iter().for_each(|words| output::complain(&format!("{words}\n")));
        if violations.is_empty() { output::CLEAN } else { output::FINDINGS }
    }

    /// Says how the inputs break their schemas, if they do.
    fn unfit_inputs(&self, slots: &[Option<Value>]) -> bool {
        if self.no_check {
            return false;
        }
        let violations = self.mapping.unfit_inputs(slots, &self.schemas);
        violations.iter().for_each(|words| output::complain(&format!("{words}\n")));
        if !violations.is_empty() {
            output::complain("nothing was mapped; `--no-check` maps it all the same\n");
        }
        !violations.is_empty()
    }
}

/// Why there is no result, and where in the mapping.
fn told(error: &mapping::Error, project: &Project) -> String {
    let (words, span) = in_short(error);
    format!("{words}\n  --> {}\n", project.sources.locate(span))
}

fn in_short(error: &mapping::Error) -> (String, crate::diagnostic::Span) {
    match error {
        mapping::Error::Rejected(rejected) => {
            (format!("rejected `{}`: {}", rejected.code, rejected.text), rejected.span)
        }
        mapping::Error::Failed(failed) => {
            let place = if failed.target.as_str().is_empty() {
                String::new()
            } else {
                format!("`{}`: ", failed.target)
            };
            (format!("failed: {place}{}", failed.message), failed.span)
        }
    }
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

//! `crossdock check DIR`: every finding about a project, without running it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{self, Colour};
use super::project;
use crate::config::Environment;
use crate::diagnostic::render::{self, Format};
use crate::diagnostic::{Code, Severity, codes, nearest};
use crate::mapping::Shared;
use crate::plan::Checked;

/// Hints that fail a strict check.
const STRICT: [&Code; 2] = [&codes::CHECKED_AT_RUNTIME, &codes::MAY_FAIL];

/// Find every mistake in a project before anything runs
///
/// Reads all files, links them and says everything at once: names that nothing declares, mappings that do
/// not fit their schemas, routes that overlap, unsafe retries, and so on. No secret is needed and no
/// system is called.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock check my-project
  crossdock check my-project --format sarif > findings.sarif
  crossdock check --explain overlapping-routes

Exit codes: 0 no errors (warnings do not fail a check), 1 errors (with --strict also places that are
checked when data is there, and calls that may fail), 2 could not run.")]
pub(super) struct Options {
    /// The project: the folder that holds `gateway.yaml`
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// How to print findings: for people, for scripts, for code hosts
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// When to use colour
    #[arg(long, value_enum, default_value = "auto")]
    color: Colour,
    /// List also what can only be checked when data is there and calls that may fail; these then count as
    /// findings
    #[arg(long)]
    strict: bool,
    /// Print what a code such as `unknown-field` means, with an example; `all` lists the codes
    #[arg(long, value_name = "CODE", exclusive = true)]
    explain: Option<String>,
}

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
    Sarif,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    if let Some(code) = &options.explain {
        return explain(code);
    }
    if let Err(why) = output::folder(&options.dir) {
        return output::could_not(why);
    }
    let checked = project::check(&options.dir, &Environment::of_process()).checked;
    match options.format {
        Form::Text => output::say(&report(&checked, options)),
        Form::Json | Form::Sarif => output::say_json(&report(&checked, options)),
    }
    let open = options.strict && checked.hints.iter().any(|hint| STRICT.contains(&hint.code));
    if checked.counts().0 > 0 || open { output::FINDINGS } else { output::CLEAN }
}

fn report(checked: &Checked, options: &Options) -> String {
    let mut findings = checked.diagnostics.clone();
    if options.strict {
        findings.extend(checked.hints.iter().cloned());
        render::sort(&mut findings, &checked.project.sources);
    }
    let sources = &checked.project.sources;
    match options.format {
        Form::Json => render::render(Format::Json, &findings, sources, false),
        Form::Sarif => render::render(Format::Sarif, &findings, sources, false),
        Form::Text => {
            let text = render::render(Format::Text, &findings, sources, options.color.wanted());
            let gap = if text.is_empty() { "" } else { "\n" };
            format!("{text}{gap}{}{}\n", summary(checked), strict(checked, options))
        }
    }
}

/// `; 4 places are checked when data is there, 1 call may fail`.
fn strict(checked: &Checked, options: &Options) -> String {
    let count = |code: &Code| checked.hints.iter().filter(|hint| hint.code == code).count();
    let (places, calls) = (count(&codes::CHECKED_AT_RUNTIME), count(&codes::MAY_FAIL));
    if !options.strict || places + calls == 0 {
        return String::new();
    }
    let of = |count: usize, what: &str, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {what} {one}")),
        count => Some(format!("{count} {what}s {many}")),
    };
    let places = of(places, "place", "is checked when data is there", "are checked when data is there");
    let calls = of(calls, "call", "may fail", "may fail");
    format!("; {}", [places, calls].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// `checked 3 systems, 5 routes, 4 flows, 12 mappings: no findings`.
fn summary(checked: &Checked) -> String {
    let project = &checked.project;
    let routes = project.routes.iter().map(|file| file.routes.len()).sum();
    let counts = [
        (project.systems.len(), "system"),
        (routes, "route"),
        (project.flows.len(), "flow"),
        (project.mappings.iter().filter(|file| !Shared::is_shared(&file.text)).count(), "mapping"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    let (errors, warnings) = checked.counts();
    let more = match checked.diagnostics.iter().find(|finding| finding.severity() == Severity::Error) {
        Some(first) => format!("; `crossdock check --explain {}` says more", first.code.name),
        None => String::new(),
    };
    format!("checked {}: {}{more}", counts.join(", "), output::counted(errors, warnings))
}

fn explain(name: &str) -> u8 {
    if name == "all" {
        let lines = codes::ALL.iter().map(|code| format!("{:<8} {}\n", code.severity.name(), code.name));
        output::say(&lines.collect::<String>());
        return output::CLEAN;
    }
    let Some(code) = codes::find(name) else {
        let near = nearest(name, codes::ALL.iter().map(|code| code.name));
        let near = near
            .map_or("`--explain all` lists every code".to_owned(), |near| format!("did you mean `{near}`?"));
        return output::could_not(format!("there is no code `{name}`; {near}"));
    };
    output::say(code.page);
    output::CLEAN
}

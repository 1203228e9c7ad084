//! `crossdock schema KIND`: the JSON Schema of a kind of YAML file, for editors.

use clap::Args;

use super::output;
use crate::auth;
use crate::config;
use crate::diagnostic::nearest;

/// Print the JSON Schema of a kind of file, so that editors complete and check while you type
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock schema                 lists the kinds
  crossdock schema flow > flow.schema.json

For editors with the YAML language server, write this above a file:
  # yaml-language-server: $schema=../flow.schema.json")]
pub(super) struct Options {
    /// gateway, system, route, flow, exceptions, stub or test; without one, all are listed
    kind: Option<String>,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    let Some(kind) = &options.kind else {
        output::say(&names().map(|kind| format!("{kind}\n")).collect::<String>());
        return output::CLEAN;
    };
    let Some(mut schema) = config::schema_of(kind) else {
        let near = nearest(kind, names());
        let near =
            near.map_or(names().collect::<Vec<_>>().join(", "), |near| format!("did you mean `{near}`?"));
        return output::could_not(format!("there is no kind of file `{kind}`: {near}"));
    };
    auth::for_editors(&mut schema);
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    output::say(&format!("{text}\n"));
    output::CLEAN
}

/// Every kind of file.
fn names() -> impl Iterator<Item = &'static str> {
    config::KINDS.iter().map(|kind| kind.name())
}

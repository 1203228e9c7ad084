//! `crossdock schema NAME`: the JSON Schema of a kind of YAML file, for editors, or of a canonical entity.

use clap::Args;

use super::output;
use crate::auth;
use crate::config;
use crate::diagnostic::nearest;
use crate::schema::CANONICAL;

/// Print the JSON Schema of a kind of file, or of a canonical entity
///
/// With the schema of its kind, an editor completes and checks a file while you type. The schema of a
/// canonical entity says which fields a mapping may write and read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock schema                    lists the kinds of files and the entities
  crossdock schema flow > flow.schema.json
  crossdock schema canonical/order@1

For editors with the YAML language server, write this above a file:
  # yaml-language-server: $schema=../flow.schema.json")]
pub(super) struct Options {
    /// gateway, system, route, flow, exceptions, stub, test, or an entity; without one, all are listed
    name: Option<String>,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    let Some(name) = &options.name else {
        output::say(&names().map(|name| format!("{name}\n")).collect::<String>());
        return output::CLEAN;
    };
    if let Some((_, text)) = CANONICAL.iter().find(|(entity, _)| entity == name) {
        output::say(text);
        return output::CLEAN;
    }
    let Some(mut schema) = config::schema_of(name) else {
        let near = nearest(name, names());
        let near =
            near.map_or("`crossdock schema` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        return output::could_not(format!("there is no kind of file and no entity `{name}`; {near}"));
    };
    auth::for_editors(&mut schema);
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    output::say(&format!("{text}\n"));
    output::CLEAN
}

/// Every kind of file, then every canonical entity.
fn names() -> impl Iterator<Item = &'static str> {
    config::KINDS.iter().map(|kind| kind.name()).chain(CANONICAL.iter().map(|(name, _)| *name))
}

//! `crossdock asyncapi DIR`: what the project tells others, as an AsyncAPI document.

use std::path::PathBuf;

use clap::Args;

use super::{output, project};
use crate::codec::json;
use crate::config::Environment;
use crate::event::async_api;

/// Print an AsyncAPI 3 document of what webhooks and streams are told
///
/// Each event type is a channel, each webhook and stream an operation that sends, each schema stands in the document.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock asyncapi my-project > events.asyncapi.json")]
pub(super) struct Options {
    /// The project's folder
    dir: PathBuf,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    let checked = project::check(&options.dir, &Environment::of_process()).checked;
    let Some(plan) = checked.plan else {
        return output::could_not("the project has errors: `crossdock check` shows them");
    };
    let document = async_api::document(&plan.settings.name, &plan.events, &plan.schemas);
    output::say(&format!("{}\n", String::from_utf8_lossy(&json::encode_pretty(&document))));
    output::CLEAN
}

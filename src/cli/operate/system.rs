//! `crossdock system`: pausing what we call.

use clap::{Args, Subcommand};
use serde_json::json;

use super::super::output;
use super::client::escaped;
use super::show::{table, word};
use super::{Where, ended};

/// Pause and resume a system
///
/// Durable work that needs a paused system waits, and uses up no attempt. It goes on by itself once the system is
/// resumed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock system list
  crossdock system pause erp --reason 'month-end closing'
  crossdock system resume erp --reason 'closing is done'")]
pub(in crate::cli) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List systems
    List {
        #[command(flatten)]
        place: Where,
    },
    /// Make no more attempts there
    Pause(Act),
    /// Let work go on
    Resume(Act),
}

#[derive(Debug, Args)]
struct Act {
    /// The system
    name: String,
    /// Why: it goes into the audit trail
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: Where,
}

/// Runs the command.
pub(in crate::cli) fn run(options: &Options) -> u8 {
    ended(match &options.what {
        What::List { place } => list(place),
        What::Pause(own) => act(own, "pause"),
        What::Resume(own) => act(own, "resume"),
    })
}

fn list(place: &Where) -> Result<u8, String> {
    let found = place.open()?.get("/systems")?;
    let rows = found["systems"].as_array().into_iter().flatten();
    let rows: Vec<Vec<String>> =
        rows.map(|own| vec![word(own, "system"), word(own, "owner"), word(own, "paused_by")]).collect();
    output::say(&table(&["system", "owner", "paused by"], &rows));
    Ok(output::CLEAN)
}

fn act(options: &Act, action: &str) -> Result<u8, String> {
    let path = format!("/systems/{}/{action}", escaped(&options.name));
    let done = options.place.open()?.post(&path, &json!({ "reason": options.reason }).to_string())?;
    output::say(&format!("{} is {action}d: case {}\n", word(&done, "system"), word(&done, "case")));
    Ok(output::CLEAN)
}

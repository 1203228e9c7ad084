//! `crossdock events`: what happened, who was told of it, and telling them again.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::super::output;
use super::client::{escaped, query};
use super::show::{facts, span, table, when, word};
use super::{Where, ended};

/// Look at events and their subscribers
///
/// Each subscriber reads the event log from a place of its own: one that is away delays nobody, and goes on where
/// it stopped.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock events status
  crossdock events list --event delivery.milestone --key S-SO-108001
  crossdock events show 4711
  crossdock events resume delivery.milestone:customer_hooks:C-1002 --reason 'their endpoint is back'
  crossdock events replay delivery.milestone:ledger --since 2026-05-07T08:00:00Z --reason 'their disk was lost'")]
pub(in crate::cli) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List events, the oldest first
    List(List),
    /// Show one event and what it says
    Show {
        /// Its number in the log
        number: u64,
        #[command(flatten)]
        place: Where,
    },
    /// Show how far each subscriber has come
    Status {
        #[command(flatten)]
        place: Where,
    },
    /// Tell one subscriber again of everything since a time
    Replay(Replay),
    /// Let a subscriber that was stopped go on where it stopped
    Resume(Resume),
}

#[derive(Debug, Args)]
struct List {
    /// Only events of this name
    #[arg(long)]
    event: Option<String>,
    /// Only events about this
    #[arg(long)]
    key: Option<String>,
    /// Only of this account
    #[arg(long)]
    account: Option<String>,
    /// Only those after this number
    #[arg(long)]
    after: Option<u64>,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    limit: u64,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
struct Replay {
    /// The subscriber, as `status` shows it
    name: String,
    /// From when: `2026-05-07T08:00:00Z`
    #[arg(long, value_name = "MOMENT")]
    since: String,
    /// Why: it goes into the audit trail
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
struct Resume {
    /// The subscriber, as `status` shows it
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
        What::List(own) => list(own),
        What::Show { number, place } => show(*number, place),
        What::Status { place } => status(place),
        What::Replay(own) => replay(own),
        What::Resume(own) => resume(own),
    })
}

fn list(options: &List) -> Result<u8, String> {
    let asked = query(&[
        ("event", options.event.clone()),
        ("key", options.key.clone()),
        ("account", options.account.clone()),
        ("after", options.after.map(|after| after.to_string())),
        ("limit", Some(options.limit.to_string())),
    ]);
    let found = options.place.open()?.get(&format!("/events{asked}"))?;
    let rows = found["events"].as_array().into_iter().flatten();
    let row = |own: &Json| {
        vec![
            word(own, "number"),
            when(own, "recorded_at"),
            word(own, "event"),
            word(own, "key"),
            word(own, "account"),
        ]
    };
    let rows: Vec<Vec<String>> = rows.map(row).collect();
    output::say(&table(&["number", "recorded", "event", "key", "account"], &rows));
    Ok(output::CLEAN)
}

fn show(number: u64, place: &Where) -> Result<u8, String> {
    let found = place.open()?.get(&format!("/events/{number}"))?;
    let names = [
        ("event", "event"),
        ("key", "key"),
        ("account", "account"),
        ("source", "source"),
        ("id", "id"),
        ("occurred_at", "occurred"),
        ("recorded_at", "recorded"),
        ("correlation_id", "correlation"),
        ("instance", "instance"),
    ];
    output::say(&format!("event {number}\n{}{:#}\n", facts(&found, &names), found["says"]));
    Ok(output::CLEAN)
}

fn status(place: &Where) -> Result<u8, String> {
    let found = place.open()?.get("/subscribers")?;
    let rows = found["subscribers"].as_array().into_iter().flatten();
    let row = |own: &Json| {
        let oldest = own["oldest_ms"].as_i64().map_or("-".to_owned(), span);
        let more = if own["at_least"].as_bool() == Some(true) { "+" } else { "" };
        let behind = format!("{}{more}", word(own, "behind"));
        vec![word(own, "subscriber"), word(own, "state"), behind, oldest, word(own, "problem")]
    };
    let rows: Vec<Vec<String>> = rows.map(row).collect();
    output::say(&table(&["subscriber", "state", "behind", "oldest", "problem"], &rows));
    Ok(output::CLEAN)
}

fn replay(options: &Replay) -> Result<u8, String> {
    let path = format!("/subscribers/{}/replay", escaped(&options.name));
    let body = json!({ "since": options.since, "reason": options.reason }).to_string();
    let done = options.place.open()?.post(&path, &body)?;
    output::say(&format!(
        "{} is told again from event {} on\n",
        word(&done, "subscriber"),
        word(&done, "next")
    ));
    Ok(output::CLEAN)
}

fn resume(options: &Resume) -> Result<u8, String> {
    let path = format!("/subscribers/{}/resume", escaped(&options.name));
    let body = json!({ "reason": options.reason }).to_string();
    let done = options.place.open()?.post(&path, &body)?;
    output::say(&format!("{} goes on from event {}\n", word(&done, "subscriber"), word(&done, "next")));
    Ok(output::CLEAN)
}

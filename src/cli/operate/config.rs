//! `crossdock config`: generations that served, and going back to one.

use clap::{Args, Subcommand};
use serde_json::json;

use super::super::output;
use super::show::{table, when, word};
use super::{Where, ended};

/// See what served, and go back
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock config history
  crossdock config rollback 3f2a91 --reason 'the new prices are wrong'

A rollback serves what was kept of that generation. It ends when the project's files change or are loaded again:
put them right meanwhile.")]
pub(in crate::cli) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List generations, newest first
    History(History),
    /// Serve a generation again (admin)
    Rollback(Rollback),
}

#[derive(Debug, Args)]
struct History {
    /// At most so many
    #[arg(long, default_value_t = 20)]
    limit: u32,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
struct Rollback {
    /// Its digest, or how that begins
    digest: String,
    /// Why: it goes into the audit trail
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: Where,
}

/// Runs the command.
pub(in crate::cli) fn run(options: &Options) -> u8 {
    ended(match &options.what {
        What::History(own) => history(own),
        What::Rollback(own) => rollback(own),
    })
}

fn history(options: &History) -> Result<u8, String> {
    let found = options.place.open()?.get(&format!("/config/history?limit={}", options.limit))?;
    let rows: Vec<Vec<String>> = found["generations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|past| {
            let digest: String = word(past, "digest").chars().take(12).collect();
            let serves = if past["serves"] == json!(true) { "serves" } else { "" };
            let back = if past["instead_of"].is_null() { "" } else { "went back: " };
            vec![
                digest,
                when(past, "at"),
                word(past, "who"),
                serves.to_owned(),
                format!("{back}{}", word(past, "why")),
            ]
        })
        .collect();
    output::say(&table(&["digest", "since", "who", "", "why"], &rows));
    Ok(output::CLEAN)
}

fn rollback(options: &Rollback) -> Result<u8, String> {
    let body = json!({ "digest": options.digest, "reason": options.reason });
    let report = options.place.open()?.post("/config/rollback", &body.to_string())?;
    output::say(&format!("generation {} serves {}\n", word(&report, "generation"), word(&report, "digest")));
    Ok(output::CLEAN)
}

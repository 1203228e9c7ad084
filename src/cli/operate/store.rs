//! `crossdock store`: its numbers, a copy, a look at all of it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::super::output;
use super::show::word;
use super::{Where, ended};
use crate::store::{self, Sqlite, Status, StoreError};

/// See, copy and check the store
///
/// Of a running gateway; or, with --store, of a directory that no gateway has open.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock store status
  crossdock store backup /backups/2026-05-07
  crossdock store verify --store my-project/.crossdock
  crossdock store erase --account C-1002 --reason 'contract ended, request 4711'")]
pub(in crate::cli) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// What is in it, in numbers
    Status(Place),
    /// Copy it, while work goes on
    Backup(Backup),
    /// Look at everything in it
    Verify(Place),
    /// Take the payloads of finished work away for good
    Erase(Erase),
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("whose").required(true).multiple(true).args(["account", "reference"])))]
struct Erase {
    /// Whose; with --reference: only of this account
    #[arg(long)]
    account: Option<String>,
    /// All that an id, a correlation id, a business key or any reference names
    #[arg(long)]
    reference: Option<String>,
    /// Why: it goes into the audit trail
    #[arg(long)]
    reason: String,
    /// Only say how much it would be
    #[arg(long)]
    preview: bool,
    #[command(flatten)]
    gateway: Where,
}

#[derive(Debug, Args)]
struct Place {
    /// A store's directory that no gateway has open, instead of a running gateway
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    #[command(flatten)]
    gateway: Where,
}

#[derive(Debug, Args)]
struct Backup {
    /// A directory of the gateway's machine that is empty or not there yet
    to: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub(in crate::cli) fn run(options: &Options) -> u8 {
    ended(match &options.what {
        What::Status(place) => status(place),
        What::Backup(own) => backup(own),
        What::Verify(place) => verify(place),
        What::Erase(own) => erase(own),
    })
}

/// Opens a store that no gateway has open.
pub(super) fn offline(dir: &Path) -> Result<Sqlite, String> {
    if !dir.join(store::FILE).exists() {
        return Err(format!("there is no store in `{}`", dir.display()));
    }
    Sqlite::open(dir, store::Options::default()).map_err(|error| match error {
        StoreError::Locked(why) => format!("{why}: ask the running gateway, without `--store`"),
        other => other.to_string(),
    })
}

fn status(place: &Place) -> Result<u8, String> {
    let found = match &place.store {
        None => place.gateway.open()?.get("/store")?,
        Some(dir) => counted(&offline(dir)?)?,
    };
    let mut out = String::new();
    for (name, value) in found.as_object().into_iter().flatten() {
        match value {
            Json::Object(members) => {
                let own = members.iter().filter(|(_, count)| **count != json!(0));
                let own: Vec<String> = own.map(|(name, count)| format!("{count} {name}")).collect();
                out += &format!(
                    "{:<16} {}\n",
                    name.replace('_', " "),
                    if own.is_empty() { "none".to_owned() } else { own.join(", ") }
                );
            }
            _ => out += &format!("{:<16} {}\n", name.replace('_', " "), word(&found, name)),
        }
    }
    output::say(&out);
    Ok(output::CLEAN)
}

fn counted(store: &Sqlite) -> Result<Json, String> {
    let numbers = store.numbers().map_err(|error| error.to_string())?;
    let instances: serde_json::Map<String, Json> = numbers
        .instances
        .iter()
        .map(|(status, count): &(Status, u64)| (status.name().to_owned(), json!(count)))
        .collect();
    Ok(json!({
        "instances": instances,
        "open_cases": numbers.open_cases,
        "journal_entries": numbers.entries,
        "events": numbers.events,
        "audit_links": numbers.links,
        "used_bytes": numbers.used,
        "free_bytes": numbers.free,
    }))
}

fn backup(options: &Backup) -> Result<u8, String> {
    match &options.place.store {
        Some(dir) => offline(dir)?.backup(&options.to).map_err(|error| error.to_string())?,
        None => {
            let to = std::path::absolute(&options.to).map_err(|error| error.to_string())?;
            options
                .place
                .gateway
                .open()?
                .post("/store/backup", &json!({ "to": to.display().to_string() }).to_string())?;
        }
    }
    output::say(&format!("copied to {}\n", options.to.display()));
    Ok(output::CLEAN)
}

fn verify(place: &Place) -> Result<u8, String> {
    let found = match &place.store {
        None => place.gateway.open()?.post("/store/verify", "{}")?,
        Some(dir) => match offline(dir)?.verify() {
            Ok(own) => {
                json!({ "holds": true, "instances": own.instances, "journal_entries": own.entries, "audit_links": own.links })
            }
            Err(StoreError::Corrupt(why)) => json!({ "holds": false, "why": why }),
            Err(error) => return Err(error.to_string()),
        },
    };
    if found["holds"] != json!(true) {
        output::say(&format!("the store does not hold: {}\n", word(&found, "why")));
        return Ok(output::FINDINGS);
    }
    output::say(&format!(
        "the store holds: {} instances, {} journal entries, {} links of the audit trail\n",
        word(&found, "instances"),
        word(&found, "journal_entries"),
        word(&found, "audit_links")
    ));
    Ok(output::CLEAN)
}

fn erase(options: &Erase) -> Result<u8, String> {
    let mut asked = serde_json::Map::new();
    for (name, value) in [("account", &options.account), ("reference", &options.reference)] {
        if let Some(value) = value {
            asked.insert(name.to_owned(), json!(value));
        }
    }
    asked.insert("reason".to_owned(), json!(options.reason));
    asked.insert("preview".to_owned(), json!(options.preview));
    let done = options.gateway.open()?.post("/store/erase", &Json::Object(asked).to_string())?;
    let verb = if options.preview { "would be" } else { "are" };
    let mut out = format!("the payloads of {} instances {verb} erased", word(&done, "instances"));
    if done["events"].is_number() {
        out += &format!(", and of {} more events", word(&done, "events"));
    }
    if done["open"] != json!(0) {
        out += &format!("; {} are not over yet: cancel them, or erase again later", word(&done, "open"));
    }
    output::say(&(out + "\n"));
    Ok(output::CLEAN)
}

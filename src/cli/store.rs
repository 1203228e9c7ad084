//! `crossdock store`: what is in a store, a copy of it, and whether it is whole.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::output;
use crate::store::{FILE, Numbers, Options as Chosen, Sqlite, StoreError};

/// Look into a store, copy it, or verify it
///
/// Works on the directory of a store that no running gateway has.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock store status data
  crossdock store backup data copies/monday
  crossdock store verify copies/monday

A backup is a store: to restore it, stop the gateway and put the directory in the place of the old one.")]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say how big it is and what is in it
    Status { dir: PathBuf },
    /// Copy it into a directory that is empty or not there yet
    Backup { dir: PathBuf, to: PathBuf },
    /// Look at everything: the database, every link of the audit trail, every journal
    Verify { dir: PathBuf },
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    let done = match &options.command {
        Command::Status { dir } => open(dir).and_then(|store| Ok(status(&store.numbers()?))),
        Command::Backup { dir, to } => open(dir).and_then(|store| {
            store.backup(to)?;
            Ok(format!("copied to {}\n", to.display()))
        }),
        Command::Verify { dir } => return verify(dir),
    };
    match done {
        Ok(text) => {
            output::say(&text);
            output::CLEAN
        }
        Err(error) => refused(&error),
    }
}

/// A store that is there: nothing is made by looking.
fn open(dir: &Path) -> Result<Sqlite, StoreError> {
    if !dir.join(FILE).is_file() {
        return Err(StoreError::Failed(format!("there is none in `{}`: it has no `{FILE}`", dir.display())));
    }
    Sqlite::open(dir, Chosen::default())
}

/// Damage is a finding; whatever keeps us from looking is none.
fn verify(dir: &Path) -> u8 {
    match open(dir).and_then(|store| store.verify()) {
        Ok(whole) => {
            output::say(&format!(
                "whole: {} instances, {} journal entries, {} links of the audit trail\n",
                whole.instances, whole.entries, whole.links
            ));
            output::CLEAN
        }
        Err(damage @ StoreError::Corrupt(_)) => {
            output::say(&format!("{damage}\n"));
            output::FINDINGS
        }
        Err(error) => refused(&error),
    }
}

fn refused(error: &StoreError) -> u8 {
    match error {
        StoreError::Locked(_) => output::could_not(format!("{error}; stop the gateway that has it first")),
        _ => output::could_not(error.to_string()),
    }
}

fn status(numbers: &Numbers) -> String {
    let mut text = String::new();
    let mut line = |what: &str, much: String| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{what:<20} {much}");
    };
    for (status, count) in &numbers.instances {
        line(status.name(), count.to_string());
    }
    line("open cases", numbers.open_cases.to_string());
    line("oldest open", numbers.oldest_open.map_or("none".to_owned(), moment));
    line("journal entries", numbers.entries.to_string());
    line("events", numbers.events.to_string());
    line("audit links", numbers.links.to_string());
    line("bytes on disk", numbers.used.to_string());
    line("bytes free", numbers.free.to_string());
    text
}

fn moment(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map_or(millis.to_string(), |moment| moment.to_string())
}

//! `crossdock audit verify`: whether the audit trail still holds.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::output;
use super::show::word;
use super::store::offline;
use super::{Where, ended};
use crate::store::Store;

/// Look at the audit trail
#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Find a changed, missing or moved record
    Verify(Verify),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock audit verify
  crossdock audit verify --store my-project/.crossdock")]
struct Verify {
    /// A store's directory that no gateway has open, instead of a running gateway
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
}

/// Runs the command.
pub(in crate::cli) fn run(options: &Options) -> u8 {
    let What::Verify(own) = &options.what;
    ended(verify(own))
}

fn verify(options: &Verify) -> Result<u8, String> {
    let held = match &options.store {
        Some(dir) => offline(dir)?.verify_audit().map_err(|broken| broken.to_string()),
        None => {
            let found = options.place.open()?.post("/audit/verify", "{}")?;
            match found["holds"].as_bool() {
                Some(true) => Ok(found["links"].as_u64().unwrap_or_default()),
                _ => Err(word(&found, "why")),
            }
        }
    };
    match held {
        Ok(links) => {
            output::say(&format!("the audit trail holds: {links} links\n"));
            Ok(output::CLEAN)
        }
        Err(why) => {
            output::say(&format!("the audit trail does not hold: {why}\n"));
            Ok(output::FINDINGS)
        }
    }
}

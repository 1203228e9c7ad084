//! `crossdock secrets`: which secrets a running gateway uses.

use clap::{Args, Subcommand};
use serde_json::Value as Json;

use super::super::output;
use super::show::{table, word};
use super::{Where, ended};

/// Show which secrets are in use
///
/// Names, files, since when each value is in use, and where it is referred to; never a value, nor anything that is
/// computed from one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock secrets status")]
pub(in crate::cli) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List secrets in use
    Status {
        #[command(flatten)]
        place: Where,
    },
}

/// Runs the command.
pub(in crate::cli) fn run(options: &Options) -> u8 {
    ended(match &options.what {
        What::Status { place } => status(place),
    })
}

fn status(place: &Where) -> Result<u8, String> {
    let found = place.open()?.get("/secrets")?;
    let rows: Vec<Vec<String>> = found["secrets"].as_array().into_iter().flatten().map(row).collect();
    output::say(&table(&["secret", "in use since", "from", "used by", "trouble"], &rows));
    let troubled = found["secrets"].as_array().into_iter().flatten().any(|own| own["trouble"].is_string());
    Ok(if troubled { output::FINDINGS } else { output::CLEAN })
}

fn row(own: &Json) -> Vec<String> {
    let places = own["used_by"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let from = own["file"].as_str().map_or_else(|| word(own, "from"), str::to_owned);
    let places = places.collect::<Vec<_>>().join(" ");
    vec![word(own, "secret"), word(own, "since"), from, places, word(own, "trouble")]
}

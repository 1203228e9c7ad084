//! `crossdock trace REF`: the story of a booking.

use clap::{Args, ValueEnum};

use super::super::output;
use super::client::{escaped, query};
use super::{Where, ended};

/// Tell the whole story of a booking, by any reference
///
/// Every step, attempt, answer, wait, event and action, from top to bottom, and whom it waited for and how long.
/// The reference is a business key, a correlation id, an instance's id or any reference that was noted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock trace BK-1001
  crossdock trace BK-1001 --payloads
  crossdock trace BK-1001 --format json")]
pub(in crate::cli) struct Options {
    /// What people call it
    reference: String,
    /// For people, or for programs
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// With what went in and came out
    #[arg(long)]
    payloads: bool,
    /// Only of this account
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs the command.
pub(in crate::cli) fn run(options: &Options) -> u8 {
    ended(tell(options))
}

fn tell(options: &Options) -> Result<u8, String> {
    let format = if options.format == Format::Text { "text" } else { "json" };
    let members = [
        ("format", Some(format.to_owned())),
        ("payloads", options.payloads.then(|| "true".to_owned())),
        ("account", options.account.clone()),
    ];
    let path = format!("/trace/{}{}", escaped(&options.reference), query(&members));
    let told = options.place.open()?.text(&path)?;
    match options.format {
        Format::Text => output::say(&told),
        Format::Json => output::say_json(&told),
    }
    Ok(output::CLEAN)
}

//! `crossdock case`: what waits for people.

mod act;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Where, ended};
use crate::value::Map;
use act::{act, amend, skip, with};
use show::{list, show};

/// See and resolve what waits for people
///
/// A case is work that cannot go on by itself: it has a cause, an owner, a runbook and a clock. Several cases, or
/// all that a filter finds, are shown first and acted on with --yes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock case list
  crossdock case list --group
  crossdock case show 12
  crossdock case amend 12 --set /packages/0/type=PX --reason 'the customer meant a pallet'
  crossdock case retry --cause 'erp.create_order: error' --reason 'the ERP is mended' --yes")]
pub(in crate::cli) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List open cases, newest first
    List(List),
    /// Show one case in full
    Show(Show),
    /// Try the step again
    Retry(Act),
    /// Go on: the same as `retry`
    Resume(Act),
    /// Go on behind the step, with a result if the flow needs one
    Skip(Skip),
    /// Change the flow's input and try again
    Amend(Amend),
    /// Go on from an earlier step; what was sent is not sent again
    Rerun(Rerun),
    /// End the flow where it stands; nothing is undone (admin)
    Cancel(Act),
    /// Undo what the flow did, and end it
    Compensate(Act),
    /// Give the case to somebody
    Assign(Assign),
    /// Say that somebody has seen it
    Acknowledge(Act),
    /// Put it off
    Snooze(Snooze),
    /// Write on it
    Annotate(Annotate),
    /// Close it: for cases that no step waits for
    Resolve(Resolve),
}

/// Which cases.
#[derive(Debug, Args)]
struct Filter {
    /// Of this cause, as `case list --group` shows it
    #[arg(long)]
    cause: Option<String>,
    /// Of this code
    #[arg(long)]
    code: Option<String>,
    /// Of this team
    #[arg(long)]
    owner: Option<String>,
    /// In this queue
    #[arg(long)]
    queue: Option<String>,
    /// About this system
    #[arg(long)]
    system: Option<String>,
    /// Of this flow
    #[arg(long)]
    flow: Option<String>,
    /// `late`, `at_risk`, `ok`, `met` or `none`
    #[arg(long)]
    sla: Option<String>,
}

impl Filter {
    fn members(&self) -> [(&'static str, Option<String>); 7] {
        [
            ("cause", self.cause.clone()),
            ("code", self.code.clone()),
            ("owner", self.owner.clone()),
            ("queue", self.queue.clone()),
            ("system", self.system.clone()),
            ("flow", self.flow.clone()),
            ("sla", self.sla.clone()),
        ]
    }
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    filter: Filter,
    /// How many there are of each cause
    #[arg(long)]
    group: bool,
    /// Closed ones too
    #[arg(long)]
    all: bool,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// The gateway's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
struct Show {
    /// The case's number
    case: u64,
    /// The gateway's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
struct Act {
    /// Numbers of cases; none: those that the filter finds
    cases: Vec<u64>,
    #[command(flatten)]
    filter: Filter,
    /// Why: it goes into the audit trail
    #[arg(long)]
    reason: String,
    /// Do it: without, several cases are only shown
    #[arg(long)]
    yes: bool,
    /// Only show what would happen
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
struct Skip {
    /// What the step comes to: a file of JSON, or `-`
    #[arg(long, value_name = "FILE")]
    result: Option<PathBuf>,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, Args)]
struct Amend {
    /// Which input, unless the flow has one only
    #[arg(long)]
    input: Option<String>,
    /// The whole input as it is to be: a file of JSON, or `-`
    #[arg(long, value_name = "FILE", conflicts_with = "set")]
    value: Option<PathBuf>,
    /// One place in it and its new value: `/packages/0/type=PX`. Text that is JSON is read as JSON
    #[arg(long, value_name = "POINTER=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, Args)]
struct Rerun {
    /// An outermost step of the flow
    #[arg(long)]
    step: String,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, Args)]
struct Assign {
    /// To whom
    #[arg(long)]
    to: String,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, Args)]
struct Snooze {
    /// Until when: `2026-05-07T08:00:00Z`
    #[arg(long)]
    until: String,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, Args)]
struct Annotate {
    /// What to write
    #[arg(long)]
    note: String,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, Args)]
struct Resolve {
    /// What came of it
    #[arg(long)]
    resolution: String,
    #[command(flatten)]
    act: Act,
}

/// Runs the command.
pub(in crate::cli) fn run(options: &Options) -> u8 {
    ended(match &options.what {
        What::List(own) => list(own),
        What::Show(own) => show(own),
        What::Retry(own) => act(own, "retry", Map::new()),
        What::Resume(own) => act(own, "resume", Map::new()),
        What::Cancel(own) => act(own, "cancel", Map::new()),
        What::Compensate(own) => act(own, "compensate", Map::new()),
        What::Acknowledge(own) => act(own, "acknowledge", Map::new()),
        What::Skip(own) => skip(own),
        What::Amend(own) => amend(own),
        What::Rerun(own) => act(&own.act, "rerun", with("step", own.step.as_str().into())),
        What::Assign(own) => act(&own.act, "assign", with("to", own.to.as_str().into())),
        What::Snooze(own) => act(&own.act, "snooze", with("until", own.until.as_str().into())),
        What::Annotate(own) => act(&own.act, "annotate", with("note", own.note.as_str().into())),
        What::Resolve(own) => act(&own.act, "resolve", with("resolution", own.resolution.as_str().into())),
    })
}

//! `crossdock case`: what waits for people.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::super::output;
use super::client::{Gateway, query};
use super::show::{facts, span, table, when, word};
use super::{Where, ended};
use crate::codec::json as exact;
use crate::value::{Map, Value};

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

fn list(options: &List) -> Result<u8, String> {
    let gateway = options.place.open()?;
    let mut members = options.filter.members().to_vec();
    members.push(("open", (!options.all).then(|| "true".to_owned())));
    members.push(("group", options.group.then(|| "cause".to_owned())));
    members.push(("limit", Some(options.limit.to_string())));
    let found = gateway.get(&format!("/cases{}", query(&members)))?;
    if options.json {
        output::say_json(&format!("{found:#}\n"));
    } else if options.group {
        output::say(&groups(&found));
    } else {
        output::say(&cases(&found));
    }
    Ok(output::CLEAN)
}

fn cases(found: &Json) -> String {
    let rows: Vec<Vec<String>> = found["cases"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|case| {
            let clock = match (case["sla"]["state"].as_str(), case["sla"]["left_ms"].as_i64()) {
                (Some("late"), Some(left)) => format!("late by {}", span(left)),
                (Some("none" | "met") | None, _) | (_, None) => word(&case["sla"], "state"),
                (Some(_), Some(left)) => format!("{} left", span(left)),
            };
            let reference = ["reference", "system"].into_iter().find(|name| !case[*name].is_null());
            vec![
                word(case, "case"),
                word(case, reference.unwrap_or("reference")),
                word(case, "cause"),
                word(case, "owner"),
                word(case, "state"),
                clock,
                when(case, "opened_at"),
                word(case, "runbook"),
            ]
        })
        .collect();
    match rows.is_empty() {
        true => "no cases\n".to_owned(),
        false => table(&["case", "work", "cause", "owner", "state", "clock", "since", "runbook"], &rows),
    }
}

fn groups(found: &Json) -> String {
    let rows: Vec<Vec<String>> = found["groups"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|group| {
            vec![
                word(group, "count"),
                word(group, "cause"),
                word(group, "owner"),
                when(group, "since"),
                word(group, "oldest"),
                word(group, "late"),
            ]
        })
        .collect();
    match rows.is_empty() {
        true => "no cases\n".to_owned(),
        false => table(&["cases", "cause", "owner", "since", "oldest", "late"], &rows),
    }
}

fn show(options: &Show) -> Result<u8, String> {
    let found = options.place.open()?.get(&format!("/cases/{}", options.case))?;
    match options.json {
        true => output::say_json(&format!("{found:#}\n")),
        false => output::say(&in_full(&found)),
    }
    Ok(output::CLEAN)
}

fn in_full(found: &Json) -> String {
    let case = &found["case"];
    let mut out = format!("case {}  {}: {}\n", word(case, "case"), word(case, "cause"), word(case, "state"));
    let names = [
        ("reference", "work"),
        ("flow", "flow"),
        ("step", "step"),
        ("system", "system"),
        ("account", "account"),
        ("owner", "owner"),
        ("assignee", "with"),
        ("queues", "queues"),
        ("severity", "severity"),
        ("runbook", "runbook"),
        ("opened_at", "since"),
        ("snoozed_until", "put off until"),
        ("correlation_id", "correlation"),
        ("instance", "instance"),
    ];
    out += &facts(case, &names);
    out += &facts(
        &case["sla"],
        &[("state", "clock"), ("acknowledge_by", "acknowledge by"), ("resolve_by", "resolve by")],
    );
    out += &facts(found, &[("detail", "why")]);
    let call = &found["call"];
    if call.is_object() {
        let _ = writeln!(out, "\nwhat {} was told last, and said", word(call, "operation"));
        out += &facts(
            call,
            &[
                ("inputs", "told"),
                ("outcome", "outcome"),
                ("status", "status"),
                ("failure", "failure"),
                ("message", "message"),
            ],
        );
    }
    for (at, line) in found["history"].as_array().into_iter().flatten().enumerate() {
        let heading = if at == 0 { "\nhistory\n" } else { "" };
        let _ = writeln!(
            out,
            "{heading}  {}  {}: {}, \"{}\"",
            when(line, "at"),
            word(line, "who"),
            word(line, "action"),
            word(line, "said")
        );
    }
    let _ = writeln!(out, "\nyou can: {}", word(found, "actions"));
    out
}

fn skip(options: &Skip) -> Result<u8, String> {
    let result = options.result.as_deref().map(read).transpose()?;
    act(&options.act, "skip", result.map_or_else(Map::new, |result| with("result", result)))
}

fn amend(options: &Amend) -> Result<u8, String> {
    let mut more = Map::new();
    if let Some(input) = &options.input {
        more.insert("input", Value::from(input.as_str()));
    }
    if let Some(file) = &options.value {
        more.insert("value", read(file)?);
    }
    if !options.set.is_empty() {
        let mut places = Map::new();
        for set in &options.set {
            let (pointer, text) =
                set.split_once('=').ok_or_else(|| format!("`--set {set}`: write `POINTER=VALUE`"))?;
            let value = exact::decode(text.as_bytes(), &exact::Limits::default());
            places.insert(pointer, value.unwrap_or_else(|_| Value::from(text)));
        }
        more.insert("set", Value::object(places));
    }
    act(&options.act, "amend", more)
}

/// JSON of a file, or of standard input, with its numbers as they are written.
fn read(file: &Path) -> Result<Value, String> {
    let text = match file.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    let text = text.map_err(|error| format!("`{}` cannot be read: {error}", file.display()))?;
    exact::decode(text.as_bytes(), &exact::Limits::default())
        .map_err(|error| format!("`{}` is not JSON: {}", file.display(), error.message))
}

/// One member.
fn with(name: &str, value: Value) -> Map {
    let mut map = Map::new();
    map.insert(name, value);
    map
}

fn written(body: &Map) -> String {
    String::from_utf8_lossy(&exact::encode(&Value::object(body.clone()))).into_owned()
}

/// One case is acted on at once; of several, or of a filter, it is shown first what would happen.
fn act(options: &Act, action: &str, more: Map) -> Result<u8, String> {
    let gateway = options.place.open()?;
    let mut body = more;
    body.insert("action", Value::from(action));
    body.insert("reason", Value::from(options.reason.as_str()));
    if let [one] = *options.cases {
        body.insert("preview", Value::Bool(options.preview));
        let done = gateway.once(&format!("/cases/{one}/actions"), &written(&body))?;
        output::say(&format!("{}\n", line(&done)));
        return Ok(output::CLEAN);
    }
    many(&gateway, options, body)
}

fn many(gateway: &Gateway, options: &Act, mut body: Map) -> Result<u8, String> {
    let given = options
        .filter
        .members()
        .into_iter()
        .filter_map(|(name, value)| Some((name.into(), Value::from(value?))));
    let filter: Map = given.collect();
    match (options.cases.is_empty(), filter.is_empty()) {
        (true, true) => {
            return Err("name cases by their numbers, or give a filter such as `--cause`".to_owned());
        }
        (false, _) => {
            let numbers =
                options.cases.iter().map(|number| Value::from(i64::try_from(*number).unwrap_or(i64::MAX)));
            body.insert("cases", Value::array(numbers.collect()));
        }
        (true, false) => _ = body.insert("filter", Value::object(filter)),
    }
    body.insert("preview", Value::Bool(!options.yes));
    let done = match options.yes {
        true => gateway.once("/cases/actions", &written(&body))?,
        false => gateway.post("/cases/actions", &written(&body))?,
    };
    let mut out = String::new();
    for item in done["results"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "{}", line(item));
    }
    let (well, refused) = (word(&done, "ok"), word(&done, "refused"));
    let said = if options.yes { "done" } else { "would be done" };
    let _ = writeln!(out, "{well} {said}, {refused} refused");
    if done["more"] == json!(true) {
        out += "there are more than one batch takes: say it again for the rest\n";
    }
    if !options.yes {
        out += "nothing was done; --yes does it\n";
    }
    output::say(&out);
    Ok(if refused == "0" { output::CLEAN } else { output::FINDINGS })
}

fn line(done: &Json) -> String {
    let step = done["step"].as_str().map_or_else(String::new, |step| format!(" at `{step}`"));
    let said = match (done["ok"] == json!(true), done["would"].as_str()) {
        (false, _) => word(done, "why"),
        (true, Some(would)) => would.to_owned(),
        (true, None) => match done["stage"].as_str() {
            Some(stage) => format!("{} at `{stage}`", word(done, "status")),
            None => word(done, "status"),
        },
    };
    format!("case {}{step}: {said}", word(done, "case"))
}

//! Cases on a terminal.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::super::super::output;
use super::super::client::query;
use super::super::show::{facts, span, table, when, word};
use super::{List, Show};

/// Lists them, or counts them by their causes.
pub(super) fn list(options: &List) -> Result<u8, String> {
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
            let reference =
                ["reference", "correlation_id", "system"].into_iter().find(|name| !case[*name].is_null());
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

/// Shows one.
pub(super) fn show(options: &Show) -> Result<u8, String> {
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

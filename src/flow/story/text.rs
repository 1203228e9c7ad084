//! A story for a terminal: top to bottom, with times and durations.

use std::fmt::Write as _;

use super::{Line, Scene, Story};
use crate::codec::json;
use crate::store::Millis;
use crate::value::Value;

/// Characters of one payload that are shown.
const PAYLOAD: usize = 2_000;

/// What stands above a story.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// `BK-7`: what people call it.
    pub reference: String,
    pub flow: String,
    pub account: String,
    /// Where it stands, in words.
    pub standing: String,
    /// Ids and digests, a line each: `(name, value)`.
    pub facts: Vec<(&'static str, String)>,
    /// When it began, as people read it.
    pub began: String,
}

/// The story as text; `payloads`: with what went in and came out.
pub fn text(story: &Story, head: &Head, payloads: bool) -> String {
    let Head { reference, flow, account, standing, facts, began } = head;
    let whose = if account.is_empty() { String::new() } else { format!(" for {account}") };
    let mut out = format!("{reference}  {flow}{whose}: {standing}\n");
    for (name, value) in facts {
        let _ = writeln!(out, "  {name:<12} {value}");
    }
    let _ = writeln!(out, "  {:<12} {began}\n", "began");
    let wide = story.lines.iter().map(|line| line.scene.path.chars().count()).max().unwrap_or(0).min(32);
    for (at, line) in story.lines.iter().enumerate() {
        if is_held_again(&story.lines[..at], line) {
            continue;
        }
        one(&mut out, story, line, wide);
        if payloads {
            shown(&mut out, &line.scene);
        }
    }
    let _ = writeln!(out, "\n{}", ending(story));
    out
}

/// Whether a step that was held is held once more: that is told once.
fn is_held_again(before: &[Line], line: &Line) -> bool {
    let is_held = |own: &Line| *own.scene.kind == *"holding" || own.scene.text("outcome") == Some("held");
    let mut own = before.iter().rev().filter(|own| own.scene.path == line.scene.path);
    is_held(line) && own.nth(1).is_some_and(is_held)
}

fn one(out: &mut String, story: &Story, line: &Line, wide: usize) {
    let since = format!("+{}", lapse((line.scene.at - story.began).max(0)));
    let took = line.took.map_or_else(String::new, |took| format!(" ({})", lapse(took)));
    let _ = writeln!(out, "{since:>10}  {:<wide$}  {}{took}", &*line.scene.path, line.words);
}

fn shown(out: &mut String, scene: &Scene) {
    let parts = ["inputs", "value", "payload", "facts", "result", "output", "body"];
    for (name, value) in parts.iter().filter_map(|name| Some((name, scene.body.get(name)?))) {
        let _ = writeln!(out, "{:>12}{name}: {}", "", cut(value));
    }
    if let Some(wire) = scene.body.get("wire") {
        on_the_wire(out, wire);
    }
}

/// What was said in the system's own form.
fn on_the_wire(out: &mut String, wire: &Value) {
    let word = |name| wire.get(name).and_then(Value::as_str).unwrap_or_default();
    let status = wire.get("status").map_or_else(|| "no answer".to_owned(), shortly);
    let _ = writeln!(out, "{:>12}wire: {} {} -> {status}", "", word("method"), word("path"));
    let parts = ["request", "request_is", "answer", "answer_is", "mappings"];
    for (name, value) in parts.iter().filter_map(|name| Some((name, wire.get(name)?))) {
        let _ = writeln!(out, "{:>14}{}: {}", "", name.trim_end_matches("_is"), cut(value));
    }
}

fn shortly(value: &Value) -> String {
    String::from_utf8_lossy(&json::encode(value)).into_owned()
}

fn cut(value: &Value) -> String {
    let whole = String::from_utf8_lossy(&json::encode(value)).into_owned();
    match whole.char_indices().nth(PAYLOAD) {
        Some((at, _)) => format!("{}… ({} bytes)", &whole[..at], whole.len()),
        None => whole,
    }
}

fn ending(story: &Story) -> String {
    let verb = if story.ended.is_some() { "took" } else { "takes so far" };
    let shares = story.shares.iter().map(|share| format!("{} {}", share.party.name(), lapse(share.took)));
    format!("{verb} {}: {}", lapse(story.took()), shares.collect::<Vec<_>>().join(", "))
}

/// A time span as people write it: `12ms`, `4.2s`, `4m 02s`, `3h 05m`, `2d 04h`.
pub fn lapse(millis: Millis) -> String {
    let seconds = millis / 1000;
    match seconds {
        0 => format!("{millis}ms"),
        1..60 => format!("{seconds}.{}s", millis % 1000 / 100),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

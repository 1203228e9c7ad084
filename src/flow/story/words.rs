//! What each kind of entry says, in a sentence.

use super::{Scene, lapse};
use crate::store::Millis;

/// What happened.
pub(super) fn of(scene: &Scene) -> String {
    let text = |name| scene.text(name).unwrap_or_default();
    match &*scene.kind {
        "accepted" => "accepted".to_owned(),
        "queued" => format!("waits for its turn, behind {}", text("behind")),
        "turn" => "its turn has come".to_owned(),
        "sent" => format!("{}{} is sent{}", undoing(scene), operation(scene), attempt(scene)),
        "outcome" => outcome(scene),
        "retry" => format!("{} is asked again in {}", operation(scene), wait(scene)),
        "holding" => {
            format!(
                "{}: {}; the work is held, and looks again in {}",
                operation(scene),
                text("failure"),
                wait(scene)
            )
        }
        "step" => text("how").replace('_', " "),
        "parked" => parked(scene),
        "resumed" => "goes on".to_owned(),
        "listening" => format!("waits for {}", events(scene)),
        "emitted" => format!("emits `{}`{}", text("event"), key(scene)),
        "heard" => format!("hears `{}`{}", text("event"), key(scene)),
        "action" => action(scene),
        "responded" => format!("answers its caller{}", ending(scene)),
        "ended" => format!("{}{}", text("how"), ending(scene)),
        other => other.to_owned(),
    }
}

fn operation(scene: &Scene) -> String {
    let probe = if scene.body.get("probe").is_some() { " (probe)" } else { "" };
    format!("{}{probe}", scene.operation().unwrap_or_default())
}

fn undoing(scene: &Scene) -> &'static str {
    if scene.body.get("undo").is_some() { "undo: " } else { "" }
}

fn attempt(scene: &Scene) -> String {
    match scene.whole("attempt") {
        Some(number) if number > 1 => format!(", attempt {number}"),
        _ => String::new(),
    }
}

fn wait(scene: &Scene) -> String {
    lapse(scene.whole("wait_ms").unwrap_or_default())
}

fn outcome(scene: &Scene) -> String {
    if scene.body.get("adopted").is_some() {
        return "what was created is found, and taken over".to_owned();
    }
    let mut words =
        format!("{}{}: {}", undoing(scene), operation(scene), scene.text("outcome").unwrap_or_default());
    let said = scene.text("message").unwrap_or_default();
    // What a system said begins with its status.
    let status = scene.whole("status").map(|status| status.to_string());
    let status = status.filter(|_| !said.starts_with("status "));
    let why = scene.text("failure").or(scene.text("code")).map(str::to_owned).or(status);
    if let Some(why) = why {
        words += &format!(" ({why})");
    }
    if !said.is_empty() {
        words += &format!(", {said}");
    }
    words + &attempt(scene)
}

fn parked(scene: &Scene) -> String {
    match (scene.text("code"), scene.text("failure"), scene.text("detail")) {
        (Some(code), _, _) => format!("somebody must act: `{code}`"),
        (_, Some(failure), Some(detail)) => format!("somebody must act: {failure}, {detail}"),
        _ => "somebody must act".to_owned(),
    }
}

fn events(scene: &Scene) -> String {
    let names = scene.body.get("events").and_then(|events| events.as_array()).unwrap_or_default();
    let names = names.iter().filter_map(|name| name.as_str()).map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

fn key(scene: &Scene) -> String {
    scene.text("key").filter(|key| !key.is_empty()).map_or_else(String::new, |key| format!(" of {key}"))
}

fn action(scene: &Scene) -> String {
    let text = |name| scene.text(name).unwrap_or_default();
    let given = scene.text("name").map_or_else(String::new, |name| format!(" `{name}`"));
    format!("{}: {}{given}, \"{}\"", text("who"), text("action"), text("reason"))
}

fn ending(scene: &Scene) -> String {
    match (scene.text("code"), scene.whole("status"), scene.text("detail")) {
        (Some(code), _, _) => format!(": `{code}`"),
        (_, Some(status), _) => format!(" with {status}"),
        (_, _, Some(detail)) => format!(": {detail}"),
        _ => String::new(),
    }
}

/// How long what ends with the last of these took.
pub(super) fn took(scenes: &[Scene]) -> Option<Millis> {
    let (last, before) = scenes.split_last()?;
    match &*last.kind {
        "outcome" => last.whole("ms"),
        "resumed" => {
            let park = last.whole("park");
            let parked =
                before.iter().rev().find(|scene| *scene.kind == *"parked" && scene.whole("park") == park);
            parked.map(|scene| last.at - scene.at)
        }
        "turn" => {
            let queued = before.iter().rev().find(|scene| *scene.kind == *"queued");
            queued.map(|scene| last.at - scene.at)
        }
        "heard" => last.whole("occurred_at").map(|at| last.at - at),
        _ => None,
    }
    .map(|took| took.max(0))
}

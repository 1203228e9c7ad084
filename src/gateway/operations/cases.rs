//! Cases: lists, groups of one cause, and one in full.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::act;
use super::select::{self, Seen, Wanted};
use super::shape::{self, body_of, clean, count, moment, object, text};
use super::{Answer, Ask, Refusal, Reply};
use crate::flow::story::Scene;
use crate::gateway::Generation;
use crate::store::{Case, Millis};
use crate::value::{Map, Value};

/// `GET /cases`
pub(super) async fn list(ask: Ask) -> Reply {
    let wanted = Wanted::of(&ask)?;
    match ask.text("group") {
        Some("cause") => return Ok(Answer::Json(groups(&wanted.all(&ask).await?, ask.now()))),
        Some(_) => return Err(Refusal::bad("`group` is `cause`")),
        None => {}
    }
    let limit = ask.limit(100);
    let cases = wanted.read(&ask, limit).await?;
    let names = select::references(&ask, &cases).await?;
    let name = |case: &Case| names.get(&case.instance?)?.clone();
    let rows = cases.iter().map(|case| shape::row(case, name(case).as_ref(), ask.now())).collect();
    let before = (cases.len() == limit).then(|| cases.last().and_then(|case| count(case.number))).flatten();
    Ok(Answer::Json(object([("cases", Some(Value::array(rows))), ("before", before)])))
}

/// `erp.create_order: unavailable`, how many, since when: the largest group first.
fn groups(cases: &[Case], now: Millis) -> Value {
    let mut by_cause: BTreeMap<&Arc<str>, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_cause.entry(&case.cause).or_default().push(case);
    }
    let mut groups: Vec<_> = by_cause.into_iter().collect();
    groups.sort_by_key(|(_, own)| std::cmp::Reverse(own.len()));
    let group = |(cause, own): (&Arc<str>, Vec<&Case>)| {
        let oldest = own.iter().min_by_key(|case| case.opened_at);
        let late = own.iter().filter(|case| shape::due(case, now).0 == "late").count();
        let first = |pick: fn(&Case) -> Option<Value>| own.iter().find_map(|case| pick(case));
        object([
            ("cause", text(cause)),
            ("count", count(own.len())),
            ("since", oldest.and_then(|case| moment(case.opened_at))),
            ("oldest", oldest.and_then(|case| count(case.number))),
            ("newest", own.iter().map(|case| case.number).max().and_then(count)),
            ("late", count(late)),
            ("code", first(|case| text(&case.code))),
            ("owner", first(|case| shape::some(&case.owner))),
            ("system", first(|case| shape::maybe(case.system.as_ref()))),
        ])
    };
    object([("groups", Some(Value::array(groups.into_iter().map(group).collect())))])
}

/// `GET /cases/{number}`
pub(super) async fn show(ask: Ask) -> Reply {
    let case = select::case(&ask, ask.parameter()).await?;
    let seen = match case.instance {
        Some(id) => select::instance(&ask, &id.to_string()).await.ok(),
        None => None,
    };
    let generation = ask.gateway.generation();
    let redact = &generation.plan.redact;
    let mut body = body_of(&case);
    let name = seen.as_ref().and_then(|seen| seen.instance.business_key.as_ref());
    let call = seen.as_ref().and_then(|seen| failing(seen, &case));
    Ok(Answer::Json(object([
        ("case", Some(shape::row(&case, name, ask.now()))),
        ("detail", body.get("detail").map(|detail| clean(detail, redact))),
        ("attempts", body.get("attempts").cloned()),
        ("call", call.map(|scene| called(&scene, &generation))),
        ("inputs", seen.as_ref().map(|seen| inputs(seen, &generation))),
        ("instance", seen.as_ref().map(|seen| seen.row(&ask))),
        ("history", Some(history(&mut body))),
        ("actions", Some(act::allowed(&case))),
    ])))
}

/// The last that a system said to the step of a case.
fn failing(seen: &Seen, case: &Case) -> Option<Scene> {
    let step = case.step.as_deref()?;
    let own = |scene: &&Scene| {
        let rest = scene.path.strip_prefix(step);
        let here = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']));
        *scene.kind == *"outcome" && here && scene.at <= case.opened_at
    };
    seen.scenes
        .iter()
        .rev()
        .find(own)
        .or_else(|| {
            seen.scenes.iter().rev().find(|scene| {
                *scene.kind == *"outcome" && scene.text("outcome") != Some("ok") && scene.at <= case.opened_at
            })
        })
        .map(|scene| {
            let mut scene = scene.clone();
            // What was sent stands with the sending.
            let sent = seen.scenes.iter().rev().find(|own| *own.kind == *"sent" && own.path == scene.path);
            if let (Some(inputs), Value::Object(body)) =
                (sent.and_then(|sent| sent.body.get("inputs")), &mut scene.body)
            {
                Arc::make_mut(body).insert("inputs", inputs.clone());
            }
            scene
        })
}

/// A call: what went in by its names, and what the system said.
fn called(scene: &Scene, generation: &Generation) -> Value {
    let mut scene = scene.clone();
    shape::redacted(&mut scene, &generation.plan.redact);
    let names: Vec<Arc<str>> = generation
        .plan
        .systems
        .get(scene.text("system").unwrap_or_default())
        .and_then(|system| system.operation(scene.text("operation").unwrap_or_default()))
        .map_or_else(Vec::new, |operation| {
            operation.takes.iter().map(|take| Arc::clone(&take.name)).collect()
        });
    let given = scene.body.get("inputs").and_then(Value::as_array).unwrap_or_default();
    let named: Map = names.into_iter().zip(given.iter().cloned()).collect();
    object([
        ("operation", scene.operation().map(Value::from)),
        ("attempt", scene.body.get("attempt").cloned()),
        ("at", moment(scene.at)),
        ("ms", scene.body.get("ms").cloned()),
        ("inputs", Some(Value::object(named))),
        ("outcome", scene.body.get("outcome").cloned()),
        ("status", scene.body.get("status").cloned()),
        ("failure", scene.body.get("failure").or_else(|| scene.body.get("code")).cloned()),
        ("message", scene.body.get("message").cloned()),
    ])
}

/// The flow's inputs as they are now, amendments included.
fn inputs(seen: &Seen, generation: &Generation) -> Value {
    let inputs = current_inputs(&seen.scenes);
    inputs.iter().map(|(name, value)| (Arc::clone(name), clean(value, &generation.plan.redact))).collect()
}

/// What the flow was given, and what it was amended to, nothing taken out.
pub(super) fn current_inputs(scenes: &[Scene]) -> Map {
    let mut inputs = Map::new();
    for scene in scenes {
        match &*scene.kind {
            "accepted" => {
                if let Some(Value::Object(given)) = scene.body.get("inputs") {
                    inputs = Map::clone(given);
                }
            }
            "action" if scene.text("action") == Some("amend") => {
                if let (Some(name), Some(value)) = (scene.text("name"), scene.body.get("value")) {
                    inputs.insert(name, value.clone());
                }
            }
            _ => {}
        }
    }
    inputs
}

fn history(body: &mut Map) -> Value {
    let Some(Value::Array(lines)) = body.remove("history") else { return Value::array(Vec::new()) };
    let line = |line: &Value| {
        let at = line.get("at").and_then(Value::as_number).and_then(|at| at.to_i64());
        object([
            ("at", at.and_then(moment)),
            ("who", line.get("who").cloned()),
            ("action", line.get("action").cloned()),
            ("said", line.get("said").cloned()),
        ])
    };
    Value::array(lines.iter().map(line).collect())
}

//! Pausing and resuming a system.

use super::shape::{self, object, some, text};
use super::{Answer, Ask, Refusal, Reply};
use crate::value::Value;

/// `GET /systems`
pub(super) async fn list(ask: Ask) -> Reply {
    let generation = ask.gateway.generation();
    let engine = ask.gateway.engine();
    let row = |system: &std::sync::Arc<crate::system::System>| {
        object([
            ("system", text(&system.name)),
            ("owner", shape::maybe(system.owner.as_ref())),
            ("paused_by", engine.is_paused(&system.name).and_then(|who| some(&who))),
        ])
    };
    let rows = generation.plan.systems.values().map(row).collect();
    Ok(Answer::Json(object([("systems", Some(Value::array(rows)))])))
}

/// `POST /systems/{name}/pause`
pub(super) async fn pause(ask: Ask) -> Reply {
    let (name, reason) = named(&ask)?;
    let case = ask.gateway.engine().pause(&name, &ask.who, &reason).await?;
    Ok(Answer::Json(object([
        ("system", text(&name)),
        ("paused", Some(true.into())),
        ("case", shape::count(case.number)),
    ])))
}

/// `POST /systems/{name}/resume`
pub(super) async fn resume(ask: Ask) -> Reply {
    let (name, reason) = named(&ask)?;
    let case = ask.gateway.engine().resume(&name, &ask.who, &reason).await?;
    Ok(Answer::Json(object([
        ("system", text(&name)),
        ("paused", Some(false.into())),
        ("case", shape::count(case.number)),
    ])))
}

fn named(ask: &Ask) -> Result<(String, String), Refusal> {
    let name = ask.parameter().to_owned();
    let known = ask.gateway.generation().plan.systems.contains_key(name.as_str());
    // One that the project has no more can still be resumed.
    if !known && ask.gateway.engine().is_paused(&name).is_none() {
        return Err(Refusal::missing(format!("there is no system `{name}`")));
    }
    let reason = ask.text("reason").filter(|reason| !reason.is_empty());
    Ok((name, reason.ok_or_else(|| Refusal::bad("`reason` must say why"))?.to_owned()))
}

//! Generations that served, and going back to one.

use super::shape::{moment, object, some, text};
use super::{Answer, Ask, Refusal, Reply};
use crate::gateway::history::Past;
use crate::http::StatusCode;
use crate::value::Value;

/// `GET /config/history`
pub(super) async fn history(ask: Ask) -> Reply {
    let Some(history) = ask.reloader.history() else { return Err(none()) };
    let limit = ask.limit(50);
    let all = history.list().await?;
    let serves = ask.gateway.generation().plan.digest.clone();
    // The last line with this digest is the one that serves.
    let mut seen = false;
    let row = |past: &Past| {
        let now = !seen && past.digest == serves;
        seen |= now;
        object([
            ("digest", text(&past.digest)),
            ("at", moment(past.at)),
            ("who", some(&past.who)),
            ("why", some(&past.why)),
            ("serves", now.then_some(Value::Bool(true))),
            ("instead_of", past.instead_of.as_deref().and_then(some)),
        ])
    };
    let rows = all.iter().rev().take(limit).map(row).collect();
    Ok(Answer::Json(object([("generations", Some(Value::array(rows)))])))
}

/// `POST /config/rollback`
pub(super) async fn rollback(ask: Ask) -> Reply {
    if ask.reloader.history().is_none() {
        return Err(none());
    }
    let digest = ask.text("digest").unwrap_or_default();
    let reason = ask.text("reason").filter(|reason| !reason.is_empty());
    let reason = reason.ok_or_else(|| Refusal::bad("`reason` must say why"))?;
    if digest.len() < 6 {
        return Err(Refusal::bad("`digest` needs at least six characters"));
    }
    let gone = ask.reloader.go_back(digest, &ask.who, reason).await;
    let report = gone.map_err(|why| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why))?;
    Ok(Answer::Raw(format!("{:#}\n", report.json())))
}

fn none() -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "generations are kept by `crossdock serve`, and this is not it")
}

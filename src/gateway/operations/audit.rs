//! The audit trail: read, and looked at link by link.

use super::shape::{count, moment, object, some, text};
use super::{Answer, Ask, Refusal, Reply};
use crate::codec::json;
use crate::http::StatusCode;
use crate::store::{AuditBreak, Link};
use crate::value::Value;

/// `GET /audit`
pub(super) async fn list(ask: Ask) -> Reply {
    let (after, limit) = (ask.whole("after").unwrap_or(0), ask.limit(100));
    let links = ask.gateway.engine().writer().read(move |store| store.audit(after, limit)).await?;
    let next = (links.len() == limit).then(|| links.last().and_then(|link| count(link.number))).flatten();
    let rows = links.iter().map(row).collect();
    Ok(Answer::Json(object([("links", Some(Value::array(rows))), ("after", next)])))
}

fn row(link: &Link) -> Value {
    let record = &link.record;
    object([
        ("number", count(link.number)),
        ("at", moment(record.at)),
        ("kind", text(&record.kind)),
        ("who", some(&record.who)),
        ("account", some(&record.account)),
        ("about", text(&record.about)),
        ("what", json::decode(&record.body, &json::Limits::default()).ok()),
        ("digest", text(&link.digest)),
    ])
}

/// `POST /audit/verify`
pub(super) async fn verify(ask: Ask) -> Reply {
    let writer = ask.gateway.engine().writer();
    match writer.read(|store| Ok(store.verify_audit())).await? {
        Ok(links) => Ok(Answer::Json(object([("holds", Some(true.into())), ("links", count(links))]))),
        Err(AuditBreak::Unread(error)) => {
            Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))
        }
        Err(broken) => Ok(Answer::Json(object([
            ("holds", Some(false.into())),
            ("why", Some(Value::from(broken.to_string()))),
        ]))),
    }
}

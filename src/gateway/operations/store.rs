//! The store: its numbers, a copy of it, and a look at all of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::shape::{count, moment, object, text};
use super::{Answer, Ask, Refusal, Reply};
use crate::http::StatusCode;
use crate::store::{AuditRecord, StoreError, Transition};
use crate::value::{Map, Value};

/// `GET /store`
pub(super) async fn status(ask: Ask) -> Reply {
    let writer = ask.gateway.engine().writer();
    let numbers = writer.read(|store| store.numbers()).await?;
    let instances: Map = numbers
        .instances
        .iter()
        .map(|(status, number)| (status.name().into(), count(*number).unwrap_or_default()))
        .collect();
    Ok(Answer::Json(object([
        ("instances", Some(Value::object(instances))),
        ("open_cases", count(numbers.open_cases)),
        ("oldest_open", numbers.oldest_open.and_then(moment)),
        ("journal_entries", count(numbers.entries)),
        ("events", count(numbers.events)),
        ("audit_links", count(numbers.links)),
        ("used_bytes", count(numbers.used)),
        ("free_bytes", count(numbers.free)),
        ("in_memory", count(ask.gateway.engine().active())),
        ("in_line", count(writer.depth())),
    ])))
}

/// `POST /store/backup`
pub(super) async fn backup(ask: Ask) -> Reply {
    let to = PathBuf::from(ask.text("to").unwrap_or_default());
    if !to.is_absolute() {
        return Err(Refusal::bad(
            "`to` must be a whole path on the gateway's machine, such as `/backups/2026-05-07`",
        ));
    }
    let target = to.clone();
    ask.gateway.engine().writer().read(move |store| store.backup(&target)).await?;
    note(&ask, "backup", &to).await?;
    Ok(Answer::Json(object([("copied_to", text(&to.display().to_string()))])))
}

async fn note(ask: &Ask, action: &str, to: &Path) -> Result<(), Refusal> {
    let body = object([("action", text(action)), ("to", text(&to.display().to_string()))]);
    let record = AuditRecord {
        at: ask.now(),
        kind: "action".into(),
        who: Arc::clone(&ask.who),
        account: "".into(),
        about: "store".into(),
        body: crate::codec::json::encode(&body).into(),
    };
    let transition = Transition { at: ask.now(), audit: vec![record], ..Transition::default() };
    ask.gateway.engine().writer().commit(transition).await?;
    Ok(())
}

/// `POST /store/verify`
pub(super) async fn verify(ask: Ask) -> Reply {
    match ask.gateway.engine().writer().read(|store| Ok(store.verify())).await? {
        Ok(verified) => Ok(Answer::Json(object([
            ("holds", Some(true.into())),
            ("instances", count(verified.instances)),
            ("journal_entries", count(verified.entries)),
            ("audit_links", count(verified.links)),
        ]))),
        Err(StoreError::Corrupt(what)) => {
            Ok(Answer::Json(object([("holds", Some(false.into())), ("why", Some(Value::from(what)))])))
        }
        Err(error) => Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

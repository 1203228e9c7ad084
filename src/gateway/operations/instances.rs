//! Where work stands: one search by any reference, and one instance in full.

use uuid::Uuid;

use super::act;
use super::select::{self, Seen};
use super::shape::{self, moment, object};
use super::{Answer, Ask, Refusal, Reply};
use crate::flow::story::Scene;
use crate::store::{InstanceFilter, Status, Store, StoreError};
use crate::value::Value;

/// Entries that are shown with an instance, the last.
const LAST: usize = 20;

/// `GET /instances`
pub(super) async fn list(ask: Ask) -> Reply {
    let limit = ask.limit(50);
    let status = match ask.text("status") {
        None | Some("open") => None,
        Some(word) => Some(Status::of(word).ok_or_else(|| {
            let known: Vec<_> = Status::ALL.iter().map(|(_, word)| format!("`{word}`")).collect();
            Refusal::bad(format!("`status` is `open` or one of {}", known.join(", ")))
        })?),
    };
    let filter = InstanceFilter {
        account: ask.shared("account"),
        flow: ask.shared("flow"),
        digest: ask.shared("digest"),
        status,
        open: ask.text("status") == Some("open"),
    };
    let after =
        ask.text("after").map(|id| Uuid::try_parse(id).map_err(|_| Refusal::bad("`after` must be an id")));
    let (after, reference) = (after.transpose()?, ask.shared("reference"));
    let read = move |store: &dyn Store| {
        let found = match reference {
            Some(reference) => {
                let found = store.find(&reference, filter.account.as_deref(), limit)?;
                found.into_iter().map(|found| found.instance).filter(|own| filter.asks_for(own)).collect()
            }
            None => store.instances(&filter, after, limit)?,
        };
        found.into_iter().map(|instance| Seen::read(store, instance)).collect::<Result<Vec<_>, StoreError>>()
    };
    let seen = ask.gateway.engine().writer().read(read).await?;
    let after =
        (seen.len() == limit).then(|| seen.last().map(|seen| Value::from(seen.instance.id.to_string())));
    let rows = seen.iter().map(|seen| seen.row(&ask)).collect();
    Ok(Answer::Json(object([("instances", Some(Value::array(rows))), ("after", after.flatten())])))
}

/// `GET /instances/{id}`
pub(super) async fn show(ask: Ask) -> Reply {
    let mut seen = select::instance(&ask, ask.parameter()).await?;
    let row = seen.row(&ask);
    let generation = ask.gateway.generation();
    let now = ask.now();
    let open =
        seen.open.iter().map(|case| shape::row(case, seen.instance.business_key.as_ref(), now)).collect();
    let from = seen.scenes.len().saturating_sub(LAST);
    let mut last = seen.scenes.split_off(from);
    last.iter_mut().for_each(|scene| shape::redacted(scene, &generation.plan.redact));
    Ok(Answer::Json(object([
        ("instance", Some(row)),
        ("open_cases", Some(Value::array(open))),
        ("last", Some(Value::array(last.iter().map(entry).collect()))),
        ("actions", Some(act::allowed_on(&seen))),
    ])))
}

/// An entry of a journal.
pub(super) fn entry(scene: &Scene) -> Value {
    object([
        ("number", shape::count(scene.number)),
        ("at", moment(scene.at)),
        ("kind", shape::text(&scene.kind)),
        ("step", shape::some(&scene.path)),
        ("what", Some(scene.body.clone())),
    ])
}

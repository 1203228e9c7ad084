//! The event log and its subscribers: what happened, who was told, and telling them again.

use super::shape::{clean, count, moment, object, some, text};
use super::{Answer, Ask, Refusal, Reply};
use crate::codec::json;
use crate::flow::engine::{Refused, Subscribed};
use crate::http::StatusCode;
use crate::store::{Backlog, Event, EventFilter};
use crate::value::Value;

/// `GET /events`
pub(super) async fn list(ask: Ask) -> Reply {
    let limit = ask.limit(100);
    let filter = EventFilter {
        account: ask.shared("account"),
        name: ask.shared("event"),
        key: ask.shared("key"),
        instance: None,
        after: ask.whole("after").unwrap_or(0),
    };
    let events = ask.gateway.engine().writer().read(move |store| store.events(&filter, limit)).await?;
    let next = (events.len() == limit).then(|| events.last().and_then(|event| count(event.number))).flatten();
    let rows = events.iter().map(|event| row(event, None)).collect();
    Ok(Answer::Json(object([("events", Some(Value::array(rows))), ("after", next)])))
}

/// `GET /events/{number}`
pub(super) async fn show(ask: Ask) -> Reply {
    let none = || Refusal::missing(format!("there is no event {}", ask.parameter()));
    let number: u64 = ask.parameter().parse().map_err(|_| none())?;
    let filter = EventFilter { after: number.checked_sub(1).ok_or_else(none)?, ..EventFilter::default() };
    let events = ask.gateway.engine().writer().read(move |store| store.events(&filter, 1)).await?;
    let event = events.into_iter().find(|event| event.number == number).ok_or_else(none)?;
    let body = json::decode(&event.body, &json::Limits::default()).ok();
    let body = body.map(|body| clean(&body, &ask.gateway.generation().plan.redact));
    Ok(Answer::Json(row(&event, body)))
}

fn row(event: &Event, body: Option<Value>) -> Value {
    object([
        ("number", count(event.number)),
        ("event", text(&event.name)),
        ("key", text(&event.key)),
        ("account", some(&event.account)),
        ("source", text(&event.source)),
        ("id", text(&event.id)),
        ("occurred_at", moment(event.occurred_at)),
        ("recorded_at", moment(event.recorded_at)),
        ("correlation_id", some(&event.correlation_id)),
        ("instance", event.instance.and_then(|id| text(&id.to_string()))),
        ("says", body),
    ])
}

/// `GET /subscribers`
pub(super) async fn subscribers(ask: Ask) -> Reply {
    let all = ask.gateway.engine().subscribed().await?;
    let rows = all.iter().map(standing).collect();
    Ok(Answer::Json(object([("subscribers", Some(Value::array(rows)))])))
}

fn standing(one: &Subscribed) -> Value {
    let cursor = &one.cursor;
    let state = match cursor {
        own if own.disabled => "stopped",
        own if own.failures > 0 || !own.problem.is_empty() => "failing",
        _ if one.backlog.events > 0 => "behind",
        _ => "up_to_date",
    };
    let names = one.events.iter().map(|name| Value::String(name.clone())).collect();
    object([
        ("subscriber", text(&cursor.name)),
        ("events", Some(Value::array(names))),
        ("account", one.account.as_ref().and_then(|account| text(account))),
        ("state", text(state)),
        ("behind", count(one.backlog.events)),
        ("at_least", (one.backlog.events >= Backlog::MOST).then(|| true.into())),
        ("oldest_ms", one.oldest.and_then(|age| count(age.as_millis()))),
        ("next", count(cursor.next)),
        ("failures", count(cursor.failures)),
        ("failing_since", cursor.failing_since.and_then(moment)),
        ("retry_at", cursor.retry_at.and_then(moment)),
        ("problem", some(&cursor.problem)),
    ])
}

/// `POST /subscribers/{name}/replay`
pub(super) async fn replay(ask: Ask) -> Reply {
    let reason = reason(&ask)?;
    let since = ask.moment("since")?.ok_or_else(|| Refusal::bad("`since` must say from when"))?;
    let engine = ask.gateway.engine();
    let done = engine.replay_subscriber(ask.parameter(), since, &ask.who, &reason).await;
    done.map(|done| Answer::Json(standing(&done))).map_err(|why| refused(&ask, why))
}

/// `POST /subscribers/{name}/resume`
pub(super) async fn resume(ask: Ask) -> Reply {
    let reason = reason(&ask)?;
    let done = ask.gateway.engine().resume_subscriber(ask.parameter(), &ask.who, &reason).await;
    done.map(|done| Answer::Json(standing(&done))).map_err(|why| refused(&ask, why))
}

fn reason(ask: &Ask) -> Result<String, Refusal> {
    let reason = ask.text("reason").filter(|reason| !reason.is_empty());
    reason.map(str::to_owned).ok_or_else(|| Refusal::bad("`reason` must say why"))
}

fn refused(ask: &Ask, why: Refused) -> Refusal {
    match why {
        Refused::Unfit(why) if why.contains("there is no subscriber") => {
            Refusal::new(StatusCode::NOT_FOUND, format!("there is no subscriber `{}`", ask.parameter()))
        }
        other => other.into(),
    }
}

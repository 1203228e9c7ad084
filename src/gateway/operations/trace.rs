//! The whole story of an instance, or of all that a reference names.

use super::select::{self, Seen};
use super::shape::{self, count, object, text};
use super::{Answer, Ask, Refusal, Reply, instances};
use crate::flow::story::{self, Head, Story};
use crate::store::{Store, StoreError};
use crate::value::Value;

/// Stories that are told of one reference.
const STORIES: usize = 20;

/// `GET /instances/{id}/trace`
pub(super) async fn of_instance(ask: Ask) -> Reply {
    let seen = select::instance(&ask, ask.parameter()).await?;
    answer(&ask, vec![seen])
}

/// `GET /trace/{reference}`
pub(super) async fn of_reference(ask: Ask) -> Reply {
    let (reference, account) = (ask.parameter().to_owned(), ask.shared("account"));
    let read = move |store: &dyn Store| {
        let found = store.find(&reference, account.as_deref(), STORIES)?.into_iter();
        found.map(|found| Seen::read(store, found.instance)).collect::<Result<Vec<_>, StoreError>>()
    };
    let mut seen = ask.gateway.engine().writer().read(read).await?;
    // A booking's flows in the order in which they began.
    seen.reverse();
    match seen.is_empty() {
        true => Err(Refusal::missing(format!("nothing is known of `{}`", ask.parameter()))),
        false => answer(&ask, seen),
    }
}

fn answer(ask: &Ask, all: Vec<Seen>) -> Reply {
    let generation = ask.gateway.generation();
    let payloads = ask.wants("payloads");
    let (mut stories, mut texts) = (Vec::new(), Vec::new());
    for mut seen in all {
        seen.scenes.iter_mut().for_each(|scene| shape::redacted(scene, &generation.plan.redact));
        let row = seen.row(ask);
        let head = head(&seen, &row);
        let told = story::tell(std::mem::take(&mut seen.scenes), seen.instance.created_at, ask.now());
        texts.push(story::text(&told, &head, payloads));
        stories.push(json(&told, row));
    }
    match ask.text("format") {
        Some("text") => Ok(Answer::Text(texts.join("\n"))),
        None | Some("json") => Ok(Answer::Json(object([("stories", Some(Value::array(stories)))]))),
        Some(_) => Err(Refusal::bad("`format` is `json` or `text`")),
    }
}

fn head(seen: &Seen, row: &Value) -> Head {
    let own = &seen.instance;
    let waits = row.get("next").and_then(|next| {
        let name = next.get("name").and_then(Value::as_str);
        let kind = next.get("kind").and_then(Value::as_str)?;
        let owner = next.get("owner").and_then(Value::as_str).unwrap_or("nobody");
        Some(format!(", waits for {}, next to act: {owner}", name.unwrap_or(kind)))
    });
    let stage = if own.status.is_open() { format!(" at `{}`", own.stage) } else { String::new() };
    Head {
        reference: own.business_key.as_deref().unwrap_or("(no reference)").to_owned(),
        flow: own.flow.to_string(),
        account: own.account.to_string(),
        standing: format!("{}{stage}{}", own.status.name(), waits.unwrap_or_default()),
        facts: vec![
            ("instance", own.id.to_string()),
            ("correlation", own.correlation_id.to_string()),
            ("definition", own.digest.chars().take(12).collect()),
        ],
        began: shape::written(own.created_at),
    }
}

fn json(told: &Story, row: Value) -> Value {
    let share = |share: &story::Share| {
        object([
            ("party", Some(Value::from(share.party.name()))),
            ("kind", text(share.party.kind())),
            ("ms", count(share.took)),
        ])
    };
    let line = |line: &story::Line| {
        let Value::Object(entry) = instances::entry(&line.scene) else { return Value::Null };
        let mut entry = std::sync::Arc::unwrap_or_clone(entry);
        entry.insert("since_ms", Value::from(line.scene.at - told.began));
        if let Some(took) = line.took {
            entry.insert("took_ms", Value::from(took));
        }
        entry.insert("words", Value::from(line.words.as_str()));
        Value::object(entry)
    };
    object([
        ("instance", Some(row)),
        ("took_ms", count(told.took())),
        ("over", Some(Value::Bool(told.ended.is_some()))),
        ("waited_for", Some(Value::array(told.shares.iter().map(share).collect()))),
        ("entries", Some(Value::array(told.lines.iter().map(line).collect()))),
    ])
}

//! Which secrets are in use: names, places and times, never a value nor anything that is computed from one.

use std::time::{SystemTime, UNIX_EPOCH};

use super::shape::{moment, object, some, text};
use super::{Answer, Ask, Reply};
use crate::plan::{SecretSource, SecretState};
use crate::store::Millis;
use crate::value::Value;

/// `GET /secrets`
pub(super) async fn list(ask: Ask) -> Reply {
    let generation = ask.gateway.generation();
    let row = |state: SecretState| {
        let places = generation.plan.secret_places.get(&state.name);
        let places = places.into_iter().flatten().map(|place| Value::from(place.as_str()));
        let (kind, file) = match &state.source {
            SecretSource::File(path) => ("file", path.display().to_string()),
            SecretSource::StandIn => ("stand-in", String::new()),
        };
        object([
            ("secret", text(&state.name)),
            ("from", text(kind)),
            ("file", some(&file)),
            ("since", moment(millis(state.since))),
            ("used_by", Some(Value::array(places.collect()))),
            ("trouble", state.trouble.as_deref().and_then(text)),
        ])
    };
    let rows = generation.secrets.states().into_iter().map(row).collect();
    Ok(Answer::Json(object([("secrets", Some(Value::array(rows)))])))
}

fn millis(at: SystemTime) -> Millis {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

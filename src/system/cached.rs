//! A read through the cache: one caller asks, the others wait for it; old answers stand in.

use std::time::Duration;

use super::attempt;
use super::cache::{Entry, Key, Look};
use super::live::{Connection, Live};
use super::{
    Age, CacheScope, CacheSettings, CacheUse, CallContext, Failure, FailureKind, Operation, Outcome,
};
use crate::codec::json;
use crate::value::Value;

/// One attempt, answered from the cache where that is allowed.
pub(super) async fn attempt(
    live: &Live,
    connection: &Connection,
    operation: &Operation,
    settings: &CacheSettings,
    inputs: &[Option<Value>],
    context: &CallContext,
) -> Outcome {
    let key = key(connection, operation, settings, inputs, context);
    let told = |use_| live.observer.on_cache(&key.system, &key.operation, use_);
    if context.fresh {
        return ask(live, connection, operation, inputs, context, &key).await;
    }
    loop {
        let now = live.clock.monotonic();
        let outcome = match live.cache.look(&key, now, settings.ttl, context.deadline) {
            Look::Hit(entry) => {
                told(CacheUse::Hit);
                return answer(entry, now, settings);
            }
            Look::Lead(flight) => {
                told(CacheUse::Miss);
                let outcome = ask(live, connection, operation, inputs, context, &key).await;
                flight.land(&outcome);
                outcome
            }
            Look::Join(mut landing, until) => {
                let left = context.deadline.saturating_sub(now);
                let landed = tokio::select! {
                    biased;
                    landed = landing.wait_for(Option::is_some) => landed.ok().and_then(|outcome| outcome.clone()),
                    () = live.clock.sleep(left) => Some(Outcome::Held(out_of_time())),
                };
                match landed {
                    // Who asked went away, or had less time than we have.
                    None => continue,
                    Some(outcome) if ran_out(&outcome) && until < context.deadline && !left.is_zero() => {
                        continue;
                    }
                    Some(outcome) => {
                        told(CacheUse::Joined);
                        outcome
                    }
                }
            }
        };
        return stand_in(live, &key, settings, outcome);
    }
}

async fn ask(
    live: &Live,
    connection: &Connection,
    operation: &Operation,
    inputs: &[Option<Value>],
    context: &CallContext,
    key: &Key,
) -> Outcome {
    let asked = live.clock.monotonic();
    let outcome = attempt::once(live, connection, operation, inputs, context).await;
    if let Outcome::Ok { value, .. } = &outcome {
        live.cache.keep(key.clone(), Entry { value: value.clone(), asked });
    }
    outcome
}

/// While the system fails, an answer that is not too old.
fn stand_in(live: &Live, key: &Key, settings: &CacheSettings, outcome: Outcome) -> Outcome {
    if !matches!(outcome, Outcome::NotDone(_) | Outcome::Unknown(_) | Outcome::Held(_)) {
        return outcome;
    }
    let now = live.clock.monotonic();
    let oldest = settings.ttl.saturating_add(settings.stale_if_error);
    match live.cache.get(key, now, oldest) {
        Some(entry) if !settings.stale_if_error.is_zero() => {
            live.observer.on_cache(&key.system, &key.operation, CacheUse::Stale);
            answer(entry, now, settings)
        }
        _ => outcome,
    }
}

fn answer(entry: Entry, now: Duration, settings: &CacheSettings) -> Outcome {
    let age = now.saturating_sub(entry.asked);
    Outcome::Ok { value: entry.value, age: Some(Age { age, stale: age > settings.ttl }) }
}

fn ran_out(outcome: &Outcome) -> bool {
    outcome.failure().is_some_and(|failure| failure.kind == FailureKind::Timeout)
}

fn out_of_time() -> Failure {
    Failure {
        kind: FailureKind::Timeout,
        message: "no time was left for the call".to_owned(),
        retry_after: None,
    }
}

fn key(
    connection: &Connection,
    operation: &Operation,
    settings: &CacheSettings,
    inputs: &[Option<Value>],
    context: &CallContext,
) -> Key {
    let mut encoded = Vec::new();
    for input in inputs {
        // A byte that begins no JSON keeps absent apart from null, and inputs apart from each other.
        encoded.push(u8::from(input.is_some()));
        if let Some(value) = input {
            json::encode_into(value, &mut encoded);
        }
    }
    Key {
        system: connection.system.name.clone(),
        operation: operation.name.clone(),
        fingerprint: connection.system.fingerprint,
        account: match settings.shared {
            CacheScope::All => None,
            CacheScope::Account => Some(context.account.clone().unwrap_or_default()),
        },
        inputs: encoded,
    }
}

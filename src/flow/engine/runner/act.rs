//! What people do to an instance, checked against where it stands.

use std::sync::Arc;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::super::care::{History, remember};
use super::super::line::NOT_BEGUN;
use super::super::told::{Action, Done, Order, Refused, Told};
use super::super::{Engine, journal};
use super::Runner;
use crate::codec::json;
use crate::flow::machine::{self, Event, ParkId, Parked, Rerun};
use crate::store::Entry;
use crate::value::{Map, Value};

/// Entries of a journal that are looked through.
const MOST_ENTRIES: usize = 1_000_000;

type Effects = Vec<(Arc<str>, Option<Value>)>;
type Reply = oneshot::Sender<Result<Done, Refused>>;

impl Runner {
    /// Somebody says something.
    pub(super) async fn told(&mut self, told: Told) {
        match told {
            Told::Wake => self.fire(),
            Told::Back(system) => self.goes_on(&system),
            Told::Occurred(matched) => self.occurred(*matched),
            Told::Act { order, preview, reply } => self.order(order, preview, reply).await,
            Told::Tend { number, tending, reply } => self.tend(number, &tending, reply),
        }
    }

    async fn order(&mut self, order: Order, preview: bool, reply: Reply) {
        let effects = match &order.action {
            Action::Retry { .. } | Action::Amend { .. } | Action::Rerun { .. } => {
                let kept = effects(&self.engine, self.id).await;
                // What is not written yet counts too.
                kept.map(|kept| kept.into_iter().chain(self.turn.entries.iter().filter_map(effect)).collect())
            }
            _ => Ok(Vec::new()),
        };
        let events = effects.and_then(|effects| self.events_of(&order.action, effects));
        match events {
            Err(refused) => _ = reply.send(Err(refused)),
            Ok(_) if preview => {
                let stage = self.stage.clone();
                _ = reply.send(Ok(Done { status: self.status(), stage }));
            }
            Ok((step, events)) => {
                self.note(&order, &step);
                events.into_iter().for_each(|event| self.apply(event));
                self.turn.weighty = true;
                self.replies.push(reply);
            }
        }
    }

    /// The journal and the audit trail say who did what, and why.
    fn note(&mut self, order: &Order, step: &str) {
        let at = self.engine.now();
        let given = match &order.action {
            Action::Amend { input, value } => Some((&**input, value)),
            Action::Skip { result: Some(result), .. } => Some(("result", result)),
            _ => None,
        };
        let entry = journal::acted(at, step, order.action.name(), &order.who, &order.reason, given);
        self.turn.entries.push(entry);
        let park = match &order.action {
            Action::Retry { park } | Action::Skip { park, .. } => Some(park),
            _ => None,
        };
        let line = History { at, who: &order.who, action: order.action.name(), said: &order.reason };
        let own = self.cases.iter_mut().filter(|(own, _)| park.is_none_or(|park| park == *own));
        own.for_each(|(_, case)| remember(case, &line));
        let mut body = Map::new();
        body.insert("action", Value::from(order.action.name()));
        body.insert("step", Value::from(step));
        body.insert("reason", Value::String(Arc::clone(&order.reason)));
        if let Some((_, given)) = given {
            body.insert("sha256", Value::from(machine::digest(&json::encode(given))));
        }
        let record = self.audit("action", &order.who, body);
        self.audit.push(record);
    }

    /// What the machine is to be told, and the step that it is about.
    fn events_of(&self, action: &Action, effects: Effects) -> Result<(String, Vec<Event>), Refused> {
        let stop = |undo, reason: &str| vec![Event::Stop { undo, reason: reason.into() }];
        let ends = matches!(action, Action::Compensate | Action::Withdraw { .. } | Action::Cancel);
        if self.state.is_queued() && !ends {
            return Err(Refused::Unfit(NOT_BEGUN.to_owned()));
        }
        match action {
            Action::Retry { park } => {
                let parked = self.parked(*park)?;
                Ok((parked.step.to_string(), vec![Event::Retry { park: parked.id, effects }]))
            }
            Action::Skip { park, result } => {
                let parked = self.parked(*park)?;
                self.fits_result(&parked, result.as_ref())?;
                let event = Event::Skip { park: parked.id, result: result.clone() };
                Ok((parked.step.to_string(), vec![event]))
            }
            Action::Amend { input, value } => self.amends(input, value, effects),
            Action::Rerun { step } => {
                let rerun =
                    Rerun::from(&self.definition, &self.state, step, effects).map_err(|why| match why {
                        machine::Refused::NoSuchStep => Refused::NoSuchStep,
                        machine::Refused::NotThereYet => Refused::NotThereYet,
                        machine::Refused::Ending => Refused::Ending,
                    })?;
                Ok((step.to_string(), vec![Event::Rerun(rerun)]))
            }
            Action::Compensate => Ok((String::new(), stop(true, "compensated"))),
            Action::Withdraw { before } => match self.state.is_before(&self.definition, before) {
                true => Ok((String::new(), stop(true, "withdrawn"))),
                false => Err(Refused::TooLate),
            },
            Action::Cancel => Ok((String::new(), stop(false, "cancelled"))),
        }
    }

    fn parked(&self, park: u32) -> Result<Parked, Refused> {
        self.state.parked().find(|parked| parked.id == ParkId(park)).cloned().ok_or(Refused::NotParked)
    }

    fn fits_result(&self, parked: &Parked, result: Option<&Value>) -> Result<(), Refused> {
        match self.definition.unfit_result(&parked.step, result) {
            None => Ok(()),
            Some(why) => Err(Refused::Unfit(why)),
        }
    }

    fn amends(&self, input: &str, value: &Value, effects: Effects) -> Result<(String, Vec<Event>), Refused> {
        let inputs = self.definition.inputs();
        let Some(at) = inputs.iter().position(|own| *own.name == *input) else {
            let known: Vec<_> = inputs.iter().map(|own| format!("`{}`", own.name)).collect();
            return Err(Refused::Unfit(format!("the flow takes no `{input}`, but {}", known.join(", "))));
        };
        if let Some(why) = self.definition.unfit_input(at, value) {
            return Err(Refused::Unfit(why));
        }
        let mut events = vec![Event::Amend { input: at, value: Some(value.clone()) }];
        let again = |parked: &Parked| Event::Retry { park: parked.id, effects: effects.clone() };
        events.extend(self.state.parked().map(again));
        Ok((String::new(), events))
    }
}

/// Results of effectful calls so far, by their keys: what is run again must not be sent again.
async fn effects(engine: &Engine, id: Uuid) -> Result<Effects, Refused> {
    let entries = engine.writer.read(move |store| store.journal(id, 0, MOST_ENTRIES)).await;
    let entries = entries.map_err(|error| Refused::Failed(error.to_string()))?;
    Ok(entries.iter().filter_map(effect).collect())
}

/// The key and the result of an effectful call that an entry says was done.
fn effect(entry: &Entry) -> Option<(Arc<str>, Option<Value>)> {
    if *entry.kind != *"outcome" {
        return None;
    }
    let Ok(Value::Object(body)) = json::decode(&entry.body, &json::Limits::default()) else { return None };
    let is = |name: &str, word: &str| matches!(body.get(name), Some(Value::String(text)) if **text == *word);
    let Some(Value::String(key)) = body.get("key") else { return None };
    (is("outcome", "ok") && body.get("probe").is_none())
        .then(|| (Arc::clone(key), body.get("result").cloned()))
}

//! What people do to an instance, checked against where it stands.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::super::told::{Action, Done, Order, Refused, Told};
use super::super::{journal, millis};
use super::Runner;
use crate::codec::json;
use crate::flow::machine::{self, Event, ParkId, Parked, Rerun};
use crate::store::Entry;
use crate::value::{Map, Value};

type Reply = oneshot::Sender<Result<Done, Refused>>;

impl Runner {
    /// Somebody says something.
    pub(super) fn told(&mut self, told: Told) {
        match told {
            Told::Wake => self.fire(),
            Told::Act { order, reply } => self.order(order, reply),
        }
    }

    fn order(&mut self, order: Order, reply: Reply) {
        match self.events_of(&order.action) {
            Err(refused) => _ = reply.send(Err(refused)),
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
        let entry = journal::acted(at, step, order.action.name(), &order.who, &order.reason);
        self.turn.entries.push(entry);
        let mut body = Map::new();
        body.insert("action", Value::from(order.action.name()));
        body.insert("step", Value::from(step));
        body.insert("reason", Value::String(Arc::clone(&order.reason)));
        let given = match &order.action {
            Action::Amend { value, .. } => Some(value),
            Action::Skip { result, .. } => result.as_ref(),
            _ => None,
        };
        if let Some(given) = given {
            body.insert("sha256", Value::from(machine::digest(&json::encode(given))));
        }
        let record = self.audit("action", &order.who, body);
        self.audit.push(record);
    }

    /// What the machine is to be told, and the step that it is about.
    fn events_of(&self, action: &Action) -> Result<(String, Vec<Event>), Refused> {
        let stop = |undo, reason: &str| vec![Event::Stop { undo, reason: reason.into() }];
        match action {
            Action::Retry { park } => {
                let parked = self.parked(*park)?;
                Ok((parked.step.to_string(), vec![Event::Retry { park: parked.id }]))
            }
            Action::Skip { park, result } => {
                let parked = self.parked(*park)?;
                self.fits_result(&parked, result.as_ref())?;
                let event = Event::Skip { park: parked.id, result: result.clone() };
                Ok((parked.step.to_string(), vec![event]))
            }
            Action::Amend { input, value } => self.amends(input, value),
            Action::Rerun { step } => {
                let rerun =
                    Rerun::from(&self.definition, &self.state, step, Vec::new()).map_err(
                        |why| match why {
                            machine::Refused::NoSuchStep => Refused::NoSuchStep,
                            machine::Refused::NotThereYet => Refused::NotThereYet,
                            machine::Refused::Ending => Refused::Ending,
                        },
                    )?;
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

    fn amends(&self, input: &str, value: &Value) -> Result<(String, Vec<Event>), Refused> {
        let inputs = self.definition.inputs();
        let Some(at) = inputs.iter().position(|own| *own.name == *input) else {
            let known: Vec<_> = inputs.iter().map(|own| format!("`{}`", own.name)).collect();
            return Err(Refused::Unfit(format!("the flow takes no `{input}`, but {}", known.join(", "))));
        };
        if let Some(why) = self.definition.unfit_input(at, value) {
            return Err(Refused::Unfit(why));
        }
        let mut events = vec![Event::Amend { input: at, value: Some(value.clone()) }];
        events.extend(self.state.parked().map(|parked| Event::Retry { park: parked.id }));
        Ok((String::new(), events))
    }

    /// Results of effectful calls so far, by their keys: what is run again must not be sent again.
    pub(super) fn effects_in(entries: &[Entry]) -> Vec<(Arc<str>, Option<Value>)> {
        let of = |entry: &Entry| {
            let Ok(Value::Object(body)) = json::decode(&entry.body, &json::Limits::default()) else {
                return None;
            };
            let done = matches!(body.get("outcome"), Some(Value::String(word)) if **word == *"ok");
            match body.get("key") {
                Some(Value::String(key)) if done => Some((Arc::clone(key), body.get("result").cloned())),
                _ => None,
            }
        };
        entries.iter().filter(|entry| *entry.kind == *"outcome").filter_map(of).collect()
    }

    /// When it happened, for the journal.
    pub(super) fn stamp(&self) -> i64 {
        millis(self.engine.at())
    }
}

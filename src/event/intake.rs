//! What comes in from outside: a body, kept as it came, is split into events.

use std::sync::Arc;

use super::{EventType, cloud};
use crate::mapping::{Context, Error, Program};
use crate::schema::Schema;
use crate::value::Value;

/// The name under which a body is kept until it is split. No event type has it.
pub const INTAKE: &str = "$intake";

/// What a route publishes: immutable, every name resolved.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The route's name: who says so.
    pub route: Arc<str>,
    /// Who answers for it.
    pub owner: Option<Arc<str>>,
    pub event: Arc<EventType>,
    /// The items of a body, its only input; without it, the body is one.
    pub each: Option<Program>,
    /// Over an item: whether it is such an event.
    pub when: Option<Program>,
    /// From an item to what the event says, and what an item must be for that.
    pub map: Option<(Program, Arc<Schema>)>,
    /// Whether bodies are CloudEvents: one, or a list of them.
    pub is_cloud: bool,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Event {
        /// Which event it is for its sender; `None`: it does not say.
        id: Option<Arc<str>>,
        /// When it happened, in milliseconds since 1970, if it says so.
        at: Option<i64>,
        key: Arc<str>,
        payload: Value,
    },
    /// It is no such event.
    Other,
    /// Somebody must look: why, and the item.
    Bad { why: String, item: Value },
}

impl Intake {
    /// The parts of a body, in its order. The error says why it has none.
    pub fn split(&self, body: &Value, context: &Context<'_>) -> Result<Vec<Part>, String> {
        let items = match (&self.each, self.is_cloud, body) {
            (Some(each), ..) => {
                let found = each.eval(&[Some(body.clone())], context).map_err(|error| words(&error))?;
                let list = found.as_ref().and_then(Value::as_array);
                list.ok_or("the body holds no list where its items are")?.to_vec()
            }
            (None, true, Value::Array(items)) => items.to_vec(),
            (None, ..) => vec![body.clone()],
        };
        Ok(items.into_iter().map(|item| self.part(item, context)).collect())
    }

    fn part(&self, item: Value, context: &Context<'_>) -> Part {
        self.read(&item, context).unwrap_or_else(|why| Part::Bad { why, item })
    }

    fn read(&self, item: &Value, context: &Context<'_>) -> Result<Part, String> {
        let cloud = self.is_cloud.then(|| cloud::read(item)).transpose()?;
        let data = cloud.as_ref().map_or(item, |cloud| cloud.data);
        if let Some(when) = &self.when {
            let about = cloud.as_ref().map(|_| item.clone());
            let holds = when.eval(&[Some(data.clone()), about], context).map_err(|error| words(&error))?;
            if holds != Some(Value::Bool(true)) {
                return Ok(Part::Other);
            }
        }
        let payload = self.payload(data, context)?;
        if let Some(wrong) = self.event.schema.violations(&payload, 1).first() {
            return Err(format!("it is no `{}`: {}", self.event.schema.name, wrong.sentence()));
        }
        let key = self.event.key_of(&payload).ok_or("it says nothing that it is about")?;
        let own = self.event.id_of(&payload);
        let id = own.or_else(|| cloud.as_ref().map(|cloud| format!("{}#{}", cloud.source, cloud.id).into()));
        Ok(Part::Event { id, at: cloud.and_then(|cloud| cloud.at), key, payload })
    }

    fn payload(&self, data: &Value, context: &Context<'_>) -> Result<Value, String> {
        let Some((map, takes)) = &self.map else { return Ok(data.clone()) };
        if let Some(wrong) = takes.violations(data, 1).first() {
            return Err(format!("the item is no `{}`: {}", takes.name, wrong.sentence()));
        }
        let made = map.eval(&[Some(data.clone())], context).map_err(|error| words(&error))?;
        made.ok_or_else(|| "the mapping makes nothing of it".to_owned())
    }
}

/// Why something could not be computed.
fn words(error: &Error) -> String {
    match error {
        Error::Rejected(rejected) => format!("{}: {}", rejected.code, rejected.text),
        Error::Failed(failed) => failed.message.clone(),
    }
}

//! Who is told of an event, and of what.

use std::sync::Arc;

use crate::mapping::{Context, Error, Program};
use crate::value::Value;

/// One subscriber of an event type.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// Unique among all: `delivery.milestone:customer_hooks`.
    pub name: Arc<str>,
    /// Over what the event says; without it, every event.
    pub when: Option<Program>,
    pub to: To,
    /// A new one begins with the oldest event that is kept; else with the next one.
    pub from_start: bool,
}

/// How it is told.
#[derive(Debug, Clone)]
pub enum To {
    /// A flow is started; its inputs in its order.
    Flow { flow: Arc<str>, inputs: Vec<Binding> },
    /// It is sent to a webhook; `says`: the schema of what `map` makes.
    Webhook { webhook: Arc<str>, map: Option<Program>, says: Option<Arc<str>> },
    /// Clients follow a stream.
    Stream { stream: Arc<str>, map: Option<Program>, says: Option<Arc<str>> },
}

/// Where an input of the flow comes from.
#[derive(Debug, Clone)]
pub enum Binding {
    /// Nothing is bound.
    Absent,
    /// What the event says.
    Event,
    /// A program (of an expression or a mapping) over what the event says, its only input.
    Computed(Program),
}

impl Subscriber {
    /// Whether it is told of an event that says `payload`.
    pub fn wants(&self, payload: &Value, context: &Context<'_>) -> Result<bool, Error> {
        let Some(when) = &self.when else { return Ok(true) };
        let holds = when.eval(&[Some(payload.clone())], context)?;
        Ok(holds == Some(Value::Bool(true)))
    }

    /// What its flow is started with, in the flow's order.
    pub fn inputs(&self, payload: &Value, context: &Context<'_>) -> Result<Vec<Option<Value>>, Error> {
        let To::Flow { inputs, .. } = &self.to else { return Ok(Vec::new()) };
        let bind = |binding: &Binding| match binding {
            Binding::Absent => Ok(None),
            Binding::Event => Ok(Some(payload.clone())),
            Binding::Computed(program) => program.eval(&[Some(payload.clone())], context),
        };
        inputs.iter().map(bind).collect()
    }

    /// What others are told: what its mapping makes of the event, else what the event says.
    pub fn projected(&self, payload: &Value, context: &Context<'_>) -> Result<Value, Error> {
        let (To::Webhook { map, .. } | To::Stream { map, .. }) = &self.to else { return Ok(payload.clone()) };
        match map {
            Some(map) => Ok(map.eval(&[Some(payload.clone())], context)?.unwrap_or(Value::Null)),
            None => Ok(payload.clone()),
        }
    }

    /// The stream that it is told by.
    pub fn stream(&self) -> Option<&Arc<str>> {
        match &self.to {
            To::Stream { stream, .. } => Some(stream),
            To::Flow { .. } | To::Webhook { .. } => None,
        }
    }
}

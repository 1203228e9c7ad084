//! Who is told of an event: a flow that is started for it.

use std::sync::Arc;

use crate::mapping::{Context, Error, Program};
use crate::value::Value;

/// A flow that is started for each event.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// The flow's name.
    pub flow: Arc<str>,
    /// Over what the event says; without it, every event.
    pub when: Option<Program>,
    /// In the order of the flow's inputs.
    pub inputs: Vec<Binding>,
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

    /// What the flow is started with, in its order.
    pub fn inputs(&self, payload: &Value, context: &Context<'_>) -> Result<Vec<Option<Value>>, Error> {
        let bind = |binding: &Binding| match binding {
            Binding::Absent => Ok(None),
            Binding::Event => Ok(Some(payload.clone())),
            Binding::Computed(program) => program.eval(&[Some(payload.clone())], context),
        };
        self.inputs.iter().map(bind).collect()
    }
}

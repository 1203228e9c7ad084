//! What gives a value in a flow: a variable, a constant, or a program.

use super::failure::{Failure, FailureKind, FlowEnd};
use crate::mapping::{self, Program};
use crate::value::{Map, Value};
use std::sync::Arc;

/// A value to be, over the slots of a scope.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    /// The variable in a slot, as it is.
    Slot(u32),
    /// Always the same.
    Constant(Option<Value>),
    Program(Program),
}

/// Why a formula gave nothing: the flow ends or the step fails.
#[derive(Debug)]
pub(super) enum Broken {
    Ended(FlowEnd),
    Failed(String),
}

impl Formula {
    /// The value over `slots`; `None` is an absent one.
    pub fn eval(
        &self,
        slots: &[Option<Value>],
        context: &mapping::Context<'_>,
    ) -> Result<Option<Value>, Broken> {
        match self {
            Formula::Slot(slot) => Ok(slots.get(*slot as usize).cloned().flatten()),
            Formula::Constant(value) => Ok(value.clone()),
            Formula::Program(program) => Formula::run(program, slots, context),
        }
    }

    /// The value of a program over its own inputs.
    pub fn run(
        program: &Program,
        inputs: &[Option<Value>],
        context: &mapping::Context<'_>,
    ) -> Result<Option<Value>, Broken> {
        program.eval(inputs, context).map_err(broken)
    }

    /// The truth over `slots`; anything but true or false is a failure.
    pub fn holds(&self, slots: &[Option<Value>], context: &mapping::Context<'_>) -> Result<bool, Broken> {
        match self.eval(slots, context)? {
            Some(Value::Bool(truth)) => Ok(truth),
            other => Err(Broken::Failed(format!(
                "a condition must be true or false, this is {}",
                other.map_or("absent", |value| value.kind().name())
            ))),
        }
    }
}

fn broken(error: mapping::Error) -> Broken {
    match error {
        mapping::Error::Rejected(rejected) => Broken::Ended(FlowEnd::Rejected {
            code: rejected.code,
            facts: rejected.facts.into_iter().collect::<Map>(),
            pointer: None,
            text: Some(rejected.text),
        }),
        mapping::Error::Failed(failed) => {
            let at = failed.target.to_string();
            Broken::Failed(if at.is_empty() {
                failed.message
            } else {
                format!("{} (at {at})", failed.message)
            })
        }
    }
}

impl Broken {
    /// As the end of the step at `path`.
    pub fn at(self, path: &Arc<str>) -> Result<Failure, FlowEnd> {
        match self {
            Broken::Ended(end) => Err(end),
            Broken::Failed(detail) => Ok(Failure::new(FailureKind::Expression, path.clone(), detail)),
        }
    }
}

//! `respond`: answers the caller; ends the flow.

use crate::flow::FlowEnd;
use crate::flow::definition::Step;
use crate::flow::formula::{Broken, Formula};
use crate::flow::machine::{Run, Signal, Thread, broken_at};
use crate::http::{HeaderName, HeaderValue};
use crate::mapping::Program;
use crate::value::Value;

/// A compiled `respond`.
#[derive(Debug)]
pub(in crate::flow) struct RespondNode {
    pub status: u16,
    pub headers: Vec<(HeaderName, Formula)>,
    pub body: Body,
}

/// Where the body of an answer comes from.
#[derive(Debug)]
pub(in crate::flow) enum Body {
    None,
    Formula(Formula),
    /// A mapping and its inputs, in its order.
    Mapped(Program, Vec<Formula>),
}

impl RespondNode {
    /// Ends the flow with an answer.
    pub fn enter(&self, run: &Run<'_, '_>, thread: &Thread, step: &Step) -> Signal {
        let made = self.headers(run, thread).and_then(|headers| Ok((headers, self.body.make(run, thread)?)));
        match made {
            Ok((headers, body)) => Signal::End(FlowEnd::Responded { status: self.status, headers, body }),
            Err(broken) => broken_at(broken, &step.path),
        }
    }

    fn headers(&self, run: &Run<'_, '_>, thread: &Thread) -> Result<Vec<(HeaderName, HeaderValue)>, Broken> {
        let mut headers = Vec::with_capacity(self.headers.len());
        for (name, formula) in &self.headers {
            match formula.eval(&thread.slots, &run.now.context)? {
                None => {}
                Some(Value::String(text)) => match HeaderValue::from_str(&text) {
                    Ok(value) => headers.push((name.clone(), value)),
                    Err(_) => return Err(Broken::Failed(format!("header `{name}` cannot hold this text"))),
                },
                Some(other) => {
                    let kind = other.kind().name();
                    return Err(Broken::Failed(format!("header `{name}` must be text, this is {kind}")));
                }
            }
        }
        Ok(headers)
    }
}

impl Body {
    fn make(&self, run: &Run<'_, '_>, thread: &Thread) -> Result<Option<Value>, Broken> {
        let context = &run.now.context;
        match self {
            Body::None => Ok(None),
            Body::Formula(formula) => formula.eval(&thread.slots, context),
            Body::Mapped(program, inputs) => {
                let inputs = inputs.iter().map(|input| input.eval(&thread.slots, context));
                let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
                Formula::run(program, &inputs, context)
            }
        }
    }
}

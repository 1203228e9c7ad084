//! `raise`: an exception that somebody must look at; ends the flow.

use std::sync::Arc;

use super::reject::{Facts, gather};
use super::{Kind, Node};
use crate::config::declarations::flow::StepBody;
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::FlowEnd;
use crate::flow::compile::{Compiler, Made};
use crate::flow::definition::Step;
use crate::flow::machine::{Run, Signal, Thread, broken_at};

/// A compiled `raise`.
#[derive(Debug)]
pub(in crate::flow) struct RaiseNode {
    pub code: Arc<str>,
    pub facts: Facts,
}

impl RaiseNode {
    /// Ends the flow.
    pub fn enter(&self, run: &Run<'_, '_>, thread: &Thread, step: &Step) -> Signal {
        match gather(&self.facts, run, thread) {
            Ok(facts) => Signal::End(FlowEnd::Raised { code: self.code.clone(), facts }),
            Err(broken) => broken_at(broken, &step.path),
        }
    }
}

pub(super) const KIND: Kind = Kind {
    name: "raise",
    help: "an exception from `exceptions.yaml` that somebody must look at; ends the flow",
    stands: |body| body.raise.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(code) = &body.raise else { return Made::broken() };
    let known = compiler.env.exceptions;
    if !known.contains(code.as_str()) {
        let message = format!("there is no exception `{}`", code.value);
        let finding = Diagnostic::new(&codes::UNKNOWN_EXCEPTION, code.span, message);
        compiler.find(
            finding
                .nearest(code, known.iter().map(|known| &**known))
                .help("declare it in `exceptions.yaml`, under `exceptions`"),
        );
    }
    compiler.feed(code);
    let facts = compiler.named(&body.facts);
    Made { ends: true, ..Made::quiet(Node::Raise(RaiseNode { code: code.as_str().into(), facts })) }
}

//! `raise`: an exception that somebody must look at; ends the flow.

use std::sync::Arc;

use super::reject::{Facts, gather};
use crate::flow::FlowEnd;
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

//! `reject`: a business answer; ends the flow.

use std::sync::Arc;

use crate::flow::FlowEnd;
use crate::flow::definition::Step;
use crate::flow::formula::{Broken, Formula};
use crate::flow::machine::{Run, Signal, Thread, broken_at};
use crate::value::Map;

/// A compiled `reject`.
#[derive(Debug)]
pub(in crate::flow) struct RejectNode {
    pub code: Arc<str>,
    pub facts: Facts,
    pub pointer: Option<Arc<str>>,
}

/// Facts for texts and logs, by name.
pub(in crate::flow) type Facts = Vec<(Arc<str>, Formula)>;

impl RejectNode {
    /// Ends the flow.
    pub fn enter(&self, run: &Run<'_, '_>, thread: &Thread, step: &Step) -> Signal {
        match gather(&self.facts, run, thread) {
            Ok(facts) => Signal::End(FlowEnd::Rejected {
                code: self.code.clone(),
                facts,
                pointer: self.pointer.clone(),
                text: None,
            }),
            Err(broken) => broken_at(broken, &step.path),
        }
    }
}

/// Evaluates facts; absent ones are left out.
pub(super) fn gather(facts: &Facts, run: &Run<'_, '_>, thread: &Thread) -> Result<Map, Broken> {
    let mut map = Map::with_capacity(facts.len());
    for (name, formula) in facts {
        if let Some(value) = formula.eval(&thread.slots, &run.now.context)? {
            map.insert(name.clone(), value);
        }
    }
    Ok(map)
}

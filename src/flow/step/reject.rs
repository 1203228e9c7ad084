//! `reject`: a business answer; ends the flow.

use std::sync::Arc;

use super::{Kind, Node};
use crate::config::declarations::flow::StepBody;
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::FlowEnd;
use crate::flow::compile::{Compiler, Made};
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

pub(super) const KIND: Kind = Kind {
    name: "reject",
    help: "a business answer from `exceptions.yaml`; ends the flow, opens no case",
    stands: |body| body.reject.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(code) = &body.reject else { return Made::broken() };
    let codes_known = compiler.env.mapping.rejections;
    if !codes_known.contains_key(code.as_str()) {
        let message = format!("there is no rejection `{}`", code.value);
        let finding = Diagnostic::new(&codes::UNKNOWN_REJECTION, code.span, message);
        compiler.find(
            finding
                .nearest(code, codes_known.keys().map(|known| &**known))
                .help("declare it in `exceptions.yaml`, under `rejections`"),
        );
    }
    let pointer = body.pointer.as_ref();
    if let Some(pointer) = pointer.filter(|pointer| !(pointer.is_empty() || pointer.starts_with('/'))) {
        let message = format!("`{}` is no JSON Pointer", pointer.value);
        let help = format!(
            "write `/{}`: a slash before every name, as in `/pickup/window`",
            pointer.value.replace('.', "/")
        );
        compiler.find(Diagnostic::new(&codes::BAD_POINTER, pointer.span, message).help(help));
    }
    compiler.feed(code);
    compiler.feed(pointer.map_or("", |pointer| pointer.as_str()));
    let facts = compiler.named(&body.facts);
    let pointer = pointer.map(|pointer| pointer.as_str().into());
    let node = Node::Reject(RejectNode { code: code.as_str().into(), facts, pointer });
    Made { ends: true, ..Made::quiet(node) }
}

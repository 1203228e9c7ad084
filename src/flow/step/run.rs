//! `run`: another flow, inside this one; the result is its output.

use super::{Kind, Node};
use crate::config::declarations::Name;
use crate::config::declarations::flow::StepBody;
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::compile::{Compiler, Made, Taken, Typed};
use crate::flow::definition::{Definition, Step, StepIndex};
use crate::flow::formula::Formula;
use crate::flow::machine::{Frame, Run, Signal, Thread, broken_at};

/// Flows inside flows, at most.
const MAX_DEPTH: u32 = 8;

/// A compiled `run`.
#[derive(Debug)]
pub(in crate::flow) struct RunNode {
    /// Number of the flow among the definition's children.
    pub child: u16,
    /// In the order of the flow's inputs.
    pub inputs: Vec<Formula>,
}

impl RunNode {
    /// Enters the other flow: it sees its inputs and nothing of this one's variables.
    pub fn enter(&self, run: &Run<'_, '_>, thread: &mut Thread, index: StepIndex, step: &Step) -> Signal {
        let mut slots = Vec::with_capacity(self.inputs.len() + 8);
        slots.extend(thread.slots.iter().take(2).cloned());
        for input in &self.inputs {
            match input.eval(&thread.slots, &run.now.context) {
                Ok(value) => slots.push(value),
                Err(broken) => return broken_at(broken, &step.path),
            }
        }
        let slots = std::mem::replace(&mut thread.slots, slots);
        thread.frames.push(Frame::Flow { slots });
        thread.flow.push(self.child);
        thread.lineage.push(index);
        Signal::Block(0)
    }
}

pub(super) const KIND: Kind = Kind {
    name: "run",
    help: "another flow, inside this one; the result is its output",
    stands: |body| body.run.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(name) = &body.run else { return Made::broken() };
    let env = compiler.env;
    let Some(child) = env.flows.get(name.as_str()) else {
        unknown(compiler, name);
        return Made::broken();
    };
    if refused(compiler, name, child) {
        return Made::broken();
    }
    let takes: Vec<Taken<'_>> = child
        .inputs()
        .iter()
        .map(|input| Taken { name: &input.name, ty: &input.ty, required: input.required })
        .collect();
    compiler.feed(child.digest());
    let doubts = compiler.doubts;
    let inputs = compiler.bind(&takes, &body.with, name.span, &format!("flow `{}`", name.value));
    compiler.sound &= compiler.doubts == doubts && child.is_proven();
    let number = compiler.children.iter().position(|known| known.name() == child.name());
    let number = number.unwrap_or_else(|| {
        compiler.children.push(child.clone());
        compiler.children.len() - 1
    });
    compiler.reads_client |= child.reads_client();
    compiler.waits.also(&child.waits);
    if let Some(effect) = child.first_effect() {
        compiler.effect.get_or_insert((name.span, effect.clone()));
    }
    let result = child.output().map(|(ty, absent)| Typed {
        ty: ty.clone(),
        absent,
        taints: child.output_taints.clone(),
        broken: false,
    });
    let ends = child.always_ends();
    let node = Node::Run(RunNode { child: number as u16, inputs });
    Made { node, result, ends, worst: child.worst_case() }
}

fn unknown(compiler: &mut Compiler<'_>, name: &Name) {
    if compiler.known.contains(name.as_str()) {
        // It has errors of its own, or the two run each other: said where that is.
        return;
    }
    let message = format!("there is no flow `{}`", name.value);
    let finding = Diagnostic::new(&codes::UNKNOWN_FLOW, name.span, message);
    let known = compiler.known.iter().chain(compiler.env.flows.keys()).map(|known| &**known);
    let finding = finding.nearest(name, known);
    compiler.find(finding);
}

fn refused(compiler: &mut Compiler<'_>, name: &Name, child: &Definition) -> bool {
    if let Some(answer) = child.answers().first() {
        let message = format!("flow `{}` answers the caller itself, so no other flow can run it", name.value);
        let finding = Diagnostic::new(&codes::RUN_ANSWERS, name.span, message);
        let help = format!("let `{}` say `output:` instead of `respond:`", name.value);
        compiler.find(finding.related(answer.span, "it answers here").help(help));
    }
    if child.depth + 1 > MAX_DEPTH {
        let message = format!("flows run each other more than {MAX_DEPTH} deep");
        let help = "let fewer flows stand between the first and the last";
        compiler.find(Diagnostic::new(&codes::TOO_DEEP, name.span, message).help(help));
    }
    !child.answers().is_empty() || child.depth + 1 > MAX_DEPTH
}

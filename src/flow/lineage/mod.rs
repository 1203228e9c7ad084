//! Lineage across a flow, from its definition and not from a run: what each step sends, sets or answers
//! descends from the flow's inputs and from what systems answered before.

mod along;
mod told;

use std::sync::Arc;

pub use along::{Along, Ending, Made, StepAt};
pub use told::{FlowLineage, Sends, Sent, Source};

use super::definition::{BlockIndex, Definition, Gives, Step, StepIndex};
use super::formula::Formula;
use super::step::Node;
use super::step::call::CallNode;
use super::step::r#for::ForNode;
use super::step::fork::{ForkNode, Rule};
use super::step::listen::{self, ListenNode};
use super::step::reject::Facts;
use super::step::respond::{Body, RespondNode};
use super::step::switch::SwitchNode;
use super::step::r#try::TryNode;
use super::step::wait::WaitNode;
use crate::diagnostic::Span;
use crate::mapping::{Descent, Key, Origin, Rejecting};

/// Steps looked at, those of other flows that it runs included, at most.
const STEPS: usize = 20_000;

impl Definition {
    /// What each of its steps makes. `sends` knows the operations.
    pub fn lineage(&self, sends: Sends<'_>) -> FlowLineage {
        let mut told = told::Telling::new(sends);
        self.follow(&mut told);
        told.found
    }

    /// Goes along every step, those of flows that it runs included, and tells what each makes.
    pub fn follow(&self, along: &mut dyn Along) {
        let mut slots = vec![along.given("client"), along.given("correlation_id")];
        for (at, input) in self.inputs.iter().enumerate() {
            slots.push(along.input(at, input));
        }
        let mut walk = Walk { along, steps: STEPS, guards: Origin::default() };
        let at = At { definition: self, above: "" };
        if let Some(key) = &self.promise.key {
            let place = StepAt { path: "business_key".into(), span: self.span, flow: self.name.clone() };
            let made = walk.value(&key.formula, &place, &slots);
            walk.along.ends(&place, Ending::Key(made));
        }
        let output = walk.block(at, 0, &mut slots);
        if let Some((ty, _)) = &self.output {
            let place = StepAt { path: "output".into(), span: self.span, flow: self.name.clone() };
            let output = walk.along.leaves(&place, ty, output.unwrap_or_default());
            walk.makes(&place, Made::Output, vec![(None, output.clone())]);
            walk.along.ends(&place, Ending::Output(output));
        }
    }
}

/// Which flow we are in, and the path of the step that runs it.
#[derive(Clone, Copy)]
struct At<'d> {
    definition: &'d Definition,
    above: &'d str,
}

impl At<'_> {
    /// Where a step is; inside another flow that is run, behind the path of the step that runs it.
    fn place(self, path: &str, span: Span) -> StepAt {
        let path = match self.above {
            "" => path.into(),
            above => format!("{above}.{path}").into(),
        };
        StepAt { path, span, flow: self.definition.name.clone() }
    }
}

struct Walk<'a> {
    along: &'a mut dyn Along,
    steps: usize,
    /// What decides whether the present step runs.
    guards: Origin,
}

impl Walk<'_> {
    fn makes(&mut self, at: &StepAt, made: Made<'_>, parts: Vec<(Option<&'static str>, Descent)>) {
        let guards = self.guards.clone();
        let guarded = |(word, descent): (_, Descent)| (word, descent.and(|origin| origin.and(&guards)));
        self.along.makes(at, made, parts.into_iter().map(guarded).collect());
    }

    /// What a formula gives; how it may reject is told.
    fn value(&mut self, formula: &Formula, place: &StepAt, slots: &[Descent]) -> Descent {
        match formula {
            Formula::Slot(slot) => slots.get(*slot as usize).cloned().unwrap_or_default(),
            Formula::Constant(Some(value)) => Descent::constant(value),
            Formula::Constant(None) => Descent::default(),
            Formula::Program(program) => {
                for rejecting in program.rejecting(slots) {
                    self.along.ends(place, Ending::Rejected(rejecting));
                }
                program.descent(slots)
            }
        }
    }

    /// The body of an answer or event; `None` when there is none.
    fn body(&mut self, body: &Body, place: &StepAt, slots: &[Descent]) -> Option<Descent> {
        match body {
            Body::None => None,
            Body::Formula(formula) => Some(self.value(formula, place, slots)),
            Body::Mapped(program, inputs) => {
                let inputs = inputs.iter().map(|input| self.value(input, place, slots)).collect();
                Some(self.along.maps(place, program, inputs))
            }
        }
    }

    fn facts(&mut self, facts: &Facts, place: &StepAt, slots: &[Descent]) -> Vec<(Arc<str>, Descent)> {
        facts.iter().map(|(name, fact)| (name.clone(), self.value(fact, place, slots))).collect()
    }

    /// The steps of a block, in a scope of its own; what it gives.
    fn block(&mut self, at: At<'_>, index: BlockIndex, slots: &mut Vec<Descent>) -> Option<Descent> {
        let block = at.definition.blocks.get(index as usize)?;
        let base = slots.len();
        let mut last = None;
        for step in &block.steps {
            last = self.step(at, *step, slots);
            slots.extend(last.clone());
        }
        let given = match &block.gives {
            Gives::Nothing => None,
            Gives::Last => last,
            Gives::Formula(formula) => {
                let place = at.place("output", at.definition.span);
                Some(self.value(formula, &place, slots))
            }
        };
        slots.truncate(base);
        given
    }

    fn step(&mut self, at: At<'_>, index: StepIndex, slots: &mut Vec<Descent>) -> Option<Descent> {
        let step = at.definition.steps.get(index as usize)?;
        if self.steps == 0 {
            self.along.stops();
            return step.has_result.then(Descent::default);
        }
        self.steps -= 1;
        let place = at.place(&step.path, step.span);
        let outside = self.guards.clone();
        if let Some(when) = &step.when {
            self.guarded(when, &place, slots);
        }
        let made = self.node(at, step, &place, slots);
        self.guards = outside;
        // A result always takes its slot.
        if step.has_result { Some(made.unwrap_or_default()) } else { None }
    }

    /// What follows depends on a condition.
    fn guarded(&mut self, condition: &Formula, place: &StepAt, slots: &[Descent]) {
        let condition = self.value(condition, place, slots);
        self.guards.decided(condition.whole());
    }

    fn node(&mut self, at: At<'_>, step: &Step, place: &StepAt, slots: &mut Vec<Descent>) -> Option<Descent> {
        match &step.node {
            Node::Call(call) => {
                let result = self.call(call, place, slots);
                if let Some(undo) = &call.compensate {
                    self.undo(undo, place, (slots, &result, step.has_result));
                }
                Some(result)
            }
            Node::Do(node) => self.block(at, node.block, slots),
            Node::For(node) => self.for_each(at, node, place, slots),
            Node::Fork(node) => self.fork(at, node, slots),
            Node::Require(node) => {
                let outside = self.guards.clone();
                self.guarded(&node.condition, place, slots);
                self.block(at, node.otherwise, slots);
                self.guards = outside;
                None
            }
            Node::Respond(node) => self.respond(node, place, slots),
            Node::Run(node) => {
                let definition = at.definition.children.get(usize::from(node.child))?;
                let mut inside: Vec<Descent> = slots.iter().take(2).cloned().collect();
                for (input, formula) in definition.inputs.iter().zip(&node.inputs) {
                    let value = self.value(formula, place, slots);
                    inside.push(self.along.enters(place, definition, input, value));
                }
                let given = self.block(At { definition, above: &place.path }, 0, &mut inside);
                match &definition.output {
                    Some((ty, _)) => Some(self.along.leaves(place, ty, given.unwrap_or_default())),
                    None => given,
                }
            }
            Node::Set(node) => {
                let made = self.value(&node.formula, place, slots);
                self.makes(place, Made::Set, vec![(None, made.clone())]);
                Some(made)
            }
            Node::Switch(node) => self.switch(at, node, place, slots),
            Node::Try(node) => self.attempt(at, node, place, slots),
            Node::Emit(node) => {
                let body = self.body(&node.body, place, slots)?;
                self.makes(place, Made::Event(&node.event), vec![(None, body)]);
                None
            }
            Node::Listen(node) => self.listen(at, node, place, slots),
            Node::Raise(node) => {
                let facts = self.facts(&node.facts, place, slots);
                self.along.ends(place, Ending::Raised(node.code.clone(), facts));
                None
            }
            Node::Reject(node) => {
                let facts = self.facts(&node.facts, place, slots);
                let rejecting = Rejecting { code: node.code.clone(), facts, span: place.span };
                self.along.ends(place, Ending::Rejected(rejecting));
                None
            }
            Node::Wait(node) => {
                if let WaitNode::Until(instant) = node {
                    self.value(instant, place, slots);
                }
                None
            }
        }
    }

    fn respond(&mut self, node: &RespondNode, place: &StepAt, slots: &[Descent]) -> Option<Descent> {
        for (name, formula) in &node.headers {
            let header = self.value(formula, place, slots);
            self.along.ends(place, Ending::Header(name.as_str().into(), header));
        }
        let body = self.body(&node.body, place, slots)?;
        self.makes(place, Made::Answer, vec![(None, body.clone())]);
        self.along.ends(place, Ending::Answer(node.status, body));
        None
    }

    /// What is sent, and a source of its own: the answer.
    fn call(&mut self, call: &CallNode, place: &StepAt, slots: &[Descent]) -> Descent {
        let takes: Vec<Descent> = call.inputs.iter().map(|input| self.value(input, place, slots)).collect();
        let guards = self.guards.clone();
        self.along.calls(place, &call.operation, &takes, &guards)
    }

    /// What the call that undoes another one is sent: over the scope behind that one.
    fn undo(&mut self, undo: &CallNode, place: &StepAt, behind: (&[Descent], &Descent, bool)) {
        let (slots, result, has_result) = behind;
        let own = has_result.then(|| result.clone());
        let slots: Vec<Descent> = slots.iter().cloned().chain(own).collect();
        let place = StepAt { path: format!("{}.compensate", place.path).into(), ..place.clone() };
        self.call(undo, &place, &slots);
    }

    fn for_each(
        &mut self,
        at: At<'_>,
        node: &ForNode,
        place: &StepAt,
        slots: &mut Vec<Descent>,
    ) -> Option<Descent> {
        let list = self.value(&node.each, place, slots);
        let base = slots.len();
        slots.push(list.item(Key::Items));
        if node.numbered {
            let mut number = Origin::default();
            number.decided(list.whole());
            slots.push(Descent::made(number));
        }
        let given = self.block(at, node.block, slots);
        slots.truncate(base);
        node.collects.then(|| Descent::of_items(given.unwrap_or_default()))
    }

    fn fork(&mut self, at: At<'_>, node: &ForkNode, slots: &mut Vec<Descent>) -> Option<Descent> {
        let mut given = Vec::new();
        for (name, block) in &node.branches {
            given.push((name.clone(), self.block(at, *block, slots).unwrap_or_default()));
        }
        match node.rule {
            Rule::First => given.into_iter().map(|(_, descent)| descent).reduce(Descent::or),
            Rule::All | Rule::Gather { .. } => Some(Descent::of_members(given)),
        }
    }

    /// A case is decided by its own condition and by those above it.
    fn switch(
        &mut self,
        at: At<'_>,
        node: &SwitchNode,
        place: &StepAt,
        slots: &mut Vec<Descent>,
    ) -> Option<Descent> {
        let outside = self.guards.clone();
        let mut given = Vec::new();
        for (when, block) in &node.cases {
            self.guarded(when, place, slots);
            given.extend(self.block(at, *block, slots));
        }
        if let Some(block) = &node.otherwise {
            given.extend(self.block(at, *block, slots));
        }
        let guards = std::mem::replace(&mut self.guards, outside);
        let given = given.into_iter().reduce(Descent::or)?;
        Some(given.and(|origin| origin.and(&guards)))
    }

    /// Each event is a source of its own.
    fn listen(
        &mut self,
        at: At<'_>,
        node: &ListenNode,
        place: &StepAt,
        slots: &mut Vec<Descent>,
    ) -> Option<Descent> {
        let base = slots.len();
        for formula in node.entries.iter().flat_map(|entry| &entry.correlate).map(|(_, formula)| formula) {
            self.value(formula, place, slots);
        }
        let heard: Vec<(Arc<str>, Descent)> = node
            .entries
            .iter()
            .map(|entry| (entry.name.clone(), self.along.hears(place, &entry.event)))
            .collect();
        slots.extend(heard.iter().map(|(_, descent)| descent.clone()));
        for condition in node.entries.iter().filter_map(|entry| entry.when.as_ref()).chain(&node.until) {
            self.value(condition, place, slots);
        }
        for block in node.entries.iter().filter_map(|entry| entry.block).chain(node.unmatched) {
            self.block(at, block, slots);
        }
        slots.truncate(base);
        let late = node.otherwise.and_then(|block| self.block(at, block, slots));
        let given = match node.rule {
            listen::Rule::One => heard.into_iter().map(|(_, descent)| descent).next(),
            listen::Rule::Any | listen::Rule::All => Some(Descent::of_members(heard)),
        };
        given.into_iter().chain(late).reduce(Descent::or)
    }

    fn attempt(
        &mut self,
        at: At<'_>,
        node: &TryNode,
        place: &StepAt,
        slots: &mut Vec<Descent>,
    ) -> Option<Descent> {
        let given = self.block(at, node.body, slots);
        let base = slots.len();
        if node.named {
            slots.push(self.along.given("failure"));
        }
        if let Some(when) = &node.when {
            self.value(when, place, slots);
        }
        let caught = self.block(at, node.catch, slots);
        slots.truncate(base);
        given.into_iter().chain(caught).reduce(Descent::or)
    }
}

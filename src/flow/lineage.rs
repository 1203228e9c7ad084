//! Lineage across a flow, from its definition and not from a run: what each step sends, sets or answers
//! descends from the flow's inputs and from what systems answered before.

use std::sync::Arc;

use super::definition::{BlockIndex, Definition, Gives, Step, StepIndex};
use super::formula::Formula;
use super::step::Node;
use super::step::call::CallNode;
use super::step::r#for::ForNode;
use super::step::fork::{ForkNode, Rule};
use super::step::listen::{self, ListenNode};
use super::step::respond::Body;
use super::step::switch::SwitchNode;
use super::step::r#try::TryNode;
use crate::mapping::{Descent, Key, Origin};
use crate::schema::Type;
use crate::system::OperationName;

/// Steps looked at, those of other flows that it runs included, at most.
const STEPS: usize = 20_000;

/// What things in a flow descend from.
#[derive(Debug, Default)]
pub struct FlowLineage {
    /// What everything descends from, by the number that places carry as their input.
    pub sources: Vec<Source>,
    /// In the order of the steps.
    pub sent: Vec<Sent>,
}

/// Something that a flow begins with or is told.
#[derive(Debug, Clone)]
pub struct Source {
    /// `booking`, or the step whose answer it is: `account`.
    pub name: Arc<str>,
    /// `erp.get_account`, when a system answers it; an event's name, when it is heard.
    pub operation: Option<Arc<str>>,
    /// `None`: not known here.
    pub ty: Option<Type>,
}

/// What a step makes.
#[derive(Debug)]
pub struct Sent {
    /// `booked.order`; inside another flow that it runs, that step's path before it.
    pub step: Arc<str>,
    /// What it does: `erp.create_order`, `answer`, `set`.
    pub what: Arc<str>,
    /// Its parts: the body or the value itself, and `path` and `query`.
    pub parts: Vec<(Option<&'static str>, Descent)>,
}

/// Gives what an operation sends for what it takes.
pub type Sends<'a> = &'a dyn Fn(&OperationName, &[Descent]) -> Vec<(Option<&'static str>, Descent)>;

impl Definition {
    /// What each of its steps makes. `sends` knows the operations.
    pub fn lineage(&self, sends: Sends<'_>) -> FlowLineage {
        let mut walk = Walk { sends, found: FlowLineage::default(), steps: STEPS, guards: Origin::default() };
        let mut slots = Vec::new();
        for given in ["client", "correlation_id"] {
            slots.push(walk.source(given.into(), None, None));
        }
        for input in &self.inputs {
            slots.push(walk.source(input.name.clone(), None, Some(input.ty.clone())));
        }
        let output = walk.block(At { definition: self, above: "" }, 0, &mut slots);
        if self.output.is_some() {
            walk.sent("output".into(), "output", vec![(None, output.unwrap_or_default())]);
        }
        walk.found
    }
}

/// Which flow we are in, and the path of the step that runs it.
#[derive(Clone, Copy)]
struct At<'d> {
    definition: &'d Definition,
    above: &'d str,
}

struct Walk<'a> {
    sends: Sends<'a>,
    found: FlowLineage,
    steps: usize,
    /// What decides whether the present step runs.
    guards: Origin,
}

impl Walk<'_> {
    fn source(&mut self, name: Arc<str>, operation: Option<Arc<str>>, ty: Option<Type>) -> Descent {
        self.found.sources.push(Source { name, operation, ty });
        Descent::input(self.found.sources.len() - 1)
    }

    fn sent(&mut self, step: Arc<str>, what: &str, parts: Vec<(Option<&'static str>, Descent)>) {
        let guards = self.guards.clone();
        let guarded = |(word, descent): (_, Descent)| (word, descent.and(|origin| origin.and(&guards)));
        let parts = parts.into_iter().map(guarded).collect();
        self.found.sent.push(Sent { step, what: what.into(), parts });
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
            Gives::Formula(formula) => Some(value(formula, slots)),
        };
        slots.truncate(base);
        given
    }

    fn step(&mut self, at: At<'_>, index: StepIndex, slots: &mut Vec<Descent>) -> Option<Descent> {
        let step = at.definition.steps.get(index as usize)?;
        if self.steps == 0 {
            return step.has_result.then(Descent::default);
        }
        self.steps -= 1;
        let outside = self.guards.clone();
        if let Some(when) = &step.when {
            self.guards.decided(value(when, slots).whole());
        }
        let path: Arc<str> = match at.above {
            "" => step.path.clone(),
            above => format!("{above}.{}", step.path).into(),
        };
        let made = self.node(at, step, &path, slots);
        self.guards = outside;
        // A result always takes its slot.
        if step.has_result { Some(made.unwrap_or_default()) } else { None }
    }

    fn node(
        &mut self,
        at: At<'_>,
        step: &Step,
        path: &Arc<str>,
        slots: &mut Vec<Descent>,
    ) -> Option<Descent> {
        match &step.node {
            Node::Call(call) => {
                let result = self.call(call, path, slots);
                if let Some(undo) = &call.compensate {
                    self.undo(undo, path, (slots, &result, step.has_result));
                }
                Some(result)
            }
            Node::Do(node) => self.block(at, node.block, slots),
            Node::For(node) => self.for_each(at, node, slots),
            Node::Fork(node) => self.fork(at, node, slots),
            Node::Require(node) => {
                let outside = self.guards.clone();
                self.guards.decided(value(&node.condition, slots).whole());
                self.block(at, node.otherwise, slots);
                self.guards = outside;
                None
            }
            Node::Respond(node) => {
                let body = body(&node.body, slots)?;
                self.sent(path.clone(), "answer", vec![(None, body)]);
                None
            }
            Node::Run(node) => {
                let definition = at.definition.children.get(usize::from(node.child))?;
                let mut inside: Vec<Descent> = slots.iter().take(2).cloned().collect();
                inside.extend(node.inputs.iter().map(|input| value(input, slots)));
                self.block(At { definition, above: path }, 0, &mut inside)
            }
            Node::Set(node) => {
                let made = value(&node.formula, slots);
                self.sent(path.clone(), "set", vec![(None, made.clone())]);
                Some(made)
            }
            Node::Switch(node) => self.switch(at, node, slots),
            Node::Try(node) => self.attempt(at, node, slots),
            Node::Emit(node) => {
                let body = body(&node.body, slots)?;
                self.sent(path.clone(), &node.event.name, vec![(None, body)]);
                None
            }
            Node::Listen(node) => self.listen(at, node, path, slots),
            Node::Raise(_) | Node::Reject(_) | Node::Wait(_) => None,
        }
    }

    /// What is sent, and a source of its own: the answer.
    fn call(&mut self, call: &CallNode, path: &Arc<str>, slots: &[Descent]) -> Descent {
        let takes: Vec<Descent> = call.inputs.iter().map(|input| value(input, slots)).collect();
        let name = format!("{}.{}", call.operation.system, call.operation.operation);
        let parts = (self.sends)(&call.operation, &takes);
        self.sent(path.clone(), &name, parts);
        self.source(path.clone(), Some(name.into()), None)
    }

    /// What the call that undoes another one is sent: over the scope behind that one.
    fn undo(&mut self, undo: &CallNode, path: &str, behind: (&[Descent], &Descent, bool)) {
        let (slots, result, has_result) = behind;
        let own = has_result.then(|| result.clone());
        let slots: Vec<Descent> = slots.iter().cloned().chain(own).collect();
        self.call(undo, &format!("{path}.compensate").into(), &slots);
    }

    fn for_each(&mut self, at: At<'_>, node: &ForNode, slots: &mut Vec<Descent>) -> Option<Descent> {
        let list = value(&node.each, slots);
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
    fn switch(&mut self, at: At<'_>, node: &SwitchNode, slots: &mut Vec<Descent>) -> Option<Descent> {
        let outside = self.guards.clone();
        let mut given = Vec::new();
        for (when, block) in &node.cases {
            self.guards.decided(value(when, slots).whole());
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
        path: &Arc<str>,
        slots: &mut Vec<Descent>,
    ) -> Option<Descent> {
        let base = slots.len();
        let mut heard = Vec::new();
        for entry in &node.entries {
            let event = entry.event.name.clone();
            heard.push((entry.name.clone(), self.source(path.clone(), Some(event), None)));
        }
        slots.extend(heard.iter().map(|(_, descent)| descent.clone()));
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

    fn attempt(&mut self, at: At<'_>, node: &TryNode, slots: &mut Vec<Descent>) -> Option<Descent> {
        let given = self.block(at, node.body, slots);
        let base = slots.len();
        if node.named {
            slots.push(self.source("failure".into(), None, None));
        }
        let caught = self.block(at, node.catch, slots);
        slots.truncate(base);
        given.into_iter().chain(caught).reduce(Descent::or)
    }
}

/// The body of an answer; `None` when there is none.
fn body(body: &Body, slots: &[Descent]) -> Option<Descent> {
    match body {
        Body::None => None,
        Body::Formula(formula) => Some(value(formula, slots)),
        Body::Mapped(program, inputs) => {
            let inputs: Vec<Descent> = inputs.iter().map(|input| value(input, slots)).collect();
            Some(program.descent(&inputs))
        }
    }
}

fn value(formula: &Formula, slots: &[Descent]) -> Descent {
    match formula {
        Formula::Slot(slot) => slots.get(*slot as usize).cloned().unwrap_or_default(),
        Formula::Constant(Some(value)) => Descent::constant(value),
        Formula::Constant(None) => Descent::default(),
        Formula::Program(program) => program.descent(slots),
    }
}

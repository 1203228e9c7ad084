//! Lineage across a flow, from its definition and not from a run: what each step sends, sets or answers
//! descends from the flow's inputs and from what systems answered before.

use std::sync::Arc;

use super::definition::{BlockIndex, Definition, Gives, Step, StepIndex};
use super::formula::Formula;
use super::step::Node;
use super::step::fork::Rule;
use super::step::respond::Body;
use crate::mapping::{Descent, Origin};
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
    /// `erp.get_account`, when a system answers it.
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
        let output = walk.block(self, 0, &mut slots, "");
        if self.output.is_some() {
            walk.sent("output".into(), "output", vec![(None, output.unwrap_or_default())]);
        }
        walk.found
    }
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
    fn block(
        &mut self,
        definition: &Definition,
        index: BlockIndex,
        slots: &mut Vec<Descent>,
        above: &str,
    ) -> Option<Descent> {
        let block = definition.blocks.get(index as usize)?;
        let base = slots.len();
        let mut last = None;
        for step in &block.steps {
            last = self.step(definition, *step, slots, above);
            if let (true, Some(step)) = (last.is_some(), definition.steps.get(*step as usize))
                && step.has_result
            {
                slots.push(last.clone().unwrap_or_default());
            }
        }
        let given = match &block.gives {
            Gives::Nothing => None,
            Gives::Last => last,
            Gives::Formula(formula) => Some(value(formula, slots)),
        };
        slots.truncate(base);
        given
    }

    fn step(
        &mut self,
        definition: &Definition,
        index: StepIndex,
        slots: &mut Vec<Descent>,
        above: &str,
    ) -> Option<Descent> {
        let step = definition.steps.get(index as usize)?;
        if self.steps == 0 {
            return step.has_result.then(Descent::default);
        }
        self.steps -= 1;
        let outside = self.guards.clone();
        if let Some(when) = &step.when {
            self.guards.decided(value(when, slots).whole());
        }
        let path: Arc<str> =
            if above.is_empty() { step.path.clone() } else { format!("{above}.{}", step.path).into() };
        let made = self.node(definition, step, &path, slots, above);
        self.guards = outside;
        // A result always takes its slot.
        if step.has_result { Some(made.unwrap_or_default()) } else { None }
    }

    fn node(
        &mut self,
        definition: &Definition,
        step: &Step,
        path: &Arc<str>,
        slots: &mut Vec<Descent>,
        above: &str,
    ) -> Option<Descent> {
        match &step.node {
            Node::Call(call) => {
                let takes: Vec<Descent> = call.inputs.iter().map(|input| value(input, slots)).collect();
                let name = format!("{}.{}", call.operation.system, call.operation.operation);
                let parts = (self.sends)(&call.operation, &takes);
                self.sent(path.clone(), &name, parts);
                Some(self.source(path.clone(), Some(name.into()), None))
            }
            Node::Do(node) => self.block(definition, node.block, slots, above),
            Node::For(node) => {
                let list = value(&node.each, slots);
                let base = slots.len();
                slots.push(list.item(crate::mapping::Key::Items));
                if node.numbered {
                    slots.push(Descent::made(list.whole().clone()));
                }
                let given = self.block(definition, node.block, slots, above);
                slots.truncate(base);
                node.collects.then(|| Descent::of_items(given.unwrap_or_default()))
            }
            Node::Fork(node) => {
                let mut given = Vec::new();
                for (name, block) in &node.branches {
                    given.push((
                        name.clone(),
                        self.block(definition, *block, slots, above).unwrap_or_default(),
                    ));
                }
                match node.rule {
                    Rule::First => given.into_iter().map(|(_, descent)| descent).reduce(Descent::or),
                    Rule::All | Rule::Gather { .. } => Some(Descent::of_members(given)),
                }
            }
            Node::Require(node) => {
                let outside = self.guards.clone();
                self.guards.decided(value(&node.condition, slots).whole());
                self.block(definition, node.otherwise, slots, above);
                self.guards = outside;
                None
            }
            Node::Respond(node) => {
                let body = match &node.body {
                    Body::None => return None,
                    Body::Formula(formula) => value(formula, slots),
                    Body::Mapped(program, inputs) => {
                        let inputs: Vec<Descent> = inputs.iter().map(|input| value(input, slots)).collect();
                        program.descent(&inputs)
                    }
                };
                self.sent(path.clone(), "answer", vec![(None, body)]);
                None
            }
            Node::Run(node) => {
                let child = definition.children.get(usize::from(node.child))?;
                let mut inside: Vec<Descent> = slots.iter().take(2).cloned().collect();
                inside.extend(node.inputs.iter().map(|input| value(input, slots)));
                self.block(child, 0, &mut inside, path)
            }
            Node::Set(node) => {
                let made = value(&node.formula, slots);
                self.sent(path.clone(), "set", vec![(None, made.clone())]);
                Some(made)
            }
            Node::Switch(node) => {
                let outside = self.guards.clone();
                let mut given = Vec::new();
                for (when, block) in &node.cases {
                    self.guards.decided(value(when, slots).whole());
                    given.extend(self.block(definition, *block, slots, above));
                }
                if let Some(block) = &node.otherwise {
                    given.extend(self.block(definition, *block, slots, above));
                }
                let guards = std::mem::replace(&mut self.guards, outside);
                let given = given.into_iter().reduce(Descent::or)?;
                Some(given.and(|origin| origin.and(&guards)))
            }
            Node::Try(node) => {
                let given = self.block(definition, node.body, slots, above);
                let base = slots.len();
                if node.named {
                    let failure = self.source("failure".into(), None, None);
                    slots.push(failure);
                }
                let caught = self.block(definition, node.catch, slots, above);
                slots.truncate(base);
                given.into_iter().chain(caught).reduce(Descent::or)
            }
            Node::Raise(_) | Node::Reject(_) => None,
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

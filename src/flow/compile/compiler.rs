//! The walk over a flow's steps: names in scope, paths, the tables of steps and blocks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::digest::Fingerprint;
use super::expiry::Expiring;
use super::graph::Place;
use crate::config::Spanned;
use crate::config::declarations::Name;
use crate::config::declarations::flow::{Step as StepFile, StepBody};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::definition::{Answers, Block, BlockIndex, Definition, Gives, Step, StepIndex, Waits};
use crate::flow::environment::Environment;
use crate::flow::formula::Formula;
use crate::flow::machine::MAX_NESTING;
use crate::flow::step::{Kind, Node, set};
use crate::mapping::{self, Scope};
use crate::schema::Type;
use crate::system::OperationName;

/// Names that every flow sees besides its own, in the order of their slots.
pub(super) const GIVEN: [&str; 2] = ["client", "correlation_id"];

/// A flow being compiled.
pub(in crate::flow) struct Compiler<'e> {
    pub env: &'e Environment<'e>,
    pub known: &'e BTreeSet<Arc<str>>,
    pub findings: Vec<Diagnostic>,
    pub scope: Scope,
    /// Of each name in `scope`: which parts come from a cache.
    pub taints: Vec<Vec<Taint>>,
    /// Of each name in `scope`: whether it stands for something with errors.
    pub broken: Vec<bool>,
    /// A condition above has errors: what it says about presence is not known.
    pub blind: bool,
    /// Whether a `try` around takes every failure.
    pub caught: bool,
    /// Names that are taken here, and where.
    taken: Vec<(Arc<str>, Span)>,
    pub path: String,
    nesting: usize,
    pub steps: Vec<Step>,
    /// What stands in the file at each of `steps`.
    pub(super) places: Vec<Place>,
    pub blocks: Vec<Block>,
    pub children: Vec<Arc<Definition>>,
    pub calls: BTreeSet<OperationName>,
    pub answers: Vec<Answers>,
    /// The first call that changes something outside.
    pub effect: Option<(Span, OperationName)>,
    pub slowest: Option<(Arc<str>, Duration)>,
    pub reads_client: bool,
    pub waits: Waits,
    /// How often a value was not certain to fit where it goes.
    pub doubts: usize,
    /// Whether every value so far is certainly of its type, if the inputs are.
    pub sound: bool,
    /// Whether what is answered is.
    pub proven: bool,
    /// The declared `gives`.
    pub gives: Option<(Type, Span)>,
    pub(super) digest: Fingerprint,
    /// Slots of names that the step being compiled has read so far.
    pub(super) reads: BTreeSet<usize>,
    /// Names in scope whose values expire.
    pub(super) expiring: Vec<Expiring>,
    /// How many forks and loops the step being compiled stands in.
    pub(super) apart: usize,
}

/// A part of a variable that may come from a cache.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::flow) struct Taint {
    /// Below the variable: `service.available`; empty for the whole.
    pub path: String,
    pub operation: OperationName,
    pub span: Span,
}

/// A result's type.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Typed {
    pub ty: Type,
    pub absent: bool,
    pub taints: Vec<Taint>,
    /// Stands for a result with errors: what reads it has no findings of its own.
    pub broken: bool,
}

/// A compiled step, before it has its place.
pub(in crate::flow) struct Made {
    pub node: Node,
    pub result: Option<Typed>,
    /// Whether the steps after it are never reached.
    pub ends: bool,
    pub worst: Duration,
}

/// Compiled steps, before they are a block.
pub(in crate::flow) struct Blocked {
    pub steps: Vec<StepIndex>,
    /// Of the last step.
    pub result: Option<Typed>,
    pub ends: bool,
    pub worst: Duration,
}

/// The names of a scope, to come back to.
pub(in crate::flow) struct Mark {
    names: Vec<mapping::Name>,
    taken: usize,
    path: usize,
    blind: bool,
}

impl Typed {
    /// Always there, from no cache.
    pub fn sure(ty: Type) -> Typed {
        Typed { ty, absent: false, taints: Vec::new(), broken: false }
    }

    /// Whatever comes of something with errors.
    pub fn unknown() -> Typed {
        Typed { broken: true, ..Typed::sure(Type::Never) }
    }

    /// One of several results; a way without a result gives none.
    pub fn either(ways: Vec<Option<Typed>>) -> Option<Typed> {
        ways.iter().any(Option::is_some).then(|| Typed {
            absent: ways.iter().any(|way| way.as_ref().is_none_or(|typed| typed.absent)),
            ty: Type::union(ways.iter().flatten().map(|typed| typed.ty.clone())),
            broken: ways.iter().flatten().any(|typed| typed.broken),
            taints: ways.into_iter().flatten().flat_map(|typed| typed.taints).collect(),
        })
    }
}

impl Made {
    /// A step without a result.
    pub fn quiet(node: Node) -> Made {
        Made { node, result: None, ends: false, worst: Duration::ZERO }
    }

    /// Stands for a step with errors: whatever it gives, so that what uses it has none of its own.
    pub fn broken() -> Made {
        let node = Node::Set(set::SetNode { formula: Formula::Constant(None) });
        Made { result: Some(Typed::unknown()), ..Made::quiet(node) }
    }
}

impl<'e> Compiler<'e> {
    pub(super) fn new(env: &'e Environment<'e>, known: &'e BTreeSet<Arc<str>>) -> Compiler<'e> {
        Compiler {
            env,
            known,
            findings: Vec::new(),
            scope: Scope::new(),
            taints: Vec::new(),
            broken: Vec::new(),
            blind: false,
            caught: false,
            taken: Vec::new(),
            path: String::new(),
            nesting: 0,
            steps: Vec::new(),
            places: Vec::new(),
            blocks: Vec::new(),
            children: Vec::new(),
            calls: BTreeSet::new(),
            answers: Vec::new(),
            effect: None,
            slowest: None,
            reads_client: false,
            waits: Waits::default(),
            doubts: 0,
            sound: true,
            proven: true,
            gives: None,
            digest: Fingerprint::default(),
            reads: BTreeSet::new(),
            expiring: Vec::new(),
            apart: 0,
        }
    }

    /// Adds a finding.
    pub fn find(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// Adds to the digest.
    pub fn feed(&mut self, part: &str) {
        self.digest.feed(part);
    }

    /// Adds a value to the digest.
    pub fn feed_value(&mut self, value: &crate::value::Value) {
        self.digest.feed_value(value);
    }

    /// Adds a mapping to the digest: its text, and that of what it uses.
    pub fn feed_mapping(&mut self, mapping: &mapping::Mapping) {
        self.digest.feed(&mapping.digest);
    }

    /// Where the scope is now.
    pub fn mark(&self) -> Mark {
        Mark {
            names: self.scope.names.clone(),
            taken: self.taken.len(),
            path: self.path.len(),
            blind: self.blind,
        }
    }

    /// Goes back to where the scope was.
    pub fn restore(&mut self, mark: Mark) {
        self.taints.truncate(mark.names.len());
        self.broken.truncate(mark.names.len());
        self.expiring.retain(|known| known.slot < mark.names.len());
        self.scope.names = mark.names;
        self.taken.truncate(mark.taken);
        self.path.truncate(mark.path);
        self.blind = mark.blind;
    }

    /// Goes one name down the path.
    pub fn down(&mut self, name: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
    }

    /// Takes a name, which must be free here.
    pub fn take(&mut self, name: &Name) {
        let word = name.value.as_str();
        if GIVEN.contains(&word) {
            let message =
                format!("`{word}` is what every flow sees of its caller, and cannot be a name here");
            self.find(
                Diagnostic::new(&codes::DUPLICATE_NAME, name.span, message).help("choose another name"),
            );
        } else if let Some((_, first)) = self.taken.iter().find(|(known, _)| **known == *word) {
            let first = *first;
            let message = format!("`{word}` is taken already; a name means one thing in a flow");
            let finding = Diagnostic::new(&codes::DUPLICATE_NAME, name.span, message);
            self.find(finding.related(first, "the first one").help("give one of them another name"));
        }
        self.taken.push((word.into(), name.span));
    }

    /// Gives a name a slot.
    pub fn declare(&mut self, name: &str, typed: Typed) {
        self.scope.names.push(mapping::Name { name: name.into(), ty: typed.ty, absent: typed.absent });
        self.taints.push(typed.taints);
        self.broken.push(typed.broken);
    }

    /// Compiles steps in the present scope, which they add to.
    pub fn steps(&mut self, files: &[StepFile]) -> Blocked {
        let mut blocked = Blocked { steps: Vec::new(), result: None, ends: false, worst: Duration::ZERO };
        for file in files {
            if std::mem::take(&mut blocked.ends) {
                let message = format!("`{}` is never reached: the step before it ends the flow", *file.name);
                self.find(
                    Diagnostic::new(&codes::UNREACHABLE_STEP, file.name.span, message)
                        .help("take it out, or put `when:` on the step before it"),
                );
            }
            self.take(&file.name);
            let (index, made) = self.step(&file.name, &file.body);
            blocked.steps.push(index);
            blocked.ends = made.1;
            blocked.worst = blocked.worst.saturating_add(made.2);
            if let Some(typed) = &made.0 {
                self.declare(&file.name, typed.clone());
                self.declared(index, made.2);
            }
            blocked.result = made.0;
        }
        blocked
    }

    /// Compiles one step without a name of its own (a branch, an `else`) as the steps of a block.
    pub fn only(&mut self, name: &str, body: &Spanned<StepBody>) -> Blocked {
        let mark = self.mark();
        let (index, (result, ends, worst)) = self.step(name, body);
        self.restore(mark);
        Blocked { steps: vec![index], result, ends, worst }
    }

    /// Compiles steps in a scope of their own, which ends with them.
    pub fn scoped(&mut self, files: &[StepFile]) -> Blocked {
        let mark = self.mark();
        let blocked = self.steps(files);
        self.restore(mark);
        blocked
    }

    /// Makes a block of steps.
    pub fn block(&mut self, steps: Vec<StepIndex>, gives: Gives) -> BlockIndex {
        self.blocks.push(Block { steps, gives });
        self.blocks.len() as BlockIndex - 1
    }

    /// Makes a block that gives what its last step does.
    pub fn block_of(&mut self, blocked: &Blocked) -> BlockIndex {
        let gives = if blocked.result.is_some() { Gives::Last } else { Gives::Nothing };
        self.block(blocked.steps.clone(), gives)
    }

    fn step(&mut self, name: &str, body: &Spanned<StepBody>) -> (StepIndex, (Option<Typed>, bool, Duration)) {
        let path_before = self.path.len();
        self.down(name);
        let path: Arc<str> = self.path.as_str().into();
        // The place comes first, so that steps stand in the order written.
        let index = self.steps.len();
        let timeout = body.timeout.as_ref().map(|timeout| timeout.value.0);
        let nothing = Made::broken().node;
        self.steps.push(Step {
            path: path.clone(),
            span: body.span,
            when: None,
            timeout,
            has_result: false,
            result: None,
            expires: None,
            renews: Vec::new(),
            node: nothing,
        });
        self.places.push(Place::of(body));
        self.feed(&path);
        self.feed(&format!("{timeout:?}"));

        let outer = std::mem::take(&mut self.reads);
        let (names, blind) = (self.scope.names.clone(), self.blind);
        let when = body.when.as_ref().map(|when| self.condition_that_narrows(when));
        let apart = usize::from(body.fork.is_some() || body.for_.is_some());
        (self.nesting, self.apart) = (self.nesting + 1, self.apart + apart);
        let mut made = match Kind::of(body) {
            _ if self.nesting > MAX_NESTING => self.too_deep(body.span),
            Some(kind) => {
                self.feed(kind.name);
                (kind.compile)(self, body)
            }
            // The loader has said so already.
            None => Made::broken(),
        };
        (self.nesting, self.apart) = (self.nesting - 1, self.apart - apart);
        let expires = self.expires(name, body, made.result.as_ref());
        let (renews, renewing) = self.renews();
        // What is read inside of it, beside others, is read by what it stands in.
        let inside = std::mem::replace(&mut self.reads, outer);
        self.reads.extend(self.read_outside(inside));
        if when.is_some() {
            (self.scope.names, self.blind) = (names, blind);
            made.ends = false;
            made.result.iter_mut().for_each(|typed| typed.absent = true);
        }
        made.worst = timeout.map_or(made.worst, |timeout| made.worst.min(timeout)).saturating_add(renewing);
        self.note_slowest(&path, &made);
        self.path.truncate(path_before);
        let has_result = made.result.is_some();
        let result = made.result.as_ref().map(|typed| (typed.ty.clone(), typed.absent));
        self.places[index].broken = made.result.as_ref().is_some_and(|typed| typed.broken);
        let (node, span) = (made.node, body.span);
        self.steps[index] = Step { path, span, when, timeout, has_result, result, expires, renews, node };
        (index as StepIndex, (made.result, made.ends, made.worst))
    }

    fn note_slowest(&mut self, path: &Arc<str>, made: &Made) {
        let calls = matches!(made.node, Node::Call(_) | Node::Run(_));
        if calls && self.slowest.as_ref().is_none_or(|(_, worst)| *worst < made.worst) {
            self.slowest = Some((path.clone(), made.worst));
        }
    }

    fn too_deep(&mut self, span: Span) -> Made {
        let message = format!("steps stand inside each other more than {MAX_NESTING} deep");
        let help = "move some of them into a flow of their own and `run` it";
        self.find(Diagnostic::new(&codes::TOO_DEEP, span, message).help(help));
        Made::broken()
    }
}

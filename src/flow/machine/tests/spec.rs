//! Flows as tests write them, and the definitions they become.

use std::sync::Arc;
use std::time::Duration;

use crate::diagnostic::Span;
use crate::flow::definition::{
    Block, BlockIndex, Definition, Expires, Gives, Renewal, Step, StepIndex, Waits,
};
use crate::flow::environment::ProbeSignature;
use crate::flow::formula::Formula;
use crate::flow::step::call::{CallNode, OnExhausted, WhenUnknown};
use crate::flow::step::fork::{ForkNode, Rule};
use crate::flow::step::reject::RejectNode;
use crate::flow::step::{Node, r#do, r#for, run, set, r#try, wait};

pub(in crate::flow) use super::hearing::Hearing;
use crate::system::{Effect, Jitter, OperationName, RetryPolicy};
use crate::value::Value;

/// One step.
#[derive(Debug, Clone)]
pub(in crate::flow) enum Spec {
    /// Operation `test.c<number>`, whose inputs are the items of the rounds it is in.
    Call {
        number: u32,
        effect: Effect,
        attempts: u32,
        probe: bool,
        probe_first: bool,
    },
    /// A create with a probe that `test.u<number>` undoes, whose input is what was created.
    /// `good`: how long; every later step of its block reads it.
    Undone {
        number: u32,
        attempts: u32,
        good: Option<Duration>,
    },
    Set(i64),
    Do(Vec<Spec>),
    Fork(Rule, Vec<Spec>),
    For {
        items: i64,
        concurrency: u32,
        body: Vec<Spec>,
    },
    Try(Vec<Spec>, Vec<Spec>),
    Reject,
    Run(Vec<Spec>),
    Timeout(Duration, Box<Spec>),
    Wait(Duration),
    /// Says `test.happened` about a number.
    Emit(i64),
    Listen(Hearing),
    Skipped(Box<Spec>),
}

impl Spec {
    /// A call with one attempt.
    pub fn call(number: u32) -> Spec {
        Spec::Call { number, effect: Effect::Read, attempts: 1, probe: false, probe_first: false }
    }

    /// A read with several attempts.
    pub fn read(number: u32, attempts: u32) -> Spec {
        Spec::Call { number, effect: Effect::Read, attempts, probe: false, probe_first: false }
    }

    /// A create with several attempts.
    pub fn create(number: u32, attempts: u32, probe: bool) -> Spec {
        Spec::Call { number, effect: Effect::Create, attempts, probe, probe_first: false }
    }
}

/// The waits of every call in these tests: 100 ms, 200 ms, 400 ms, ... at most 1 s.
pub(super) fn policy(attempts: u32) -> RetryPolicy {
    let (first, longest) = (Duration::from_millis(100), Duration::from_secs(1));
    RetryPolicy { attempts, first, longest, jitter: Jitter::None }
}

/// The definition whose result is that of the last step.
pub(in crate::flow) fn definition(steps: &[Spec]) -> Definition {
    within(steps, 0)
}

/// The same for a flow that is run with the items of so many rounds as its inputs.
fn within(steps: &[Spec], items: u32) -> Definition {
    let mut built = Definition {
        proven: false,
        remains: Default::default(),
        promise: Default::default(),
        sound: false,
        name: "test".into(),
        owner: None,
        inputs: Vec::new(),
        output: None,
        output_taints: Vec::new(),
        answers: Vec::new(),
        calls: Vec::new(),
        effect: None,
        ends_flow: false,
        digest: "".into(),
        worst_case: Duration::ZERO,
        slowest: None,
        span: Span::default(),
        steps: Vec::new(),
        blocks: vec![Block { steps: Vec::new(), gives: Gives::Last }],
        children: Vec::new(),
        depth: 0,
        reads_client: false,
        waits: Waits::default(),
        schedule: None,
    };
    let (slots, items) = (2 + items, (2..2 + items).collect());
    let mut builder = Builder { built: &mut built, path: Vec::new(), slots, items };
    let steps = builder.steps(steps);
    built.blocks[0].steps = steps;
    built
}

struct Builder<'b> {
    built: &'b mut Definition,
    path: Vec<String>,
    slots: u32,
    /// The slots of the items of the rounds it is in.
    items: Vec<u32>,
}

impl Builder<'_> {
    fn steps(&mut self, steps: &[Spec]) -> Vec<StepIndex> {
        let before = self.slots;
        let mut expire: Vec<Renewal> = Vec::new();
        let made = steps.iter().enumerate().map(|(number, spec)| {
            let step = self.step(&format!("s{number}"), spec);
            let read = expire.iter().map(|known| Renewal { field: known.field.clone(), ..*known });
            self.built.steps[step as usize].renews = read.collect();
            expire.extend(self.expire(step));
            self.slots += u32::from(self.built.steps[step as usize].has_result);
            step
        });
        let made = made.collect();
        self.slots = before;
        made
    }

    /// What of a step's result expires: all of it, or branches of a fork.
    fn expire(&self, step: StepIndex) -> Vec<Renewal> {
        let (slot, of) = (self.slots, |step: StepIndex| &self.built.steps[step as usize]);
        if of(step).expires.is_some() {
            return vec![Renewal { step, slot, field: None }];
        }
        let Node::Fork(fork) = &of(step).node else { return Vec::new() };
        let branches = fork.branches.iter().map(|(name, block)| {
            let branch = self.built.blocks[*block as usize].steps[0];
            Renewal { step: branch, slot, field: Some(name.clone()) }
        });
        branches.filter(|renewal| of(renewal.step).expires.is_some()).collect()
    }

    fn block(&mut self, name: &str, steps: &[Spec]) -> BlockIndex {
        self.path.push(name.to_owned());
        let steps = self.steps(steps);
        self.path.pop();
        self.built.blocks.push(Block { steps, gives: Gives::Last });
        self.built.blocks.len() as BlockIndex - 1
    }

    fn step(&mut self, name: &str, spec: &Spec) -> StepIndex {
        match spec {
            Spec::Timeout(timeout, inner) => {
                let step = self.step(name, inner);
                self.built.steps[step as usize].timeout = Some(*timeout);
                return step;
            }
            Spec::Skipped(inner) => {
                let step = self.step(name, inner);
                self.built.steps[step as usize].when = Some(Formula::Constant(Some(Value::Bool(false))));
                return step;
            }
            _ => {}
        }
        self.path.push(name.to_owned());
        let path: Arc<str> = self.path.join(".").into();
        let node = self.node(spec);
        self.path.pop();
        let has_result = !matches!(spec, Spec::Reject);
        self.built.steps.push(Step {
            path,
            span: crate::diagnostic::Span::default(),
            when: None,
            timeout: None,
            has_result,
            result: None,
            expires: match spec {
                Spec::Undone { good, .. } => good.map(Expires::After),
                _ => None,
            },
            renews: Vec::new(),
            node,
        });
        self.built.steps.len() as StepIndex - 1
    }

    fn node(&mut self, spec: &Spec) -> Node {
        match spec {
            Spec::Call { number, effect, attempts, probe: _, probe_first } => {
                let probe = ProbeSignature {
                    settle: Duration::from_millis(50),
                    first: *probe_first,
                    timeout: Duration::from_secs(1),
                };
                Node::Call(CallNode {
                    contract: "() -> nothing".into(),
                    proven: false,
                    operation: OperationName {
                        system: "test".into(),
                        operation: format!("c{number}").into(),
                    },
                    inputs: self.items.iter().copied().map(Formula::Slot).collect(),
                    fresh: false,
                    effect: *effect,
                    retry: policy(*attempts),
                    timeout: Duration::from_secs(1),
                    probe: matches!(spec, Spec::Call { probe: true, .. }).then_some(probe),
                    on_exhausted: OnExhausted::default(),
                    unknown: WhenUnknown::default(),
                    compensate: None,
                })
            }
            Spec::Undone { number, attempts, good: _ } => {
                let create = Spec::create(*number, *attempts, true);
                let Node::Call(mut call) = self.node(&create) else { unreachable!("a call") };
                let Node::Call(mut undo) = self.node(&Spec::read(*number, 20)) else {
                    unreachable!("a call")
                };
                undo.operation.operation = format!("u{number}").into();
                undo.effect = Effect::Idempotent;
                undo.inputs = vec![Formula::Slot(self.slots)];
                call.compensate = Some(Box::new(undo));
                Node::Call(call)
            }
            Spec::Set(value) => {
                Node::Set(set::SetNode { formula: Formula::Constant(Some(Value::from(*value))) })
            }
            Spec::Do(steps) => Node::Do(r#do::DoNode { block: self.block("do", steps) }),
            Spec::Fork(rule, branches) => {
                let branches = branches.iter().enumerate().map(|(number, branch)| {
                    let name = format!("b{number}");
                    let block = self.block(&name, std::slice::from_ref(branch));
                    (Arc::from(name), block)
                });
                Node::Fork(ForkNode { branches: branches.collect(), rule: *rule })
            }
            Spec::For { items, concurrency, body } => self.rounds(*items, *concurrency, body),
            Spec::Try(tried, caught) => {
                let body = self.block("try", tried);
                self.slots += 1;
                let catch = self.block("catch", caught);
                self.slots -= 1;
                Node::Try(r#try::TryNode { body, when: None, catch, named: true })
            }
            Spec::Reject => Node::Reject(RejectNode { code: "no".into(), facts: Vec::new(), pointer: None }),
            Spec::Run(steps) => {
                let number = self.built.children.len() as u16;
                let child = within(steps, self.items.len() as u32);
                self.built.children.push(Arc::new(child));
                let inputs = self.items.iter().copied().map(Formula::Slot).collect();
                Node::Run(run::RunNode { child: number, inputs })
            }
            Spec::Wait(lapse) => Node::Wait(wait::WaitNode::Lapse(*lapse)),
            Spec::Emit(about) => super::hearing::emit(*about),
            Spec::Listen(hearing) => self.listen(hearing),
            Spec::Timeout(..) | Spec::Skipped(..) => unreachable!("taken apart before"),
        }
    }

    fn listen(&mut self, hearing: &Hearing) -> Node {
        let slots = self.slots;
        self.slots += hearing.entries.len() as u32;
        let blocks = hearing.entries.iter().enumerate();
        let blocks: Vec<Option<BlockIndex>> = blocks
            .map(|(at, heard)| heard.steps.as_ref().map(|steps| self.block(&format!("e{at}"), steps)))
            .collect();
        let unmatched = hearing.unmatched.as_ref().map(|steps| self.block("unmatched", steps));
        self.slots = slots;
        let otherwise = hearing.otherwise.as_ref().map(|steps| self.block("else", steps));
        hearing.node(slots, &blocks, unmatched, otherwise)
    }

    fn rounds(&mut self, items: i64, concurrency: u32, body: &[Spec]) -> Node {
        let list = Value::array((0..items).map(Value::from).collect());
        let slots = self.slots;
        self.items.push(self.slots);
        self.slots += 1;
        let block = self.block("round", body);
        self.slots = slots;
        self.items.pop();
        Node::For(r#for::ForNode {
            each: Formula::Constant(Some(list)),
            block,
            numbered: false,
            concurrency,
            collects: true,
        })
    }
}

//! `expires`: how long a result is good, and which steps read it.
//!
//! A step that reads an expired result has it made anew first. Which steps those are is known here: the names that
//! each expression reads are noted while it is compiled, and belong to the innermost step. What stands in a branch
//! of a `fork` or a round of a `for` runs beside others, which must see the same result: there the whole
//! `fork` or `for` is the reader.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{Compiler, Typed};
use crate::config::declarations::flow::StepBody;
use crate::config::declarations::{Expression, Lapse};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::definition::{BlockIndex, Expires, Renewal, StepIndex};
use crate::flow::step::Node;
use crate::mapping::Target;
use crate::schema::Type;

/// A name in scope whose value expires.
#[derive(Debug, Clone)]
pub(super) struct Expiring {
    /// The name's slot.
    pub(super) slot: usize,
    /// The field below the name that expires: a branch of a `fork`. `None`: all of it.
    field: Option<Arc<str>>,
    /// The call that makes it.
    step: StepIndex,
    /// How many forks and loops it stands in.
    depth: usize,
    worst: Duration,
}

impl Compiler<'_> {
    /// How long the result of the step that is compiled is good; `result` is what it gives.
    pub(super) fn expires(&mut self, name: &str, body: &StepBody, result: Option<&Typed>) -> Option<Expires> {
        let declared = body.expires.as_ref()?;
        self.feed("expires");
        let Some(result) = result.filter(|_| body.call.is_some()) else {
            self.nothing_expires(declared.span);
            return None;
        };
        match Lapse::parse(&declared.text) {
            Some(lapse) => {
                self.feed(&declared.text);
                if lapse.0.is_zero() {
                    let message = "a result that is good for no time would be made anew before every step";
                    let finding = Diagnostic::new(&codes::BAD_BOUND, declared.span, message);
                    self.find(finding.help("write how long it is good: `expires: 2h`"));
                }
                Some(Expires::After(lapse.0))
            }
            None => self.until(name, declared, result).map(Expires::At),
        }
    }

    fn nothing_expires(&mut self, span: Span) {
        let message = "`expires` goes with a `call` that gives a result: nothing else can be made anew";
        let help = "take it out, or put it beside the call whose result is good only for a while";
        self.find(Diagnostic::new(&codes::MISPLACED_KEY, span, message).help(help));
    }

    /// An instant over the result.
    fn until(
        &mut self,
        name: &str,
        declared: &Expression,
        result: &Typed,
    ) -> Option<crate::flow::formula::Formula> {
        let mark = self.mark();
        // What expires is there.
        self.declare(name, Typed { absent: false, ..result.clone() });
        let what = "the instant at which the result expires".to_owned();
        let target = Target { ty: Type::formatted("date-time"), required: false, what };
        let formula = self.expression_to(declared, &target);
        self.restore(mark);
        formula
    }

    /// Notes that the value of the name declared last expires, if the step that makes it is, or ends in, a call whose
    /// result does.
    pub(super) fn declared(&mut self, index: StepIndex, worst: Duration) {
        let (slot, depth) = (self.scope.names.len() - 1, self.apart);
        let made_by = self.made_by(index);
        let expiring = |(step, field)| Expiring { slot, field, step, depth, worst };
        self.expiring.extend(made_by.into_iter().map(expiring));
    }

    /// Calls whose results are the result of a step, or a field of it, and expire. One inside a block counts where it
    /// stands alone: what else stands there is not known any more when it is made anew.
    fn made_by(&self, index: StepIndex) -> Vec<(StepIndex, Option<Arc<str>>)> {
        let alone = |block: BlockIndex| match self.blocks[block as usize].steps[..] {
            [only] => self.made_by(only),
            _ => Vec::new(),
        };
        let step = &self.steps[index as usize];
        match &step.node {
            Node::Call(_) if step.expires.is_some() => vec![(index, None)],
            Node::Do(node) => alone(node.block),
            Node::Try(node) => alone(node.body),
            Node::Fork(node) => {
                let whole = |name: &Arc<str>, block| {
                    let made = alone(block).into_iter().filter(|(_, field)| field.is_none());
                    made.map(|(step, _)| (step, Some(Arc::clone(name)))).collect::<Vec<_>>()
                };
                node.branches.iter().flat_map(|(name, block)| whole(name, *block)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Of what a step reads, that which is the business of a `fork` or `for` around it.
    pub(super) fn read_outside(&self, read: BTreeSet<usize>) -> Vec<usize> {
        let outside =
            |slot: &usize| self.expiring.iter().any(|known| known.slot == *slot && known.depth < self.apart);
        read.into_iter().filter(outside).collect()
    }

    /// What of the names that a step reads must be made anew when it has expired, and how long that may take;
    /// the others it reads are the business of the `fork` or `for` around it.
    pub(super) fn renews(&self) -> (Vec<Renewal>, Duration) {
        let own = |known: &&Expiring| known.depth == self.apart && self.reads.contains(&known.slot);
        let own = self.expiring.iter().filter(own);
        let worst = own.clone().map(|known| known.worst).sum();
        let renewal = |known: &Expiring| Renewal {
            step: known.step,
            slot: known.slot as u32,
            field: known.field.clone(),
        };
        (own.map(renewal).collect(), worst)
    }
}

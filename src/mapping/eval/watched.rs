//! The steps of an evaluation that who watches it hears of.

use super::Error;
use super::machine::{Machine, Outcome};
use super::observer::Branch;
use super::watch::Mark;
use crate::diagnostic::Span;
use crate::mapping::program::Node;

impl<'p> Machine<'p> {
    /// Tells who watches that a form went one of its ways.
    pub(super) fn took(&self, span: Span, branch: Branch) {
        if let Some(observer) = self.context.observer {
            observer.branch(span, branch);
        }
    }

    /// Tells who watches that a form was gone through that is written like a function.
    pub(super) fn went_through(&mut self, form: &'static str) {
        if let Some(watch) = &mut self.watch {
            watch.form(form.into());
        }
    }

    /// The value of a member: of a field of the target, or of one inside an expression.
    pub(super) fn member(&mut self, node: &'p Node) -> Outcome {
        match &mut self.watch {
            Some(watch) if watch.at_target() => watch.enter(),
            _ => return self.eval(node),
        }
        let value = self.eval(node)?;
        let target = self.pointer();
        if let Some(watch) = &mut self.watch {
            watch.field(&target, node.span, value.as_ref());
        }
        Ok(value)
    }

    /// The value of an expression whose members are no fields of the target.
    pub(super) fn inside(&mut self, node: &'p Node) -> Outcome {
        if let Some(watch) = &mut self.watch {
            watch.go_inside();
        }
        let value = self.eval(node)?;
        if let Some(watch) = &mut self.watch {
            watch.come_out();
        }
        Ok(value)
    }

    /// The value of an expression that decides something.
    pub(super) fn decide(&mut self, node: &'p Node) -> Outcome {
        if let Some(watch) = &mut self.watch {
            watch.decide();
        }
        let value = self.eval(node)?;
        if let Some(watch) = &mut self.watch {
            watch.decided();
        }
        Ok(value)
    }

    pub(super) fn holds(&mut self, condition: &'p Node) -> Result<bool, Error> {
        let found = self.decide(condition)?;
        self.is_true(condition, found)
    }

    /// Gives a local slot its value.
    pub(super) fn bind(&mut self, slot: usize, value: &'p Node) -> Result<(), Error> {
        if let Some(watch) = &mut self.watch {
            watch.enter();
        }
        self.locals[slot] = self.inside(value)?;
        if let Some(watch) = &mut self.watch {
            watch.name(slot, value);
        }
        Ok(())
    }

    pub(super) fn attempt(&mut self, node: &'p Node, sides: &'p [Node; 2]) -> Outcome {
        self.went_through("try");
        let depth = self.target.len();
        let mark = self.watch.as_ref().map_or(Mark::default(), |watch| watch.mark());
        match self.eval(&sides[0]) {
            Err(Error::Failed(failed)) if !failed.limit => {
                self.target.truncate(depth);
                if let Some(watch) = &mut self.watch {
                    watch.back_to(mark);
                }
                self.took(node.span, Branch::Failed);
                self.eval(&sides[1])
            }
            Ok(value) => {
                self.took(node.span, Branch::Worked);
                Ok(value)
            }
            other => other,
        }
    }
}

//! One evaluation: slots, budgets, and what each operation does.

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;

use super::code::{Code, Each, Match, Op, Over, Statement, Step};
use super::compare::{compared, is_in};
use super::{GaveUp, Got, path};
use crate::mapping::eval::Context;
use crate::mapping::pattern::Pattern;
use crate::mapping::program::Arithmetic;
use crate::value::{Number, View};

/// Nodes that one evaluation copies between views and values before it gives up.
const COPIES: usize = 20_000;

/// The state of one evaluation.
pub(super) struct Run<'t> {
    inputs: &'t [Option<View<'t>>],
    pub locals: Vec<Option<View<'t>>>,
    pub arena: &'t Bump,
    pub context: &'t Context<'t>,
    steps: u64,
    output: u64,
    /// Nodes that may still be copied between views and values: the reference shares what this copies.
    pub copies: usize,
    /// Where the target begins in what it is appended to.
    pub start: usize,
}

impl<'t> Run<'t> {
    pub fn new(
        code: &Code,
        inputs: &'t [Option<View<'t>>],
        arena: &'t Bump,
        context: &'t Context<'t>,
    ) -> Run<'t> {
        let (steps, output) = (context.limits.steps, context.limits.output);
        Run {
            inputs,
            locals: vec![None; code.locals],
            arena,
            context,
            steps,
            output,
            copies: COPIES,
            start: 0,
        }
    }

    /// The value of a whole program.
    pub fn root(&mut self, code: &'t Code) -> Got<'t> {
        self.eval(&code.root)
    }

    pub fn step(&mut self, count: u64) -> Result<(), GaveUp> {
        self.steps = self.steps.checked_sub(count).ok_or(GaveUp)?;
        Ok(())
    }

    pub fn made(&mut self, size: usize) -> Result<(), GaveUp> {
        self.output = self.output.checked_sub(size as u64).ok_or(GaveUp)?;
        Ok(())
    }

    /// What is left of the budgets.
    pub fn left(&self) -> (u64, u64) {
        (self.steps, self.output)
    }

    /// The value of an operation; `None` is absent.
    pub fn eval(&mut self, op: &'t Op) -> Got<'t> {
        self.step(1)?;
        Ok(match op {
            Op::Value(value) => Some(View::of(value)),
            Op::Absent => None,
            Op::Input(slot) => self.inputs.get(*slot).copied().flatten(),
            Op::Local(slot) => self.locals.get(*slot).copied().flatten(),
            Op::Path(root, steps) => self.path(root, steps)?,
            Op::Text(pieces) => Some(self.text(pieces)?),
            Op::Object(statements) => Some(self.object(statements)?),
            Op::Array(items) => Some(self.array(items)?),
            Op::Lets(lets, value) => {
                self.bind(lets)?;
                self.eval(value)?
            }
            Op::Direct(function, arguments) => function(self, arguments)?,
            Op::Call(function, arguments) => self.call(function, arguments)?,
            Op::Over(over, list, item, body) => self.over(*over, list, *item, body)?,
            Op::If(parts) => {
                let truth = self.truth(&parts[0])?;
                self.eval(if truth { &parts[1] } else { &parts[2] })?
            }
            Op::Match(matching) => {
                let arm = self.arm(matching)?;
                self.eval(arm)?
            }
            Op::Each(each) => self.each(each)?,
            Op::Else(sides) => match self.eval(&sides[0])? {
                Some(View::Null) | None => self.eval(&sides[1])?,
                value => value,
            },
            Op::IsPresent(of) => Some(View::Bool(self.eval(of)?.is_some())),
            Op::IsNull(of) => Some(View::Bool(matches!(self.eval(of)?, Some(View::Null)))),
            Op::Not(_) | Op::And(_) | Op::Or(_) | Op::Compare(..) | Op::In(..) => {
                Some(View::Bool(self.condition(op)?))
            }
            Op::Arithmetic(..) | Op::Quotient(..) | Op::Negate(_) => Some(self.computed(op)?),
            Op::ToNumber(of) => self.eval(of)?.map(|view| self.to_number(view)).transpose()?,
            Op::ToNumbers(of) => self.to_numbers(of)?,
            Op::ToText(of) => self.eval(of)?.map(|view| self.to_text(view)).transpose()?,
            Op::Truth(of) => Some(View::Bool(matches!(self.eval(of)?, Some(View::Bool(true))))),
            Op::GiveUp => return Err(GaveUp),
        })
    }

    fn path(&mut self, root: &'t Op, steps: &'t [Step]) -> Got<'t> {
        let root = match root {
            Op::Input(slot) => self.inputs.get(*slot).copied().flatten(),
            Op::Local(slot) => self.locals.get(*slot).copied().flatten(),
            other => self.eval(other)?,
        };
        let found = path::follow(root, steps, self.arena)?;
        if let Some(count) = found.as_ref().and_then(View::count) {
            self.step(count as u64)?;
        }
        Ok(found)
    }

    pub fn bind(&mut self, lets: &'t [(usize, Op)]) -> Result<(), GaveUp> {
        for (slot, value) in lets {
            self.locals[*slot] = self.eval(value)?;
        }
        Ok(())
    }

    fn object(&mut self, statements: &'t [Statement]) -> Result<View<'t>, GaveUp> {
        self.made(statements.len() + 1)?;
        let mut members = ArenaVec::with_capacity_in(statements.len(), self.arena);
        for statement in statements {
            match statement {
                Statement::Let(slot, value) => self.locals[*slot] = self.eval(value)?,
                Statement::Member(name, _, value) => {
                    members.extend(self.eval(value)?.map(|value| (&**name, value)));
                }
            }
        }
        Ok(View::Object(members.into_bump_slice()))
    }

    fn array(&mut self, items: &'t [Op]) -> Result<View<'t>, GaveUp> {
        self.made(items.len() + 1)?;
        let mut made = ArenaVec::with_capacity_in(items.len(), self.arena);
        for item in items {
            made.extend(self.eval(item)?);
        }
        Ok(View::List(made.into_bump_slice()))
    }

    /// The value of the arm that a subject takes.
    pub fn arm(&mut self, matching: &'t Match) -> Result<&'t Op, GaveUp> {
        let subject = self.eval(&matching.subject)?;
        self.step(matching.arms.len() as u64)?;
        let arm = subject.and_then(|subject| {
            let takes = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.takes_view(subject));
            matching.arms.iter().find(|(patterns, _)| takes(patterns))
        });
        arm.map(|(_, value)| value).or(matching.otherwise.as_ref()).ok_or(GaveUp)
    }

    fn each(&mut self, each: &'t Each) -> Got<'t> {
        let Some(list) = self.eval(&each.list)? else { return Ok(None) };
        let count = list.count().ok_or(GaveUp)?;
        self.made(count)?;
        let mut made = ArenaVec::with_capacity_in(count, self.arena);
        for item in (0..count).filter_map(|at| list.item(at)) {
            if self.begins(each, item, made.len())? {
                made.extend(self.eval(&each.body)?);
            }
        }
        Ok(Some(View::List(made.into_bump_slice())))
    }

    /// Binds an item of `each`, of which `before` were kept; whether it is kept too.
    pub fn begins(&mut self, each: &'t Each, item: View<'t>, before: usize) -> Result<bool, GaveUp> {
        self.locals[each.item] = Some(item);
        if let Some(slot) = each.number {
            self.locals[slot] = Some(View::Integer(before as i64 + 1));
        }
        each.condition.as_ref().map_or(Ok(true), |condition| self.truth(condition))
    }

    fn over(&mut self, over: Over, list: &'t Op, item: usize, body: &'t Op) -> Got<'t> {
        let list = match self.eval(list)? {
            None => return Ok(None),
            Some(View::Null) => return Ok(Some(View::Null)),
            Some(list) => list,
        };
        let count = list.count().ok_or(GaveUp)?;
        self.made(count)?;
        let mut made = ArenaVec::new_in(self.arena);
        for at in (0..count).filter_map(|at| list.item(at)) {
            self.locals[item] = Some(at);
            match over {
                Over::Map => made.extend(self.eval(body)?),
                Over::Filter => made.extend(self.truth(body)?.then_some(at)),
                Over::Any if self.truth(body)? => return Ok(Some(View::Bool(true))),
                Over::All if !self.truth(body)? => return Ok(Some(View::Bool(false))),
                Over::Any | Over::All => {}
            }
        }
        Ok(Some(match over {
            Over::Map | Over::Filter => View::List(made.into_bump_slice()),
            Over::Any => View::Bool(false),
            Over::All => View::Bool(true),
        }))
    }

    pub fn truth(&mut self, op: &'t Op) -> Result<bool, GaveUp> {
        match self.eval(op)? {
            Some(View::Bool(truth)) => Ok(truth),
            _ => Err(GaveUp),
        }
    }

    fn condition(&mut self, op: &'t Op) -> Result<bool, GaveUp> {
        Ok(match op {
            Op::Not(of) => !self.truth(of)?,
            Op::And(sides) => self.truth(&sides[0])? && self.truth(&sides[1])?,
            Op::Or(sides) => self.truth(&sides[0])? || self.truth(&sides[1])?,
            Op::Compare(comparison, way, sides) => {
                let (left, right) = (self.eval(&sides[0])?, self.eval(&sides[1])?);
                compared(*comparison, *way, left, right)?
            }
            Op::In(way, sides) => {
                let (left, right) = (self.eval(&sides[0])?, self.eval(&sides[1])?);
                self.step(right.as_ref().and_then(View::count).unwrap_or_default() as u64)?;
                is_in(*way, left, right)?
            }
            _ => return Err(GaveUp),
        })
    }

    fn computed(&mut self, op: &'t Op) -> Result<View<'t>, GaveUp> {
        let result = match op {
            Op::Arithmetic(arithmetic, sides) => {
                let (left, right) = (self.number(&sides[0])?, self.number(&sides[1])?);
                match arithmetic {
                    Arithmetic::Add => left.checked_add(&right),
                    Arithmetic::Subtract => left.checked_sub(&right),
                    Arithmetic::Multiply => left.checked_mul(&right),
                    Arithmetic::Divide => left.checked_div(&right),
                    Arithmetic::Remainder => left.checked_rem(&right),
                }
            }
            Op::Quotient(mode, parts) => {
                let (left, right) = (self.number(&parts[0])?, self.number(&parts[1])?);
                let places = self.number(&parts[2])?.to_i64().filter(|places| (0..=28).contains(places));
                left.div_rounded(&right, places.ok_or(GaveUp)? as u32, *mode)
            }
            Op::Negate(of) => self.number(of)?.checked_neg(),
            _ => return Err(GaveUp),
        };
        result.map(|number| View::computed(number, self.arena)).map_err(|_| GaveUp)
    }

    fn number(&mut self, op: &'t Op) -> Result<Number, GaveUp> {
        self.eval(op)?.and_then(|view| view.to_number()).ok_or(GaveUp)
    }

    fn to_number(&self, view: View<'t>) -> Result<View<'t>, GaveUp> {
        match view {
            View::Text(text) => {
                let number = Number::parse_decimal(text).ok_or(GaveUp)?;
                Ok(View::computed(number, self.arena))
            }
            other => Ok(other),
        }
    }

    fn to_numbers(&mut self, of: &'t Op) -> Got<'t> {
        let Some(list) = self.eval(of)? else { return Ok(None) };
        let Some(count) = list.count() else { return Ok(None) };
        self.step(count as u64)?;
        let mut numbers = ArenaVec::with_capacity_in(count, self.arena);
        for item in (0..count).filter_map(|at| list.item(at)) {
            numbers.push(self.to_number(item)?);
        }
        Ok(Some(View::List(numbers.into_bump_slice())))
    }
}

//! One evaluation: slots, budgets, and what each operation does.

use std::sync::Arc;

use super::call::{Call, Fault};
use super::compare;
use super::observer::Branch;
use super::path;
use super::watch::Watch;
use super::{Context, Error, Failed, Rejected};
use crate::diagnostic::Span;
use crate::mapping::program::{Arithmetic, Each, Match, Node, Op, Reject, SecretPiece, Statement, TextPiece};
use crate::value::{Map, Number, NumberError, PointerBuf, Value};

pub(super) type Outcome = Result<Option<Value>, Error>;

pub(super) enum Place<'p> {
    Member(&'p str),
    Item(usize),
}

/// The state of one evaluation of a program that lives for `'p`.
pub struct Machine<'p> {
    pub(super) inputs: &'p [Option<Value>],
    pub(super) locals: Vec<Option<Value>>,
    pub(super) context: &'p Context<'p>,
    steps: u64,
    output: u64,
    pub(super) target: Vec<Place<'p>>,
    pub(super) watch: Option<Box<Watch<'p>>>,
}

impl<'p> Machine<'p> {
    pub(super) fn new(inputs: &'p [Option<Value>], context: &'p Context<'p>, locals: usize) -> Machine<'p> {
        let (steps, output) = (context.limits.steps, context.limits.output);
        let watch = context.observer.map(|observer| Box::new(Watch::new(observer, locals)));
        Machine { inputs, locals: vec![None; locals], context, steps, output, target: Vec::new(), watch }
    }

    /// The value of a whole program.
    pub(super) fn run(&mut self, root: &'p Node) -> Outcome {
        self.member(root)
    }

    /// Steps and output that are left.
    pub(super) fn left(&self) -> (u64, u64) {
        (self.steps, self.output)
    }

    /// Leaves so many steps and so much output.
    pub(super) fn leave(&mut self, (steps, output): (u64, u64)) {
        (self.steps, self.output) = (steps, output);
    }

    pub(super) fn fail(&self, span: Span, message: impl Into<String>) -> Error {
        Error::Failed(Box::new(Failed {
            message: message.into(),
            target: self.pointer(),
            span,
            limit: false,
        }))
    }

    fn over(&self, span: Span, message: &str) -> Error {
        let message = message.to_owned();
        Error::Failed(Box::new(Failed { message, target: self.pointer(), span, limit: true }))
    }

    pub(super) fn pointer(&self) -> PointerBuf {
        let mut pointer = PointerBuf::root();
        for place in &self.target {
            match place {
                Place::Member(name) => pointer.push(name),
                Place::Item(index) => pointer.push_index(*index),
            }
        }
        pointer
    }

    pub(super) fn step(&mut self, span: Span, count: u64) -> Result<(), Error> {
        match self.steps.checked_sub(count) {
            Some(left) => self.steps = left,
            None => return Err(self.over(span, "this takes too many steps")),
        }
        Ok(())
    }

    pub(super) fn made(&mut self, span: Span, size: usize) -> Result<(), Error> {
        match self.output.checked_sub(size as u64) {
            Some(left) => self.output = left,
            None => return Err(self.over(span, "this makes too much")),
        }
        Ok(())
    }

    /// The value of an operation; `None` is absent.
    pub fn eval(&mut self, node: &'p Node) -> Outcome {
        self.step(node.span, 1)?;
        match &node.op {
            Op::Value(value) => Ok(Some(value.clone())),
            Op::Absent => Ok(None),
            Op::Input(_) | Op::Local(_) | Op::Path(..) => {
                let found = self.path(node)?;
                if let Some(watch) = &mut self.watch {
                    watch.read(node);
                }
                Ok(found)
            }
            Op::Text(pieces) => self.text(node, pieces),
            Op::Object(statements) => self.object(node, statements),
            Op::Array(items) => self.array(node, items),
            Op::Lets(lets, value) => {
                for (slot, value) in lets {
                    self.bind(*slot, value)?;
                }
                self.eval(value)
            }
            Op::Call(function, arguments) => {
                let mut call = Call::new(self, node.span, function, arguments)?;
                if let (true, Some(empty)) = (function.passes_empty, call.passed_on()) {
                    return Ok(empty);
                }
                match (function.eval)(&mut call) {
                    Ok(value) => Ok(value),
                    Err(Fault::Message(message)) => {
                        Err(self.fail(node.span, format!("`{}`: {message}", function.name)))
                    }
                    Err(Fault::Error(error)) => Err(*error),
                }
            }
            Op::If(parts) => {
                let truth = self.holds(&parts[0])?;
                self.took(node.span, if truth { Branch::True } else { Branch::False });
                self.eval(if truth { &parts[1] } else { &parts[2] })
            }
            Op::Match(matching) => self.matching(node, matching),
            Op::Each(each) => self.each(node, each),
            Op::Not(of) => Ok(Some(Value::Bool(!self.truth(of)?))),
            Op::And(sides) => Ok(Some(Value::Bool(self.truth(&sides[0])? && self.truth(&sides[1])?))),
            Op::Or(sides) => Ok(Some(Value::Bool(self.truth(&sides[0])? || self.truth(&sides[1])?))),
            Op::Compare(comparison, way, sides) => {
                let (left, right) = (self.eval(&sides[0])?, self.eval(&sides[1])?);
                let truth = compare::compare(*comparison, *way, left.as_ref(), right.as_ref());
                truth.map(|truth| Some(Value::Bool(truth))).map_err(|message| self.fail(node.span, message))
            }
            Op::In(way, sides) => {
                let (left, right) = (self.eval(&sides[0])?, self.eval(&sides[1])?);
                self.step(node.span, right.as_ref().and_then(Value::as_array).map_or(0, <[_]>::len) as u64)?;
                let truth = compare::is_in(*way, left.as_ref(), right.as_ref());
                truth.map(|truth| Some(Value::Bool(truth))).map_err(|message| self.fail(node.span, message))
            }
            Op::Else(sides) => match self.eval(&sides[0])? {
                Some(Value::Null) | None => {
                    self.took(node.span, Branch::Fallback);
                    self.eval(&sides[1])
                }
                value => {
                    self.took(node.span, Branch::Value);
                    Ok(value)
                }
            },
            Op::Arithmetic(arithmetic, sides) => {
                let left = self.number(&sides[0])?;
                let right = self.number(&sides[1])?;
                let result = match arithmetic {
                    Arithmetic::Add => left.checked_add(&right),
                    Arithmetic::Subtract => left.checked_sub(&right),
                    Arithmetic::Multiply => left.checked_mul(&right),
                    Arithmetic::Divide => left.checked_div(&right),
                    Arithmetic::Remainder => left.checked_rem(&right),
                };
                self.numeric(node.span, result)
            }
            Op::Quotient(mode, parts) => {
                self.went_through("round");
                let (left, right) = (self.number(&parts[0])?, self.number(&parts[1])?);
                let places = self.number(&parts[2])?.to_i64().filter(|places| (0..=28).contains(places));
                let places = places.ok_or_else(|| self.fail(parts[2].span, "places must be 0 to 28"))?;
                self.numeric(node.span, left.div_rounded(&right, places as u32, *mode))
            }
            Op::Negate(of) => {
                let number = self.number(of)?;
                self.numeric(node.span, number.checked_neg())
            }
            Op::IsPresent(of) => Ok(Some(Value::Bool(self.eval(of)?.is_some()))),
            Op::IsNull(of) => Ok(Some(Value::Bool(self.eval(of)? == Some(Value::Null)))),
            Op::Try(sides) => self.attempt(node, sides),
            Op::Reject(reject) => self.reject(node, reject),
            Op::Query(of, query) => {
                self.went_through("query");
                let Some(value) = self.eval(of)? else { return Ok(Some(Value::array(Vec::new()))) };
                let found: Vec<Value> = query.select(&value).into_iter().cloned().collect();
                self.step(node.span, found.len() as u64)?;
                Ok(Some(Value::array(found)))
            }
            Op::Truth(of) => Ok(Some(Value::Bool(self.eval(of)? == Some(Value::Bool(true))))),
            Op::ToNumber(of) => match self.eval(of)? {
                Some(value) => self.to_number(of.span, value).map(Some),
                None => Ok(None),
            },
            Op::ToNumbers(of) => self.to_numbers(of),
            Op::ToText(of) => match self.eval(of)? {
                Some(Value::Number(number)) => match decimal_text(number) {
                    Some(text) => Ok(Some(Value::string(text))),
                    None => {
                        Err(self.fail(of.span, "the number is too long to be written without an exponent"))
                    }
                },
                other => Ok(other),
            },
            Op::Secret(pieces) => self.secret(node, pieces),
        }
    }

    fn numeric(&self, span: Span, result: Result<Number, NumberError>) -> Outcome {
        result.map(|number| Some(Value::Number(number))).map_err(|error| {
            self.fail(
                span,
                match error {
                    NumberError::Overflow => "the result has more than 28 digits",
                    NumberError::DivisionByZero => "division by zero",
                    NumberError::TooPrecise => "a number of more than 28 digits takes no part in arithmetic",
                },
            )
        })
    }

    pub(super) fn truth(&mut self, node: &'p Node) -> Result<bool, Error> {
        let found = self.eval(node)?;
        self.is_true(node, found)
    }

    pub(super) fn is_true(&self, node: &Node, found: Option<Value>) -> Result<bool, Error> {
        match found {
            Some(Value::Bool(truth)) => Ok(truth),
            other => Err(self.unexpected(node.span, "true or false", other.as_ref())),
        }
    }

    fn number(&mut self, node: &'p Node) -> Result<Number, Error> {
        match self.eval(node)? {
            Some(Value::Number(number)) => Ok(number),
            other => Err(self.unexpected(node.span, "a number", other.as_ref())),
        }
    }

    fn unexpected(&self, span: Span, wanted: &str, found: Option<&Value>) -> Error {
        let found = found.map_or("nothing", |value| value.kind().name());
        self.fail(span, format!("expected {wanted}, but found {found}"))
    }

    fn to_number(&self, span: Span, value: Value) -> Result<Value, Error> {
        match value {
            Value::String(text) => match Number::parse_decimal(&text) {
                Some(number) => Ok(Value::Number(number)),
                None => Err(self.fail(span, "the text is no decimal number")),
            },
            other => Ok(other),
        }
    }

    fn to_numbers(&mut self, of: &'p Node) -> Outcome {
        let Some(Value::Array(items)) = self.eval(of)? else { return Ok(None) };
        self.step(of.span, items.len() as u64)?;
        let numbers: Result<Vec<Value>, Error> =
            items.iter().map(|item| self.to_number(of.span, item.clone())).collect();
        Ok(Some(Value::array(numbers?)))
    }

    fn path(&mut self, node: &'p Node) -> Outcome {
        if let Op::Path(root, steps) = &node.op
            && !path::is_slot(root)
        {
            let Some(root) = self.inside(root)? else { return path::of_absent(steps) };
            return self.follow(node, &root, steps);
        }
        match &node.op {
            Op::Input(slot) => Ok(self.inputs.get(*slot).cloned().flatten()),
            Op::Local(slot) => Ok(self.locals[*slot].clone()),
            Op::Path(root, steps) => {
                // The value is shared, not copied: a clone is a count.
                let root = match &root.op {
                    Op::Input(slot) => self.inputs.get(*slot).and_then(Option::as_ref),
                    Op::Local(slot) => self.locals[*slot].as_ref(),
                    _ => None,
                };
                let Some(root) = root else { return path::of_absent(steps) };
                let found = path::follow(root, steps);
                self.found(node, found)
            }
            _ => Ok(None),
        }
    }

    fn follow(&mut self, node: &'p Node, root: &Value, steps: &[crate::mapping::program::Step]) -> Outcome {
        let found = path::follow(root, steps);
        self.found(node, found)
    }

    fn found(&mut self, node: &'p Node, found: Result<Option<Value>, String>) -> Outcome {
        let value = found.map_err(|message| self.fail(node.span, message))?;
        if let Some(Value::Array(items)) = &value {
            self.step(node.span, items.len() as u64)?;
        }
        Ok(value)
    }

    fn text(&mut self, node: &'p Node, pieces: &'p [TextPiece]) -> Outcome {
        use std::fmt::Write as _;
        let mut text = String::new();
        for piece in pieces {
            match piece {
                TextPiece::Literal(literal) => text.push_str(literal),
                TextPiece::Value(value) => match self.eval(value)? {
                    Some(Value::String(part)) => text.push_str(&part),
                    Some(Value::Number(number)) => drop(write!(text, "{number}")),
                    Some(Value::Bool(truth)) => text.push_str(if truth { "true" } else { "false" }),
                    other => return Err(self.unexpected(value.span, "text or a number", other.as_ref())),
                },
            }
            self.made(node.span, 0)?;
            if text.len() as u64 > self.context.limits.output {
                return Err(self.over(node.span, "this makes too much"));
            }
        }
        self.made(node.span, text.len())?;
        Ok(Some(Value::from(text)))
    }

    fn object(&mut self, node: &'p Node, statements: &'p [Statement]) -> Outcome {
        self.made(node.span, statements.len() + 1)?;
        // The checker has seen that no name is given twice.
        let mut members = Vec::with_capacity(statements.len());
        for statement in statements {
            match statement {
                Statement::Let(slot, value) => self.bind(*slot, value)?,
                Statement::Member(name, value) => {
                    self.target.push(Place::Member(name));
                    // On an error the path stays: it says where.
                    if let Some(value) = self.member(value)? {
                        members.push((name.clone(), value));
                    }
                    self.target.pop();
                }
            }
        }
        Ok(Some(Value::object(Map::of_unique(members))))
    }

    fn array(&mut self, node: &'p Node, items: &'p [Node]) -> Outcome {
        self.made(node.span, items.len() + 1)?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            self.target.push(Place::Item(values.len()));
            values.extend(self.eval(item)?);
            self.target.pop();
        }
        Ok(Some(Value::array(values)))
    }

    fn matching(&mut self, node: &'p Node, matching: &'p Match) -> Outcome {
        let subject = self.decide(&matching.subject)?;
        self.step(node.span, matching.arms.len() as u64)?;
        let arm = subject.as_ref().and_then(|subject| {
            matching
                .arms
                .iter()
                .position(|(patterns, _)| patterns.iter().any(|pattern| pattern.takes(subject)))
        });
        match (arm, &matching.otherwise) {
            (Some(at), _) => {
                self.took(node.span, Branch::Case(at));
                self.eval(&matching.arms[at].1)
            }
            (None, Some(value)) => {
                self.took(node.span, Branch::Otherwise);
                self.eval(value)
            }
            (None, None) => {
                let found = subject.map_or_else(|| "nothing".to_owned(), |value| compare::brief(&value));
                Err(self.fail(node.span, format!("no case matches {found}")))
            }
        }
    }

    fn each(&mut self, node: &'p Node, each: &'p Each) -> Outcome {
        if let Some(watch) = &mut self.watch {
            watch.enter();
        }
        let found = self.inside(&each.list)?;
        let inputs = self.inputs;
        let over = self.watch.as_mut().map(|watch| watch.list(&each.list, inputs));
        let list = match found {
            Some(Value::Array(items)) => items,
            None => return Ok(None),
            other => return Err(self.unexpected(each.list.span, "a list", other.as_ref())),
        };
        self.made(node.span, list.len())?;
        let mut made = Vec::with_capacity(list.len());
        for (index, item) in list.iter().enumerate() {
            self.locals[each.item] = Some(item.clone());
            if let (Some(watch), Some(over)) = (&mut self.watch, &over) {
                watch.item(each.item, over, index);
            }
            if let Some(slot) = each.number {
                self.locals[slot] = Some(Value::from(made.len() as i64 + 1));
                if let (Some(watch), Some(over)) = (&mut self.watch, &over) {
                    watch.number(slot, over);
                }
            }
            if let Some(condition) = &each.condition {
                let keeps = self.holds(condition)?;
                self.took(node.span, if keeps { Branch::Kept } else { Branch::Dropped });
                if !keeps {
                    continue;
                }
            }
            self.target.push(Place::Item(made.len()));
            made.extend(self.eval(&each.body)?);
            self.target.pop();
        }
        Ok(Some(Value::array(made)))
    }

    fn reject(&mut self, node: &'p Node, reject: &'p Reject) -> Outcome {
        let text = match self.eval(&reject.text)? {
            Some(Value::String(text)) => text,
            _ => Arc::from(""),
        };
        let mut facts = Vec::with_capacity(reject.facts.len());
        for (name, value) in &reject.facts {
            facts.extend(self.eval(value)?.map(|value| (name.clone(), value)));
        }
        Err(Error::Rejected(Box::new(Rejected { code: reject.code.clone(), text, facts, span: node.span })))
    }

    fn secret(&mut self, node: &'p Node, pieces: &'p [SecretPiece]) -> Outcome {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                SecretPiece::Literal(literal) => text.push_str(literal),
                SecretPiece::Secret(name) => match self.context.secrets.and_then(|secrets| secrets(name)) {
                    Some(secret) => text.push_str(&secret),
                    None => return Err(self.fail(node.span, format!("there is no secret `{name}`"))),
                },
            }
        }
        Ok(Some(Value::from(text)))
    }
}

/// A number as decimal text, which has no exponent; `None` where 28 digits do not hold it and it came
/// with one.
fn decimal_text(number: Number) -> Option<String> {
    let text = match number.to_decimal() {
        Some(decimal) => decimal.to_string(),
        None => number.to_string(),
    };
    (!text.contains(['e', 'E'])).then_some(text)
}

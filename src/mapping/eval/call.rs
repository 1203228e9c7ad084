//! What a function sees of its call: its arguments, by place.

use std::sync::Arc;

use super::machine::Machine;
use super::{Context, Error};
use crate::diagnostic::Span;
use crate::mapping::place::Place;
use crate::mapping::program::{Argument, Node};
use crate::mapping::stdlib::Function;
use crate::value::{Number, Value};

/// Why a function gives no value.
#[derive(Debug)]
pub enum Fault {
    /// In words for operators.
    Message(String),
    /// What went wrong inside a lambda.
    Error(Box<Error>),
}

impl From<&str> for Fault {
    fn from(message: &str) -> Fault {
        Fault::Message(message.to_owned())
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Fault {
        Fault::Message(message)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Error(Box::new(error))
    }
}

/// An argument, evaluated.
pub(in crate::mapping) enum Given<'p> {
    Missing,
    Value(Value),
    Symbol(&'static str),
    Table(&'p str),
    Lambda(usize, &'p Node),
}

/// A call being carried out. Arguments are of the kinds that the function declares, or the
/// accessors say what they are instead.
pub struct Call<'m, 'p> {
    machine: &'m mut Machine<'p>,
    span: Span,
    function: &'static Function,
    given: Vec<Given<'p>>,
    /// The first argument is absent or null and the function passes that on.
    empty: Option<Option<Value>>,
    /// Where the first argument stands, when somebody watches.
    list: Option<Place>,
}

impl<'m, 'p> Call<'m, 'p> {
    pub(super) fn new(
        machine: &'m mut Machine<'p>,
        span: Span,
        function: &'static Function,
        arguments: &'p [Argument],
    ) -> Result<Call<'m, 'p>, Error> {
        let mut given = Vec::with_capacity(arguments.len());
        let mut empty = None;
        let mut list = None;
        if let Some(watch) = &mut machine.watch {
            watch.through(function, arguments);
            watch.go_inside();
            list = match arguments.first() {
                Some(Argument::Value(node)) => watch.place(node),
                _ => None,
            };
        }
        for (at, argument) in arguments.iter().enumerate() {
            given.push(match argument {
                Argument::Missing => Given::Missing,
                Argument::Symbol(symbol) => Given::Symbol(symbol),
                Argument::Table(name) => Given::Table(name),
                Argument::Lambda(slot, body) => Given::Lambda(*slot, body),
                Argument::Value(node) => match machine.eval(node)? {
                    None => {
                        if at == 0 {
                            empty = Some(None);
                        }
                        Given::Missing
                    }
                    Some(value) => {
                        if at == 0 && value == Value::Null {
                            empty = Some(Some(Value::Null));
                        }
                        Given::Value(value)
                    }
                },
            });
        }
        if let Some(watch) = &mut machine.watch {
            watch.come_out();
        }
        Ok(Call { machine, span, function, given, empty, list })
    }

    /// Carries out a call on its own: its arguments are evaluated, and none of them is a lambda. With
    /// the result, what it used of the steps and of the output that are left.
    pub(in crate::mapping) fn alone(
        context: &'p Context<'p>,
        function: &'static Function,
        given: Vec<Given<'p>>,
        left: (u64, u64),
    ) -> (Result<Option<Value>, Fault>, (u64, u64)) {
        let mut machine = Machine::new(&[], context, 0);
        machine.leave(left);
        let span = Span::default();
        let mut call = Call { machine: &mut machine, span, function, given, empty: None, list: None };
        let result = (function.eval)(&mut call);
        let now = machine.left();
        (result, (left.0 - now.0, left.1 - now.1))
    }

    /// What the call gives when its first argument is absent or null, for functions that pass that on.
    pub fn passed_on(&self) -> Option<Option<Value>> {
        self.empty.clone()
    }

    /// How many arguments there are, those left out included.
    pub fn count(&self) -> usize {
        self.given.len()
    }

    /// The argument at `at`; `None` when left out or absent.
    pub fn optional(&self, at: usize) -> Option<&Value> {
        match self.given.get(at) {
            Some(Given::Value(value)) => Some(value),
            _ => None,
        }
    }

    fn wrong(&self, at: usize, wanted: &str) -> Fault {
        let found = self.optional(at).map_or("nothing", |value| value.kind().name());
        let name =
            self.function.params.get(at).or(self.function.params.last()).map_or("", |param| param.name);
        Fault::Message(format!("`{name}` must be {wanted}, but is {found}"))
    }

    /// The argument at `at`.
    pub fn value(&self, at: usize) -> Result<&Value, Fault> {
        self.optional(at).ok_or_else(|| self.wrong(at, "there"))
    }

    /// A text argument.
    pub fn text(&self, at: usize) -> Result<&Arc<str>, Fault> {
        match self.optional(at) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(self.wrong(at, "text")),
        }
    }

    /// A number argument.
    pub fn number(&self, at: usize) -> Result<&Number, Fault> {
        self.optional(at).and_then(Value::as_number).ok_or_else(|| self.wrong(at, "a number"))
    }

    /// A whole number argument within the range of `usize`.
    pub fn size(&self, at: usize) -> Result<usize, Fault> {
        let number = self.number(at)?.to_i64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| self.wrong(at, "a whole number from 0"))
    }

    /// A whole number argument.
    pub fn integer(&self, at: usize) -> Result<i64, Fault> {
        self.number(at)?.to_i64().ok_or_else(|| self.wrong(at, "a whole number"))
    }

    /// A list argument, shared.
    pub fn list(&self, at: usize) -> Result<Arc<Vec<Value>>, Fault> {
        match self.optional(at) {
            Some(Value::Array(items)) => Ok(items.clone()),
            _ => Err(self.wrong(at, "a list")),
        }
    }

    /// The symbol at `at`, or `otherwise` when left out.
    pub fn symbol(&self, at: usize, otherwise: &'static str) -> &'static str {
        match self.given.get(at) {
            Some(Given::Symbol(symbol)) => symbol,
            _ => otherwise,
        }
    }

    /// The name of the table at `at`.
    pub fn table(&self, at: usize) -> &'p str {
        match self.given.get(at) {
            Some(Given::Table(name)) => name,
            _ => "",
        }
    }

    /// Whether a lambda stands at `at`.
    pub fn has_lambda(&self, at: usize) -> bool {
        matches!(self.given.get(at), Some(Given::Lambda(..)))
    }

    /// What the lambda at `at` gives for `item`.
    pub fn apply(&mut self, at: usize, item: &Value) -> Result<Option<Value>, Fault> {
        match self.given.get(at) {
            Some(Given::Lambda(slot, body)) => {
                let (slot, body) = (*slot, *body);
                self.machine.locals[slot] = Some(item.clone());
                if let Some(watch) = &mut self.machine.watch {
                    watch.any_item(slot, self.list.as_ref());
                }
                // What is kept, and in which order: the condition is not in the result.
                Ok(match self.function.name {
                    "filter" | "sort_by" => self.machine.decide(body)?,
                    _ => self.machine.inside(body)?,
                })
            }
            _ => Ok(Some(item.clone())),
        }
    }

    /// Whether the lambda at `at` holds for `item`.
    pub fn holds(&mut self, at: usize, item: &Value) -> Result<bool, Fault> {
        match self.apply(at, item)? {
            Some(Value::Bool(truth)) => Ok(truth),
            _ => Err("the condition is neither true nor false".into()),
        }
    }

    /// Accounts for what the function makes, before it makes it.
    pub fn makes(&mut self, size: usize) -> Result<(), Fault> {
        Ok(self.machine.made(self.span, size)?)
    }

    /// Accounts for work in proportion to `count`.
    pub fn works(&mut self, count: usize) -> Result<(), Fault> {
        Ok(self.machine.step(self.span, count as u64)?)
    }

    /// Tells who watches that a table was asked.
    pub fn asked(&self, table: &str, keys: &[Value], found: bool) {
        if let Some(observer) = self.machine.context.observer {
            observer.row(table, keys, found);
        }
    }

    /// Time and tables.
    pub fn context(&self) -> &'p Context<'p> {
        self.machine.context
    }
}

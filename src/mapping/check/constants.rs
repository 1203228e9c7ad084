//! What is written out in a call is tried beforehand: a call that fails whatever the data holds is a mistake.

use super::scope::Checker;
use crate::clock::Moment;
use crate::diagnostic::{Span, codes};
use crate::mapping::eval::{Call, Context, Fault, Given as Slot, Limits};
use crate::mapping::program::{Argument, Op};
use crate::mapping::stdlib::{self, Function, Given, Kind};
use crate::value::Value;

/// What trying a call may cost; one that needs more is left to the data.
const LIMITS: Limits = Limits { steps: 100_000, output: 1 << 16 };

/// Functions whose whole numbers count characters.
const COUNTING: [&str; 5] = ["left", "mid", "pad_left", "pad_right", "right"];

impl Checker<'_> {
    /// Notes a call that fails on every input. What a `try` catches is left alone, and so is a place where
    /// what fails counts as false.
    pub(super) fn fails_always(
        &mut self,
        function: &'static Function,
        given: &Given,
        arguments: &[Argument],
        span: Span,
    ) {
        if self.lenient || self.calls.defining || self.verdicts.catching > 0 {
            return;
        }
        let Some(message) = wrong_constant(function, given).or_else(|| self.tried(function, arguments))
        else {
            return;
        };
        let message = format!("`{}` fails here whatever the data holds: {message}", function.name);
        self.note(&codes::ALWAYS_FAILS, span, message);
    }

    /// Why a call fails whose arguments are all written out.
    fn tried(&self, function: &'static Function, arguments: &[Argument]) -> Option<String> {
        let given: Option<Vec<Slot<'_>>> = arguments.iter().map(written_out).collect();
        let given = given.filter(|given| !given.is_empty())?;
        let context = Context { limits: LIMITS, ..Context::new(Moment(0), self.environment.tables) };
        match Call::alone(&context, function, given, (LIMITS.steps, LIMITS.output)).0 {
            Err(Fault::Message(message)) => Some(message),
            _ => None,
        }
    }
}

/// An argument as it is given, if that is written out.
fn written_out(argument: &Argument) -> Option<Slot<'_>> {
    match argument {
        Argument::Missing => Some(Slot::Missing),
        Argument::Symbol(symbol) => Some(Slot::Symbol(symbol)),
        Argument::Value(node) => match &node.op {
            Op::Value(value) if *value != Value::Null => Some(Slot::Value(value.clone())),
            _ => None,
        },
        Argument::Table(_) | Argument::Lambda(..) => None,
    }
}

/// What is wrong with a single argument that is written out.
fn wrong_constant(function: &Function, given: &Given) -> Option<String> {
    let written = function.params.iter().zip(&given.arguments);
    written.filter_map(|(param, argument)| Some((param, argument.constant.as_ref()?))).find_map(
        |(param, value)| match value {
            Value::String(zone) if param.name == "zone" => stdlib::unknown_zone(zone),
            Value::Number(count)
                if param.kind == Kind::Integer
                    && COUNTING.contains(&function.name)
                    && count.to_i64().is_none_or(|count| count < 0) =>
            {
                Some(format!("`{}` must be a whole number from 0, but is {count}", param.name))
            }
            _ => None,
        },
    )
}

//! Calls: which function, which argument for which parameter, and what comes of it.

use std::sync::Arc;

use super::scope::{Checker, Typed};
use crate::diagnostic::{Span, codes, nearest};
use crate::mapping::program::{self, Op};
use crate::mapping::stdlib::{self, Function, Given, GivenArgument, Kind, Returned};
use crate::mapping::syntax::{Argument, ArgumentValue, ExprKind, Word};
use crate::schema::Type;

/// What people from other languages write, and what it is here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("case", "write `match value { \"a\": 1, else: 2 }`"),
    ("ceiling", "write `ceil(value)`"),
    ("blank_if", "write `absent_if(value, \"\")`"),
    ("coalesce", "write `a ?? b`"),
    ("default", "write `a ?? b`"),
    ("exists", "write `value is present`"),
    ("div", "write `floor(a / b)`"),
    ("format", "write the text with its values: `\"{a}-{b}\"`"),
    ("iif", "write `if(condition, value, otherwise)`"),
    ("is_null", "write `value is null`"),
    ("isnull", "write `value is null`"),
    ("length", "write `len(text)` or `count(list)`"),
    ("size", "write `len(text)` or `count(list)`"),
    ("mod", "write `a % b`"),
    ("nullif", "write `absent_if(value, \"\")`"),
    ("regex", "write `matches(text, pattern)` or `extract(text, pattern)`"),
    ("str", "write `text(value)`"),
    ("string", "write `text(value)`"),
    ("substr", "write `mid(text, start, count)`"),
    ("substring", "write `mid(text, start, count)`"),
    ("switch", "write `match value { \"a\": 1, else: 2 }`"),
    ("to_number", "write `decimal(text)` or `integer(text)`"),
    ("to_string", "write `text(value)`"),
    ("uppercase", "write `upper(text)`"),
    ("lowercase", "write `lower(text)`"),
    ("number", "write `decimal(text)` or `integer(text)`"),
];

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &Word, arguments: &[Argument], span: Span) -> Typed {
        if let Some(def) = self.defs.get(&name.text).cloned() {
            return self.call_def(&def, name, arguments, span, None);
        }
        if let Some(typed) = self.form(name, arguments, span) {
            return typed;
        }
        if let Some(quotient) = self.rounded_quotient(name, arguments, span) {
            return quotient;
        }
        let Some(function) = stdlib::find(&name.text) else {
            return self.unknown_function(name, arguments, span);
        };
        let Some(places) = self.places(function, name, arguments) else {
            // What stands inside may have findings of its own.
            self.arguments_alone(arguments);
            return Typed::unknown(span);
        };
        self.apply(function, name, &places, span)
    }

    fn unknown_function(&mut self, name: &Word, arguments: &[Argument], span: Span) -> Typed {
        let defs: Vec<Arc<str>> = self.defs.keys().cloned().collect();
        let mut known: Vec<&str> = stdlib::names().collect();
        known.extend(defs.iter().map(|name| &**name));
        let near = nearest(&name.text, known);
        let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == &*name.text.to_lowercase());
        let finding =
            self.note(&codes::UNKNOWN_FUNCTION, name.span, format!("there is no function `{}`", name.text));
        match (elsewhere, near) {
            (Some((_, help)), _) => finding.help.push((*help).to_owned()),
            (None, Some(near)) => finding.label = Some(format!("did you mean `{near}`?")),
            (None, None) => finding.help.push("`docs/functions.md` lists the functions".to_owned()),
        }
        self.arguments_alone(arguments);
        Typed::unknown(span)
    }

    pub(super) fn arguments_alone(&mut self, arguments: &[Argument]) {
        for argument in arguments {
            if let ArgumentValue::Expr(expr) = &argument.value
                && !matches!(expr.kind, ExprKind::Name(_))
            {
                self.expr(expr);
            }
        }
    }

    /// Which argument goes to which parameter; repeated ones stand at the end.
    fn places<'s>(
        &mut self,
        function: &'static Function,
        name: &Word,
        arguments: &'s [Argument],
    ) -> Option<Vec<Option<&'s Argument>>> {
        let params = function.params;
        let repeats = params.last().is_some_and(|param| param.repeated);
        let mut places: Vec<Option<&Argument>> = vec![None; params.len()];
        let mut next = 0;
        for argument in arguments {
            let at = match &argument.name {
                Some(word) => match params.iter().position(|param| *param.name == *word.text) {
                    Some(at) => at,
                    None => {
                        return self.wrong_call(
                            function,
                            word.span,
                            format!("`{}` has no `{}`", name.text, word.text),
                        );
                    }
                },
                None => {
                    next += 1;
                    next - 1
                }
            };
            if at >= params.len() && !repeats {
                let most = params.len();
                return self.wrong_call(
                    function,
                    argument.span,
                    format!("`{}` takes at most {most}", name.text),
                );
            }
            if at >= places.len() {
                places.push(Some(argument));
            } else if places[at].replace(argument).is_some() {
                return self.wrong_call(function, argument.span, "this is given a second time".to_owned());
            }
        }
        let missing = params.iter().zip(&places).find(|(param, place)| param.required && place.is_none());
        if let Some((param, _)) = missing {
            return self.wrong_call(function, name.span, format!("`{}` needs `{}`", name.text, param.name));
        }
        Some(places)
    }

    pub(super) fn wrong_call<T>(
        &mut self,
        function: &'static Function,
        span: Span,
        message: String,
    ) -> Option<T> {
        self.note(&codes::WRONG_ARGUMENTS, span, message)
            .help
            .push(format!("write `{}`", signature(function)));
        None
    }

    fn apply(
        &mut self,
        function: &'static Function,
        name: &Word,
        places: &[Option<&Argument>],
        span: Span,
    ) -> Typed {
        let mut given = Given::default();
        let mut compiled = Vec::with_capacity(places.len());
        let (mut absent, mut nullable, mut fallible) = (false, false, function.fallible);
        let mut passes_anything = false;
        let mut never = false;
        let mut right = true;
        let last = places.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        for (at, place) in places.iter().enumerate() {
            let param = function.params.get(at).or(function.params.last());
            let (Some(param), Some(argument)) = (param, place) else {
                if at < last {
                    given.arguments.push(GivenArgument { ty: Type::Any, absent: true, constant: None });
                }
                compiled.push(program::Argument::Missing);
                continue;
            };
            let passes = at == 0 && function.passes_empty;
            let Some(checked) = self.argument(function, param, argument, passes, &given) else {
                right = false;
                given.arguments.push(GivenArgument { ty: Type::Any, absent: true, constant: None });
                continue;
            };
            absent |= checked.absent;
            nullable |= checked.nullable;
            // Of what nothing is known may be null, and that is then the result.
            passes_anything |= passes && checked.given.ty.is_any();
            // What never comes to its end is never passed on.
            let value = !matches!(param.kind, Kind::Lambda(_) | Kind::Table | Kind::Symbol(_));
            never |= value && checked.given.ty.is_never();
            fallible |= checked.fallible;
            given.arguments.push(checked.given);
            compiled.push(checked.argument);
        }
        if !right || !self.key_count(function, &compiled, name) {
            return Typed::unknown(span);
        }
        if self.is_refused(function, &given, places) {
            return Typed::unknown(span);
        }
        let returned = match never {
            true => Returned::from(Type::Never),
            false => (function.returns)(&given),
        };
        let ty = match (nullable, passes_anything) {
            (_, true) => Type::Any,
            (true, false) => returned.ty.or_null(),
            (false, false) => returned.ty,
        };
        self.has_zone(function, &given, span);
        if !never && stdlib::may_fail(function, &given) {
            self.may_fail(function.name, span);
        }
        if !never {
            self.fails_always(function, &given, &compiled, span);
        }
        let op = Op::Call(function, compiled.into());
        Typed { absent: absent || returned.absent, ..Typed::new(op, span, ty).fallible(fallible) }
    }

    /// Notes what is wrong with the arguments by what they are.
    fn is_refused(&mut self, function: &Function, given: &Given, places: &[Option<&Argument>]) -> bool {
        let Some(refusal) = stdlib::refusal(function, given) else { return false };
        let Some(Some(argument)) = places.get(refusal.at) else { return false };
        let finding = self.note(&codes::WRONG_ARGUMENTS, argument.span, refusal.message);
        finding.help.push(refusal.help);
        true
    }

    /// A table is asked for by as many keys as it has key columns.
    fn key_count(&mut self, function: &Function, arguments: &[program::Argument], name: &Word) -> bool {
        let Some(program::Argument::Table(table)) = arguments.first() else { return true };
        let Some(table) = self.environment.tables.get(table) else { return true };
        let keys = arguments.len() - 1;
        let begins = function.name == "lookup_all" && keys < table.keys.len();
        if keys == table.keys.len() || begins {
            return true;
        }
        let columns: Vec<&str> = table.keys.iter().map(|at| &*table.columns[*at].name).collect();
        let (wanted, given) = (counted(columns.len(), "key column"), counted(keys, "key"));
        let verb = if keys == 1 { "is" } else { "are" };
        let message = format!("table `{}` has {wanted}, but {given} {verb} given", table.name);
        let help = format!("write `{}({}, {})`", function.name, table.name, columns.join(", "));
        self.note(&codes::WRONG_ARGUMENTS, name.span, message).help.push(help);
        false
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `round(value, places, mode)`.
pub(super) fn signature(function: &Function) -> String {
    let names = function.params.iter().map(|param| match param.kind {
        Kind::Lambda(_) => format!("it -> {}", param.name),
        _ if param.repeated => format!("{}, …", param.name),
        _ => param.name.to_owned(),
    });
    format!("{}({})", function.name, names.collect::<Vec<_>>().join(", "))
}

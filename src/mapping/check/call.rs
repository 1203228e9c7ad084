//! Calls: arguments against parameters.

use std::sync::Arc;

use super::expr::{is_decimal_text, to_number};
use super::scope::{Checker, Typed};
use crate::diagnostic::{Span, codes, nearest};
use crate::mapping::program::{self, Node, Op};
use crate::mapping::stdlib::{self, Function, Given, GivenArgument, Kind, Param, Returned};
use crate::mapping::syntax::{Argument, ArgumentValue, Expr, ExprKind, Word};
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

    fn wrong_call<T>(&mut self, function: &'static Function, span: Span, message: String) -> Option<T> {
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

    fn argument(
        &mut self,
        function: &'static Function,
        param: &Param,
        argument: &Argument,
        passes: bool,
        given: &Given,
    ) -> Option<Checked> {
        match (&argument.value, param.kind) {
            (ArgumentValue::Lambda { parameter, body }, Kind::Lambda(wanted)) => {
                Some(self.lambda(parameter, body, wanted, given))
            }
            (ArgumentValue::Lambda { .. }, _) => self.wrong_call(
                function,
                argument.span,
                format!("`{}` of `{}` is a value, no `it -> …`", param.name, function.name),
            ),
            (ArgumentValue::Expr(expr), Kind::Symbol(symbols)) => self.symbol(expr, symbols, param),
            (ArgumentValue::Expr(expr), Kind::Table) => self.table(expr),
            (ArgumentValue::Expr(_), Kind::Lambda(_)) => {
                let message = format!("`{}` is a value for each item", param.name);
                self.note(&codes::WRONG_ARGUMENTS, argument.span, message)
                    .help
                    .push("write it over the item: `it -> it.price`".to_owned());
                None
            }
            (ArgumentValue::Expr(expr), _) => {
                let leaves_out = function.name == "join_present";
                let typed = match &expr.kind {
                    ExprKind::Array(items) if leaves_out => self.array_of_present(items, expr.span),
                    _ => self.expr(expr),
                };
                self.value(function, param, typed, passes)
            }
        }
    }

    fn value(
        &mut self,
        function: &'static Function,
        param: &Param,
        typed: Typed,
        passes: bool,
    ) -> Option<Checked> {
        let (absent, nullable) = (typed.absent, typed.nullable());
        let accepts = self.lenient || passes || takes_nothing(function);
        let typed = if accepts {
            let ty = if typed.ty.is_any() { typed.ty } else { typed.ty.without_null() };
            Typed { ty, absent: false, ..typed }
        } else {
            self.there(typed, &format!("is `{}` of `{}`", param.name, function.name))
        };
        let typed = self.convert(typed, param.kind);
        if !self.accepts(&typed, param, function) {
            return None;
        }
        let fallible = typed.fallible || typed.ty.is_any();
        let constant = typed.constant().cloned();
        Some(Checked {
            given: GivenArgument { ty: typed.ty, absent: false, constant },
            argument: program::Argument::Value(typed.node),
            absent: passes && absent,
            nullable: passes && nullable,
            fallible,
        })
    }

    /// Decimal text where numbers are wanted becomes numbers.
    fn convert(&self, typed: Typed, kind: Kind) -> Typed {
        match kind {
            Kind::Number | Kind::Integer if is_decimal_text(&typed.ty) => to_number(typed),
            Kind::List(Kind::Number) if typed.ty.items().is_ok_and(|items| is_decimal_text(&items)) => {
                let span = typed.span();
                let list = typed.ty.as_array().map(|list| (list.min_items, list.max_items));
                let (min_items, max_items) = list.unwrap_or((None, None));
                let items = Type::number();
                let list = crate::schema::ArrayType { items, prefix: Vec::new(), min_items, max_items };
                let fallible = typed.fallible;
                let op = Op::ToNumbers(Box::new(typed.node));
                Typed::new(op, span, Type::Array(Arc::new(list))).fallible(fallible)
            }
            _ => typed,
        }
    }

    fn accepts(&mut self, typed: &Typed, param: &Param, function: &'static Function) -> bool {
        if fits_kind(&typed.ty, param.kind) {
            return true;
        }
        let mut wanted = kind_name(param.kind);
        let mut found = typed.ty.to_string();
        if let (Kind::List(inner), Ok(items)) = (param.kind, typed.ty.items()) {
            let bad = items.members().iter().find(|ty| !fits_kind(ty, *inner));
            if let Some(bad) = bad {
                (wanted, found) = (format!("a list of {}", plural(*inner)), format!("a list with {bad}"));
            }
        }
        let message = format!("`{}` of `{}` is {wanted}, but this is {found}", param.name, function.name);
        let help = match (param.kind, typed.ty.shape()) {
            (Kind::Text, Type::Number(_) | Type::Boolean) => "write `text(…)`".to_owned(),
            (Kind::Text, Type::Text(_)) => "a decimal is a number here: write `text(…)`".to_owned(),
            (Kind::Number | Kind::Integer, Type::Text(_)) => "write `decimal(…)` or `integer(…)`".to_owned(),
            (Kind::Integer, Type::Number(_)) => "write `floor(…)` or `round(…)`".to_owned(),
            (Kind::List(Kind::Number), Type::Array(_)) => {
                "write the field to take of every item: `list[].amount`".to_owned()
            }
            (Kind::Text | Kind::Number, Type::Array(_)) => "write one item: `first(…)`, `[0]`".to_owned(),
            _ => format!("write `{}`", signature(function)),
        };
        self.note(&codes::WRONG_KIND, typed.span(), message).help.push(help);
        false
    }

    fn lambda(&mut self, parameter: &Word, body: &Expr, wanted: &Kind, given: &Given) -> Checked {
        let names = self.known.len();
        let item = given.item(0);
        let slot = self.declare(&parameter.text, item, false, None, None);
        let typed = match wanted {
            Kind::Boolean => self.condition(body),
            _ => self.expr(body),
        };
        let typed = self.convert(typed, if *wanted == Kind::Scalar { Kind::Number } else { Kind::Any });
        self.leave(names);
        let fallible = typed.fallible;
        Checked {
            given: GivenArgument { ty: typed.ty, absent: typed.absent, constant: None },
            argument: program::Argument::Lambda(slot, typed.node),
            absent: false,
            nullable: false,
            fallible,
        }
    }

    fn symbol(&mut self, expr: &Expr, symbols: &'static [&'static str], param: &Param) -> Option<Checked> {
        let word = match &expr.kind {
            ExprKind::Name(name) => name.to_string(),
            _ => String::new(),
        };
        if let Some(symbol) = symbols.iter().find(|symbol| **symbol == word) {
            return Some(Checked {
                given: GivenArgument { ty: Type::literal(symbol), absent: false, constant: None },
                argument: program::Argument::Symbol(symbol),
                absent: false,
                nullable: false,
                fallible: false,
            });
        }
        let near = nearest(&word, symbols.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let listed = symbols.iter().map(|symbol| format!("`{symbol}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{}` must be one of {listed}, without quotes", param.name);
        self.note(&codes::UNKNOWN_SYMBOL, expr.span, message).label = near;
        None
    }

    fn table(&mut self, expr: &Expr) -> Option<Checked> {
        let ExprKind::Name(name) = &expr.kind else {
            self.note(&codes::UNKNOWN_TABLE, expr.span, "a table's name is needed here")
                .help
                .push("write `lookup(carrier, key)` for `tables/carrier.csv`".to_owned());
            return None;
        };
        let Some(table) = self.environment.tables.get(name).cloned() else {
            // In the header it has been noted.
            if self.tables.as_ref().is_some_and(|tables| tables.contains(name)) {
                return None;
            }
            let names: Vec<Arc<str>> = self.environment.tables.names().cloned().collect();
            let near =
                nearest(name, names.iter().map(|name| &**name)).map(|near| format!("did you mean `{near}`?"));
            let finding = self.note(&codes::UNKNOWN_TABLE, expr.span, format!("there is no table `{name}`"));
            finding.help.push(format!("tables are the files `tables/*.csv`: `tables/{name}.csv`"));
            finding.label = near;
            return None;
        };
        let unnamed = self.tables.as_ref().is_some_and(|tables| !tables.contains(name));
        if unnamed && !self.is_meant(&codes::UNKNOWN_TABLE, name) {
            self.note(
                &codes::UNKNOWN_TABLE,
                expr.span,
                format!("the mapping does not say that it uses table `{name}`"),
            )
            .help
            .push(format!("add it to the header: `using tables {name}`"));
        }
        self.tables_read.insert(name.clone());
        Some(Checked {
            given: GivenArgument { ty: table.row.clone(), absent: false, constant: None },
            argument: program::Argument::Table(name.clone()),
            absent: false,
            nullable: false,
            fallible: false,
        })
    }

    /// A list written out for a function that leaves out what is not there.
    fn array_of_present(&mut self, items: &[Expr], span: Span) -> Typed {
        let values: Vec<Typed> = items.iter().map(|item| self.expr(item)).collect();
        let fallible = values.iter().any(|value| value.fallible);
        let ty = Type::list(Type::union(values.iter().map(|value| value.ty.without_null())));
        let nodes: Box<[Node]> = values.into_iter().map(|value| value.node).collect();
        Typed::new(Op::Array(nodes), span, ty).fallible(fallible)
    }
}

/// Whether a function makes something of what is absent or null.
fn takes_nothing(function: &Function) -> bool {
    matches!(function.name, "absent_if" | "lookup" | "lookup_all" | "table_has")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// An argument, checked and compiled.
struct Checked {
    given: GivenArgument,
    argument: program::Argument,
    absent: bool,
    nullable: bool,
    fallible: bool,
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

fn kind_name(kind: Kind) -> String {
    match kind {
        Kind::Any => "a value".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Number => "a number".to_owned(),
        Kind::Integer => "a whole number".to_owned(),
        Kind::Scalar => "a text, a number or a boolean".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::List(_) => "a list".to_owned(),
        Kind::Symbol(_) => "one of a few words".to_owned(),
        Kind::Lambda(_) => "`it -> …`".to_owned(),
        Kind::Table => "a table".to_owned(),
    }
}

fn plural(kind: Kind) -> String {
    match kind {
        Kind::Text => "texts".to_owned(),
        Kind::Number | Kind::Integer => "numbers".to_owned(),
        Kind::List(_) => "lists".to_owned(),
        _ => "values".to_owned(),
    }
}

/// Whether every value of a type is of a kind; what can be anything is looked at when it runs.
fn fits_kind(ty: &Type, kind: Kind) -> bool {
    ty.members().iter().all(|member| match (member.shape(), kind) {
        (Type::Any | Type::Never, _) | (_, Kind::Any) => true,
        (Type::Text(text), Kind::Text) => text.format.as_deref() != Some("decimal"),
        (Type::Number(_), Kind::Number) => true,
        (Type::Number(number), Kind::Integer) => number.integer,
        (Type::Text(_) | Type::Number(_) | Type::Boolean, Kind::Scalar) => true,
        (Type::Boolean, Kind::Boolean) => true,
        (Type::Array(list), Kind::List(inner)) => fits_kind(&list.any_item(), *inner),
        _ => false,
    })
}

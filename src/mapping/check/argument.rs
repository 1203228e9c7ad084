//! One argument of a call against its parameter.

use std::sync::Arc;

use super::call::signature;
use super::expr::{is_decimal_text, to_number};
use super::scope::{Checker, Typed};
use crate::diagnostic::{Span, codes, nearest};
use crate::mapping::program::{self, Node, Op};
use crate::mapping::stdlib::{Function, Given, GivenArgument, Kind, Param};
use crate::mapping::syntax::{Argument, ArgumentValue, Expr, ExprKind, Word};
use crate::schema::Type;

/// An argument, checked and compiled.
pub(super) struct Checked {
    pub given: GivenArgument,
    pub argument: program::Argument,
    pub absent: bool,
    pub nullable: bool,
    pub fallible: bool,
}

impl Checker<'_> {
    pub(super) fn argument(
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

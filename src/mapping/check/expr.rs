//! Every form of expression: its type and its operation.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::scope::{Checker, Typed};
use super::spread::Members;
use crate::diagnostic::codes;
use crate::mapping::program::{self, Node, Op, Statement, TextPiece};
use crate::mapping::syntax::{self, ArgumentValue, Each, Expr, ExprKind, Operator, TextPart};
use crate::schema::{ArrayType, NumberType, Type};
use crate::value::{Number, Value};

/// Lists of more items than this do not keep the type of each.
const PLACED: usize = 24;

impl Checker<'_> {
    /// Types and compiles an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> Typed {
        self.depth += 1;
        let typed = self.any_form(expr);
        self.depth -= 1;
        typed
    }

    fn any_form(&mut self, expr: &Expr) -> Typed {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Null => Typed::new(Op::Value(Value::Null), span, Type::Null),
            ExprKind::Boolean(truth) => Typed::new(Op::Value(Value::Bool(*truth)), span, Type::Boolean),
            ExprKind::Number(number) => {
                Typed::new(Op::Value(Value::Number(number.clone())), span, type_of_number(number))
            }
            ExprKind::Omit => Typed { absent: true, ..Typed::new(Op::Absent, span, Type::Never) },
            ExprKind::Text(parts) => self.text(parts, span),
            ExprKind::Name(name) => self.name(name, span),
            ExprKind::Path(of, steps) => self.path(of, steps, span),
            ExprKind::Call(name, arguments) => self.call(name, arguments, span),
            ExprKind::Not(of) => {
                let of = self.condition(of);
                let fallible = of.fallible;
                Typed::new(Op::Not(Box::new(of.node)), span, Type::Boolean).fallible(fallible)
            }
            ExprKind::Minus(of) => self.minus(of, span),
            ExprKind::Binary(binary) => self.binary(binary, span),
            ExprKind::Is { of, test, negated } => self.is(of, *test, *negated, span),
            ExprKind::Match(matching) => self.matching(matching, span, &mut |checker, arm| checker.expr(arm)),
            ExprKind::Each(each) => self.each(each, span, &mut |checker, body| checker.expr(body)),
            ExprKind::Object(block) => self.object(block),
            ExprKind::Array(items) => self.array(items, span),
        }
    }

    fn text(&mut self, parts: &[TextPart], span: crate::diagnostic::Span) -> Typed {
        if let [] | [TextPart::Literal(_)] = parts {
            let text = match parts {
                [TextPart::Literal(text)] => text.as_str(),
                _ => "",
            };
            return Typed::new(Op::Value(Value::from(text)), span, Type::literal(text));
        }
        let mut fallible = false;
        let (mut least, mut most) = (0usize, Some(0usize));
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            pieces.push(match part {
                TextPart::Literal(text) => {
                    let length = text.chars().count();
                    least += length;
                    most = most.map(|most| most.saturating_add(length));
                    TextPiece::Literal(text.as_str().into())
                }
                TextPart::Value(value) => {
                    let value = self.expr(value);
                    let value = self.there(value, "stands in a text");
                    let fits = value.ty.members().iter().all(|ty| {
                        matches!(
                            ty.shape(),
                            Type::Any | Type::Never | Type::Text(_) | Type::Number(_) | Type::Boolean
                        )
                    });
                    if !fits {
                        let message = format!("{} cannot stand in a text", value.ty);
                        self.note(&codes::WRONG_KIND, value.span(), message)
                            .help
                            .push("write a field of it, or `join(list, \", \")`".to_owned());
                    }
                    fallible |= value.fallible || value.ty.is_any();
                    let (shortest, longest) = value.ty.lengths();
                    least += shortest;
                    most = most.zip(longest).map(|(most, longest)| most.saturating_add(longest));
                    TextPiece::Value(value.node)
                }
            });
        }
        let ty = Type::sized(least, most);
        Typed::new(Op::Text(pieces.into()), span, ty).fallible(fallible)
    }

    /// `each`, its body checked by `body`.
    pub(super) fn each(
        &mut self,
        each: &Each,
        span: crate::diagnostic::Span,
        body: &mut dyn FnMut(&mut Checker<'_>, &Expr) -> Typed,
    ) -> Typed {
        let list = self.expr(&each.list);
        let list = self.not_null(list, "`each` goes over a list");
        let Ok(items) = list.ty.items() else {
            let message = format!("`each` goes over a list, but this is {}", list.ty);
            self.note(&codes::WRONG_KIND, list.span(), message);
            return Typed::unknown(span);
        };
        let names = self.known.len();
        let origin = list.origin.clone().map(|mut read| {
            if !read.path.ends_with("[]") {
                read.path.push_str("[]");
            }
            read
        });
        let item = self.declare(&each.item.text, items, false, origin, None);
        let number = each.number.as_ref().map(|word| {
            let from_one = NumberType { integer: true, minimum: Some(Decimal::ONE), ..NumberType::default() };
            self.declare(&word.text, Type::Number(Arc::new(from_one)), false, None, None)
        });
        let mark = self.mark();
        let condition = each.condition.as_ref().map(|condition| {
            let typed = self.condition(condition);
            self.learn(condition, true);
            typed
        });
        let made = body(self, &each.body);
        self.forget(mark);
        self.leave(names);
        let source = list.ty.as_array();
        let keeps = each.condition.is_none() && !made.absent;
        let ty = Type::Array(Arc::new(ArrayType {
            items: made.ty,
            prefix: Vec::new(),
            min_items: source.and_then(|list| list.min_items).filter(|_| keeps),
            max_items: source.and_then(|list| list.max_items),
        }));
        let fallible = list.fallible
            || made.fallible
            || condition.as_ref().is_some_and(|condition| condition.fallible)
            || list.ty.is_any();
        let condition = condition.map(|condition| condition.node);
        let each = program::Each { list: list.node, item, number, condition, body: made.node };
        Typed { absent: list.absent, ..Typed::new(Op::Each(Box::new(each)), span, ty).fallible(fallible) }
    }

    fn object(&mut self, block: &syntax::Block) -> Typed {
        let names = self.known.len();
        let mut made = Members::default();
        for (index, statement) in block.statements.iter().enumerate() {
            match statement {
                syntax::Statement::Let(binding) => {
                    let (slot, node) = self.binding(binding, &mut made.fallible);
                    made.statements.push(Statement::Let(slot, node));
                }
                syntax::Statement::Entry(entry) => {
                    self.once(&entry.key, made.names());
                    let value = self.expr(&entry.value);
                    made.add(entry.key.text.clone(), value);
                }
                syntax::Statement::Spread(spread) => {
                    self.spread(spread, &block.statements[index + 1..], None, &mut made);
                }
            }
        }
        self.leave(names);
        let ty = Type::object(made.fields);
        Typed::new(Op::Object(made.statements.into()), block.span, ty).fallible(made.fallible)
    }

    /// A `let`: its slot and value.
    pub(super) fn binding(&mut self, binding: &syntax::Let, fallible: &mut bool) -> (usize, Node) {
        let value = self.expr(&binding.value);
        *fallible |= value.fallible;
        let declared = Some(binding.name.span);
        let slot = self.declare(&binding.name.text, value.ty, value.absent, value.origin, declared);
        (slot, value.node)
    }

    /// Notes a key that stands in its object already.
    pub(super) fn once<'n>(&mut self, key: &syntax::Word, mut before: impl Iterator<Item = &'n Arc<str>>) {
        if before.any(|name| *name == key.text) {
            let message = format!("`{}` is given a value a second time", key.text);
            self.note(&codes::DOUBLE_ASSIGNMENT, key.span, message)
                .help
                .push("keep one of the two".to_owned());
        }
    }

    fn array(&mut self, items: &[Expr], span: crate::diagnostic::Span) -> Typed {
        let mut values: Vec<Typed> = items.iter().map(|item| self.expr(item)).collect();
        let fallible = values.iter().any(|value| value.fallible);
        for (item, value) in items.iter().zip(&values) {
            if value.absent && !says_omit(item) {
                self.note(&codes::MAYBE_ABSENT, value.span(), "this item of the list may be absent")
                    .help
                    .push("write `?? null` to keep its place, or `?? omit` to leave it out".to_owned());
            }
        }
        let least = values.iter().filter(|value| !value.absent).count();
        let all = values.len();
        let (ty, _) = self.unify(&mut values);
        // Where each item has its place, each keeps its type.
        let placed = least == all && all <= PLACED;
        let prefix = if placed { values.iter().map(|value| value.ty.clone()).collect() } else { Vec::new() };
        let items = if placed { Type::Never } else { ty };
        let list = ArrayType { items, prefix, min_items: Some(least), max_items: Some(all) };
        let nodes = values.into_iter().map(|value| value.node).collect();
        Typed::new(Op::Array(nodes), span, Type::Array(Arc::new(list))).fallible(fallible)
    }

    /// One type for several values: decimal text becomes a number where another one is a number.
    pub(super) fn unify(&mut self, values: &mut Vec<Typed>) -> (Type, bool) {
        let numbers = values.iter().any(|value| value.ty.without_null().as_number().is_some());
        if numbers {
            let converted = std::mem::take(values).into_iter();
            *values = converted
                .map(|value| if is_decimal_text(&value.ty) { to_number(value) } else { value })
                .collect();
        }
        let absent = values.iter().any(|value| value.absent);
        (Type::union(values.iter().map(|value| value.ty.clone())), absent)
    }
}

/// Whether a value is decimal text, or null.
pub(super) fn is_decimal_text(ty: &Type) -> bool {
    ty.without_null().as_text().is_some_and(|text| text.format.as_deref() == Some("decimal"))
}

/// Decimal text as a number; null stays.
pub(super) fn to_number(value: Typed) -> Typed {
    let nullable = value.nullable();
    let (span, absent, fallible) = (value.span(), value.absent, value.fallible);
    let ty = if nullable { Type::number().or_null() } else { Type::number() };
    let op = Op::ToNumber(Box::new(value.node));
    let (place, origin, currency) = (value.place, value.origin, value.currency);
    Typed { absent, place, origin, currency, ..Typed::new(op, span, ty).fallible(fallible) }
}

/// The type that holds just this number.
pub(super) fn type_of_number(number: &Number) -> Type {
    let integer = number.is_integer();
    let Some(decimal) = number.to_decimal() else {
        return Type::Number(Arc::new(NumberType { integer, ..NumberType::default() }));
    };
    Type::Number(Arc::new(NumberType {
        integer,
        minimum: Some(decimal),
        maximum: Some(decimal),
        scale: Some(decimal.normalize().scale()),
        values: Some(vec![decimal]),
        ..NumberType::default()
    }))
}

/// Whether the author says that there may be nothing: `omit`, `x ?? omit`, `if(c, x, omit)`.
pub(super) fn says_omit(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Omit => true,
        ExprKind::Binary(binary) => binary.operator == Operator::Else && says_omit(&binary.right),
        ExprKind::Match(matching) => {
            matching.arms.iter().any(|arm| says_omit(&arm.value))
                || matching.otherwise.as_ref().is_some_and(|(_, value)| says_omit(value))
        }
        ExprKind::Call(name, arguments) => {
            &*name.text == "if"
                && arguments
                    .iter()
                    .any(|argument| matches!(&argument.value, ArgumentValue::Expr(value) if says_omit(value)))
        }
        _ => false,
    }
}

//! Every form of expression: its type and its operation.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::narrow::{About, Fact};
use super::scope::{Checker, Typed};
use crate::diagnostic::codes;
use crate::mapping::program::{self, Node, Op, Statement, TextPiece};
use crate::mapping::syntax::{self, ArgumentValue, Each, Expr, ExprKind, Match, Operator, TextPart};
use crate::schema::{ArrayType, Field, NumberType, Type};
use crate::value::{Number, Value};

/// Lists of more items than this do not keep the type of each.
const PLACED: usize = 24;

impl Checker<'_> {
    /// Types and compiles an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> Typed {
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

    /// `match`, its arms checked by `arm`.
    pub(super) fn matching(
        &mut self,
        matching: &Match,
        span: crate::diagnostic::Span,
        arm: &mut dyn FnMut(&mut Checker<'_>, &Expr) -> Typed,
    ) -> Typed {
        let subject = self.expr(&matching.subject);
        let place = self.place_of(&matching.subject);
        let mut patterns = Vec::new();
        let mut values: Vec<Typed> = Vec::new();
        let mut seen: Vec<Value> = Vec::new();
        for case in &matching.arms {
            let literals: Vec<Value> = case
                .patterns
                .iter()
                .filter_map(|pattern| self.pattern(pattern, &subject.ty, &mut seen))
                .collect();
            let before = self.facts.len();
            if let Some(place) = &place {
                self.facts.push(Fact { place: place.clone(), about: About::Present });
                if !literals.contains(&Value::Null) {
                    self.facts.push(Fact { place: place.clone(), about: About::NotNull });
                }
            }
            values.push(arm(self, &case.value));
            self.facts.truncate(before);
            patterns.push(literals);
        }
        let exhaustive = self.exhaustive(matching, &subject, &seen);
        if let Some((_, otherwise)) = &matching.otherwise {
            values.push(arm(self, otherwise));
        }
        let fallible = subject.fallible || values.iter().any(|value| value.fallible) || !exhaustive;
        let (ty, absent) = self.unify(&mut values);
        let otherwise = matching.otherwise.is_some().then(|| values.pop()).flatten().map(|value| value.node);
        let arms =
            patterns.into_iter().zip(values).map(|(patterns, value)| (patterns.into(), value.node)).collect();
        // Decimal text is matched as it is written, which no case would expect: by value then.
        let subject = if is_decimal_text(&subject.ty) { to_number(subject) } else { subject };
        let matching = program::Match { subject: subject.node, arms, otherwise };
        Typed { absent, ..Typed::new(Op::Match(Box::new(matching)), span, ty).fallible(fallible) }
    }

    fn pattern(&mut self, pattern: &Expr, subject: &Type, seen: &mut Vec<Value>) -> Option<Value> {
        let typed = self.expr(pattern);
        let value = typed.constant()?.clone();
        if seen.contains(&value) {
            self.note(&codes::DEAD_BRANCH, pattern.span, "this case stands here a second time");
        }
        seen.push(value.clone());
        self.possible(&typed, subject, "matched");
        Some(value)
    }

    fn exhaustive(&mut self, matching: &Match, subject: &Typed, seen: &[Value]) -> bool {
        let covered = |ty: &Type| match ty.shape() {
            Type::Never => true,
            Type::Null => seen.contains(&Value::Null),
            Type::Boolean => seen.contains(&Value::Bool(true)) && seen.contains(&Value::Bool(false)),
            Type::Text(text) => {
                !text.extensible
                    && text.values.as_ref().is_some_and(|values| {
                        values.iter().all(|value| seen.iter().any(|seen| seen.as_str() == Some(value)))
                    })
            }
            Type::Number(number) => number.values.as_ref().is_some_and(|values| {
                values.iter().all(|value| seen.contains(&Value::Number(Number::from(*value))))
            }),
            _ => false,
        };
        let members = subject.ty.members();
        let missing: Vec<Arc<str>> = members
            .iter()
            .filter_map(|ty| ty.as_text()?.values.clone())
            .flatten()
            .filter(|value| !seen.iter().any(|seen| seen.as_str() == Some(value)))
            .collect();
        let forgotten: Vec<String> = missing
            .iter()
            // A case that only just misses it has been noted.
            .filter(|value| !self.is_meant(&codes::IMPOSSIBLE_VALUE, &format!("\"{value}\"")))
            .map(|value| format!("`\"{value}\"`"))
            .collect();
        let all = members.iter().all(covered) && !subject.absent;
        if matching.otherwise.is_some() {
            if all
                && !subject.ty.is_never()
                && let Some((span, _)) = &matching.otherwise
            {
                self.note(&codes::DEAD_BRANCH, *span, "every value has a case: `else` never takes effect");
            }
            return true;
        }
        let noted = forgotten.is_empty() && !missing.is_empty() && !subject.absent;
        if !all && !noted && !subject.ty.is_any() {
            let why = match (subject.absent, forgotten.is_empty()) {
                (true, true) => "nothing is said for when it is absent".to_owned(),
                (_, false) => format!("no case for {}", forgotten.join(", ")),
                _ => format!("the cases do not cover {}", subject.ty),
            };
            let finding =
                self.note(&codes::MATCH_NOT_EXHAUSTIVE, matching.subject.span, format!("`match`: {why}"));
            finding.help.push("add the missing cases, or `else: …`".to_owned());
        }
        if subject.ty.is_any() {
            self.note(&codes::MATCH_NOT_EXHAUSTIVE, matching.subject.span, "`match`: this can be anything")
                .help
                .push("add `else: …`".to_owned());
        }
        false
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
        let before = self.facts.len();
        let condition = each.condition.as_ref().map(|condition| {
            let typed = self.condition(condition);
            self.learn(condition, true);
            typed
        });
        let made = body(self, &each.body);
        self.facts.truncate(before);
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
        let mut fields: Vec<(Arc<str>, Field)> = Vec::new();
        let mut fallible = false;
        let mut statements = Vec::with_capacity(block.statements.len());
        for statement in &block.statements {
            match statement {
                syntax::Statement::Let(binding) => {
                    let (slot, node) = self.binding(binding, &mut fallible);
                    statements.push(Statement::Let(slot, node));
                }
                syntax::Statement::Entry(entry) => {
                    self.once(&entry.key, fields.iter().map(|(name, _)| name));
                    let value = self.expr(&entry.value);
                    fallible |= value.fallible;
                    fields.push((entry.key.text.clone(), Field { ty: value.ty, required: !value.absent }));
                    statements.push(Statement::Member(entry.key.text.clone(), value.node));
                }
            }
        }
        self.leave(names);
        Typed::new(Op::Object(statements.into()), block.span, Type::object(fields)).fallible(fallible)
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
fn says_omit(expr: &Expr) -> bool {
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

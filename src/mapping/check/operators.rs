//! Operators: no truthiness, no coercion, nothing empty decides or computes in silence.

use std::sync::Arc;

use super::arithmetic::{arithmetic_type, negated, range};
use super::expr::{is_decimal_text, to_number};
use super::scope::{Checker, Typed};
use crate::diagnostic::{Span, codes, nearest};
use crate::mapping::program::{Arithmetic, Comparison, Node, Op, Way};
use crate::mapping::syntax::{Binary, Expr, Operator, Test};
use crate::schema::Type;
use crate::value::{Number, Value};

impl Checker<'_> {
    /// A value that must be true or false.
    pub(super) fn condition(&mut self, expr: &Expr) -> Typed {
        let typed = self.expr(expr);
        if self.lenient && may_be_true(&typed.ty) {
            let fallible = typed.fallible;
            let span = typed.span();
            return Typed::new(Op::Truth(Box::new(typed.node)), span, Type::Boolean).fallible(fallible);
        }
        if !self.lenient && (typed.absent || typed.nullable()) {
            let what = if typed.absent { "absent" } else { "null" };
            let message = format!("this may be {what}, and then nothing is decided");
            self.note(&codes::NULLABLE_DECIDES, typed.span(), message)
                .help
                .push("say what then: `?? false` or `?? true`".to_owned());
            return Typed::unknown(typed.span());
        }
        match typed.ty.shape() {
            Type::Boolean | Type::Never => typed,
            Type::Any => typed.fallible(true),
            _ => {
                let message = format!("a condition is true or false, but this is {}", typed.ty);
                let status = self.known.iter().any(|known| &*known.name == "status");
                if let (true, Some(code)) = (status, typed.constant().and_then(status_code)) {
                    let help = format!("write `status == {code}`");
                    return self.wrong(&codes::CONDITION_NOT_BOOLEAN, typed.span(), message, help);
                }
                let help = match typed.ty.shape() {
                    Type::Number(_) => "compare it: `… != 0`",
                    Type::Text(_) => "compare it: `… != \"\"`",
                    Type::Array(_) => "write `count(…) > 0`",
                    _ => "write `… is present`",
                };
                self.wrong(&codes::CONDITION_NOT_BOOLEAN, typed.span(), message, help)
            }
        }
    }

    /// A value that must be there and not null, because of what it does: "stands in a text".
    pub(super) fn there(&mut self, typed: Typed, what: &str) -> Typed {
        if self.lenient || !typed.absent {
            return self.not_null(typed, what);
        }
        let message = format!("this {what}, but may be absent");
        let help = "write `?? …` for a value instead, or ask `is present` first";
        self.note(&codes::MAYBE_ABSENT, typed.span(), message).help.push(help.to_owned());
        Typed { absent: false, ty: typed.ty.without_null(), ..typed }
    }

    /// A value that must not be null.
    pub(super) fn not_null(&mut self, typed: Typed, what: &str) -> Typed {
        if self.lenient || !typed.nullable() {
            return typed;
        }
        let message = format!("this {what}, but may be null");
        let help = "write `?? …` for a value instead, or ask `is not null` first";
        self.note(&codes::MAYBE_NULL, typed.span(), message).help.push(help.to_owned());
        Typed { ty: typed.ty.without_null(), ..typed }
    }

    pub(super) fn is(&mut self, of: &Expr, test: Test, negated: bool, span: Span) -> Typed {
        let typed = self.expr(of);
        let op = match test {
            Test::Present => Op::IsPresent(Box::new(typed.node)),
            Test::Null => Op::IsNull(Box::new(typed.node)),
            Test::Kind(kind) => {
                let asked = self.is_kind(typed, kind, span);
                return if negated { inverse(asked) } else { asked };
            }
        };
        let asked = Typed::new(op, span, Type::Boolean).fallible(typed.fallible);
        if negated { inverse(asked) } else { asked }
    }

    pub(super) fn minus(&mut self, of: &Expr, span: Span) -> Typed {
        let of = self.expr(of);
        if let Some(Value::Number(number)) = of.constant()
            && let Ok(number) = number.checked_neg()
        {
            let ty = super::expr::type_of_number(&number);
            return Typed::new(Op::Value(Value::Number(number)), span, ty);
        }
        let of = self.number(of);
        let ty = Type::Number(Arc::new(negated(&range(&of.ty))));
        let fallible = of.fallible;
        Typed::new(Op::Negate(Box::new(of.node)), span, ty).fallible(fallible)
    }

    /// A value that must be a number to compute with; decimal text becomes one.
    pub(super) fn number(&mut self, typed: Typed) -> Typed {
        let typed = self.there(typed, "is computed with");
        if is_decimal_text(&typed.ty) {
            return to_number(typed);
        }
        let numbers = typed.ty.members().iter().filter(|ty| ty.as_number().is_some()).count();
        match typed.ty.shape() {
            Type::Never => typed,
            Type::Any => Typed { ty: Type::number(), ..typed }.fallible(true),
            _ if numbers == typed.ty.members().len() => typed,
            _ => {
                let message = format!("a number is needed, but this is {}", typed.ty);
                let help = match typed.ty.as_text() {
                    Some(_) => {
                        "write `decimal(…)` to read a number from text; texts are joined as `\"{a}{b}\"`"
                    }
                    None => "write a number or a path to one",
                };
                self.wrong(&codes::WRONG_KIND, typed.span(), message, help)
            }
        }
    }

    pub(super) fn binary(&mut self, binary: &Binary, span: Span) -> Typed {
        match binary.operator {
            Operator::And | Operator::Or => self.logic(binary, span),
            Operator::Else => self.otherwise(binary, span),
            Operator::In => self.is_in(binary, span),
            Operator::Add => self.arithmetic(binary, Arithmetic::Add, span),
            Operator::Subtract => self.arithmetic(binary, Arithmetic::Subtract, span),
            Operator::Multiply => self.arithmetic(binary, Arithmetic::Multiply, span),
            Operator::Divide => self.divide(binary, span),
            Operator::Remainder => self.arithmetic(binary, Arithmetic::Remainder, span),
            _ => self.comparison(binary, span),
        }
    }

    fn logic(&mut self, binary: &Binary, span: Span) -> Typed {
        let left = self.condition(&binary.left);
        let and = binary.operator == Operator::And;
        let right = self.knowing(&binary.left, and, |checker| checker.condition(&binary.right));
        let fallible = left.fallible || right.fallible;
        let sides = Box::new([left.node, right.node]);
        Typed::new(if and { Op::And(sides) } else { Op::Or(sides) }, span, Type::Boolean).fallible(fallible)
    }

    fn otherwise(&mut self, binary: &Binary, span: Span) -> Typed {
        let left = self.expr(&binary.left);
        let right = self.expr(&binary.right);
        if !left.absent && !left.ty.is_nullable() && !left.ty.is_never() {
            let message = "what stands before `??` is always there: `??` never takes effect";
            self.note(&codes::DEAD_BRANCH, binary.operator_span.to(right.span()), message);
        }
        let fallible = left.fallible || right.fallible;
        let never = left.ty.is_never() && !left.absent;
        let left = Typed { ty: without_null(&left.ty), absent: false, ..left };
        let mut values = vec![left, right];
        let (ty, absent) = self.unify(&mut values);
        // What never comes to its end, or is unknown, is not known better for what stands behind it.
        let (ty, absent) = if never { (Type::Never, false) } else { (ty, absent) };
        let sides: Vec<Node> = values.into_iter().map(|value| value.node).collect();
        let sides: Box<[Node; 2]> = Box::new(sides.try_into().expect("two sides"));
        Typed { absent, ..Typed::new(Op::Else(sides), span, ty).fallible(fallible) }
    }

    fn comparison(&mut self, binary: &Binary, span: Span) -> Typed {
        let comparison = match binary.operator {
            Operator::Equal => Comparison::Equal,
            Operator::NotEqual => Comparison::NotEqual,
            Operator::Less => Comparison::Less,
            Operator::LessOrEqual => Comparison::LessOrEqual,
            Operator::Greater => Comparison::Greater,
            _ => Comparison::GreaterOrEqual,
        };
        let (left, right) = (self.expr(&binary.left), self.expr(&binary.right));
        for side in [&left, &right] {
            if side.constant() == Some(&Value::Null) {
                let negated = if comparison == Comparison::NotEqual { "not " } else { "" };
                let help = format!("write `… is {negated}null`");
                return self.wrong(&codes::WRONG_KIND, span, "null is asked for by `is null`", help);
            }
        }
        let left = self.there(left, "is compared");
        let right = self.there(right, "is compared");
        let orders = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        self.one_currency(&left, &right, "compared with", span);
        self.both_placed(&left, &right, span);
        let (left, right, way) = self.alike(left, right, orders, span);
        let fallible =
            left.fallible || right.fallible || (orders && !self.lenient && (any(&left) || any(&right)));
        let op = Op::Compare(comparison, way, Box::new([left.node, right.node]));
        Typed::new(op, span, Type::Boolean).fallible(fallible)
    }

    /// Makes two values comparable, or says why they are not.
    fn alike(&mut self, left: Typed, right: Typed, orders: bool, span: Span) -> (Typed, Typed, Way) {
        let lenient = self.lenient;
        let left_number = left.ty.as_number().is_some() || is_decimal_text(&left.ty);
        let right_number = right.ty.as_number().is_some() || is_decimal_text(&right.ty);
        if left_number && right_number {
            let convert = |side: Typed| if is_decimal_text(&side.ty) { to_number(side) } else { side };
            return (convert(left), convert(right), Way { moments: false, lenient });
        }
        let moments = is_moment(&left.ty) && (is_moment(&right.ty) || right.constant().is_some())
            || is_moment(&right.ty) && left.constant().is_some();
        let kinds_meet = left.ty.members().iter().any(|a| {
            right.ty.members().iter().any(|b| match (a.kind(), b.kind()) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            })
        });
        if !kinds_meet {
            let message = format!("{} is compared with {}, which it can never equal", left.ty, right.ty);
            let help = match (
                left_number || right_number,
                left.ty.as_text().is_some() || right.ty.as_text().is_some(),
            ) {
                (true, true) => "write numbers without quotes, or convert: `decimal(…)`, `text(…)`",
                _ => "compare values of one kind",
            };
            self.note(&codes::WRONG_KIND, span, message).help.push(help.to_owned());
        } else if orders && !self.lenient {
            let ordered = |ty: &Type| {
                ty.members()
                    .iter()
                    .all(|ty| !matches!(ty.shape(), Type::Boolean | Type::Array(_) | Type::Object(_)))
            };
            if !ordered(&left.ty) || !ordered(&right.ty) {
                let message =
                    format!("{} has no order", if ordered(&left.ty) { &right.ty } else { &left.ty });
                self.note(&codes::WRONG_KIND, span, message)
                    .help
                    .push("compare numbers, texts or times".to_owned());
            }
        } else if !orders {
            self.possible(&right, &left.ty, "compared with");
            self.possible(&left, &right.ty, "compared with");
        }
        (left, right, Way { moments, lenient })
    }

    /// Notes a literal that is none of the values that the other side can have.
    pub(super) fn possible(&mut self, literal: &Typed, other: &Type, how: &str) {
        let Some(value) = literal.constant() else { return };
        if self.lenient {
            return;
        }
        let other_kinds = other.members();
        match value {
            Value::String(text) => {
                let mut values = Vec::new();
                for member in other_kinds {
                    match member.shape() {
                        Type::Text(text) if !text.extensible => match &text.values {
                            Some(known) => values.extend(known.iter().cloned()),
                            None => return,
                        },
                        Type::Text(_) | Type::Any | Type::Never => return,
                        _ => {}
                    }
                }
                if values.is_empty() && how == "matched" {
                    let message = format!("`\"{text}\"` is matched against {other}, which is never text");
                    self.note(&codes::IMPOSSIBLE_VALUE, literal.span(), message);
                }
                if values.is_empty() || values.contains(text) {
                    return;
                }
                let near = nearest(text, values.iter().map(|value| &**value));
                let near = near.map(|near| format!("did you mean `\"{near}\"`?"));
                let known =
                    values.iter().take(12).map(|v| format!("`\"{v}\"`")).collect::<Vec<_>>().join(", ");
                let message = format!("`\"{text}\"` is none of the values that this can have");
                let finding = self.note(&codes::IMPOSSIBLE_VALUE, literal.span(), message);
                finding.help.push(format!("it can be {known}"));
                finding.label = near;
            }
            Value::Null if how == "matched" && !other.is_nullable() && !other.is_never() => {
                self.note(&codes::IMPOSSIBLE_VALUE, literal.span(), "this can never be null");
            }
            Value::Number(_) | Value::Bool(_) if how == "matched" => {
                let kind = value.kind();
                let meets = other_kinds.iter().any(|ty| ty.kind().is_none_or(|other| other == kind));
                let decimal = kind == crate::value::Kind::Number && is_decimal_text(other);
                if !meets && !decimal {
                    let message = format!("this case is {}, but what is matched is {other}", kind.name());
                    self.note(&codes::IMPOSSIBLE_VALUE, literal.span(), message);
                }
            }
            _ => {}
        }
    }

    fn is_in(&mut self, binary: &Binary, span: Span) -> Typed {
        let left = self.expr(&binary.left);
        let left = self.there(left, "is looked for");
        let right = self.expr(&binary.right);
        let right = self.there(right, "is looked into");
        let Ok(items) = right.ty.items() else {
            let message = format!("`in` looks into a list, but this is {}", right.ty);
            return self.wrong(&codes::WRONG_KIND, right.span(), message, "write `value in [\"a\", \"b\"]`");
        };
        let left =
            if is_decimal_text(&left.ty) && items.as_number().is_some() { to_number(left) } else { left };
        if let crate::mapping::syntax::ExprKind::Array(written) = &binary.right.kind {
            for item in written {
                let findings = self.findings.len();
                let item = self.expr(item);
                self.findings.truncate(findings);
                self.possible(&item, &left.ty, "compared with");
            }
        }
        let meets = left
            .ty
            .members()
            .iter()
            .any(|a| items.members().iter().any(|b| a.kind().zip(b.kind()).is_none_or(|(a, b)| a == b)));
        if !meets {
            let message = format!("{} is looked for in a list of {items}", left.ty);
            self.note(&codes::WRONG_KIND, span, message).help.push("compare values of one kind".to_owned());
        }
        let way = Way { moments: is_moment(&left.ty) && is_moment(&items), lenient: self.lenient };
        let fallible = left.fallible || right.fallible || right.ty.is_any();
        Typed::new(Op::In(way, Box::new([left.node, right.node])), span, Type::Boolean).fallible(fallible)
    }

    fn arithmetic(&mut self, binary: &Binary, arithmetic: Arithmetic, span: Span) -> Typed {
        let left = self.expr(&binary.left);
        let right = self.expr(&binary.right);
        let (left, right) = (self.number(left), self.number(right));
        if let Arithmetic::Add | Arithmetic::Subtract = arithmetic {
            let does = if arithmetic == Arithmetic::Add { "added to" } else { "reckoned against" };
            self.one_currency(&left, &right, does, span);
        }
        let ty = arithmetic_type(arithmetic, &left.ty, &right.ty);
        let zero = right.constant().and_then(Value::as_number).is_some_and(Number::is_zero);
        if arithmetic == Arithmetic::Remainder && zero {
            return self.wrong(
                &codes::WRONG_KIND,
                right.span(),
                "division by zero",
                "divide by another number",
            );
        }
        // More than 28 digits can come out of any of them.
        Typed::new(Op::Arithmetic(arithmetic, Box::new([left.node, right.node])), span, ty).fallible(true)
    }

    fn divide(&mut self, binary: &Binary, span: Span) -> Typed {
        let left = self.expr(&binary.left);
        let right = self.expr(&binary.right);
        let (left, right) = (self.number(left), self.number(right));
        let divisor = right.constant().and_then(Value::as_number).and_then(Number::to_decimal);
        match divisor {
            Some(divisor) if divisor.is_zero() => {
                self.wrong(&codes::WRONG_KIND, right.span(), "division by zero", "divide by another number")
            }
            // Such a quotient has an end: nothing needs rounding.
            Some(divisor) if ends(divisor.normalize().mantissa().unsigned_abs()) => {
                let op = Op::Arithmetic(Arithmetic::Divide, Box::new([left.node, right.node]));
                Typed::new(op, span, Type::number()).fallible(true)
            }
            _ => {
                let help = "write `round(a / b, 2)`, with as many digits as are needed; `floor` and `ceil` round too";
                self.wrong(&codes::UNROUNDED_DIVISION, span, "a quotient may have no end", help)
            }
        }
    }
}

fn inverse(asked: Typed) -> Typed {
    let (span, fallible) = (asked.span(), asked.fallible);
    Typed::new(Op::Not(Box::new(asked.node)), span, Type::Boolean).fallible(fallible)
}

/// Whether a value can be `true`.
fn may_be_true(ty: &Type) -> bool {
    ty.members().iter().any(|ty| matches!(ty.shape(), Type::Any | Type::Never | Type::Boolean))
}

/// The status of an answer that stands where a condition is wanted: `404`, `"404"`.
fn status_code(value: &Value) -> Option<u16> {
    let text = match value {
        Value::String(text) => text.to_string(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    text.parse().ok().filter(|code| (100..600).contains(code))
}

/// Without null; what can be anything stays that.
fn without_null(ty: &Type) -> Type {
    if ty.is_any() { ty.clone() } else { ty.without_null() }
}

fn any(typed: &Typed) -> bool {
    typed.ty.is_any()
}

fn is_moment(ty: &Type) -> bool {
    ty.as_text().is_some_and(|text| text.format.as_deref() == Some("date-time"))
}

/// Whether dividing by it always ends: no prime factors but 2 and 5.
fn ends(mut divisor: u128) -> bool {
    for prime in [2, 5] {
        while divisor > 0 && divisor.is_multiple_of(prime) {
            divisor /= prime;
        }
    }
    divisor == 1
}

//! The forms that look like functions: `if`, `try`, `reject`, `query`, and rounded quotients.

use std::sync::Arc;

use super::scope::{Checker, Typed};
use crate::diagnostic::{Severity, Span, codes, nearest};
use crate::mapping::program::{self, Node, Op};
use crate::mapping::query::Query;
use crate::mapping::syntax::{Argument, ArgumentValue, Expr, ExprKind, Operator, TextPart, Word};
use crate::schema::{NumberType, Type};
use crate::value::{Number, Rounding, Value};

impl Checker<'_> {
    pub(super) fn form(&mut self, name: &Word, arguments: &[Argument], span: Span) -> Option<Typed> {
        Some(match &*name.text {
            "if" => match self.plain(arguments) {
                Some([condition, value, otherwise]) => {
                    self.choice(condition, value, otherwise, span, &mut |checker, expr| checker.expr(expr))
                }
                _ => self.wrong_form(name, "if(condition, value, otherwise)"),
            },
            "try" => match self.plain(arguments) {
                Some([value, otherwise]) => self.try_value(value, otherwise, span),
                _ => self.wrong_form(name, "try(value, otherwise)"),
            },
            "reject" => self.reject(name, arguments, span),
            "query" => self.query(name, arguments, span),
            _ => return None,
        })
    }

    fn wrong_form(&mut self, name: &Word, form: &str) -> Typed {
        let message = format!("`{}` does not take these arguments", name.text);
        self.wrong(&codes::WRONG_ARGUMENTS, name.span, message, format!("write `{form}`"))
    }

    /// Exactly so many arguments, none by name.
    pub(super) fn plain<'s, const N: usize>(&self, arguments: &'s [Argument]) -> Option<[&'s Expr; N]> {
        let plain: Option<Vec<&Expr>> = arguments
            .iter()
            .map(|argument| match (&argument.name, &argument.value) {
                (None, ArgumentValue::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect();
        plain?.try_into().ok()
    }

    /// `if`, its branches checked by `branch`.
    pub(super) fn choice(
        &mut self,
        condition: &Expr,
        value: &Expr,
        otherwise: &Expr,
        span: Span,
        branch: &mut dyn FnMut(&mut Checker<'_>, &Expr) -> Typed,
    ) -> Typed {
        let before = self.findings.len();
        let asked = self.condition(condition);
        let asks = self.findings.len();
        if let Some(Value::Bool(truth)) = asked.constant() {
            let message = format!("this is always {truth}");
            self.note(&codes::DEAD_BRANCH, asked.span(), message);
        }
        let value = self.knowing(condition, true, |checker| branch(checker, value));
        let otherwise = self.knowing(condition, false, |checker| branch(checker, otherwise));
        if self.findings[before..asks].iter().any(|finding| finding.severity() == Severity::Error) {
            self.forget_empty(asks);
        }
        let fallible = asked.fallible || value.fallible || otherwise.fallible;
        let mut values = vec![value, otherwise];
        let (ty, absent) = self.unify(&mut values);
        let mut nodes = values.into_iter().map(|value| value.node);
        let (Some(value), Some(otherwise)) = (nodes.next(), nodes.next()) else {
            return Typed::unknown(span);
        };
        let op = Op::If(Box::new([asked.node, value, otherwise]));
        Typed { absent, ..Typed::new(op, span, ty).fallible(fallible) }
    }

    fn try_value(&mut self, value: &Expr, otherwise: &Expr, span: Span) -> Typed {
        let value = self.caught(|checker| checker.expr(value));
        let otherwise = self.expr(otherwise);
        if !value.fallible && !value.ty.is_any() && !value.ty.is_never() {
            self.note(&codes::DEAD_BRANCH, span, "this cannot fail: `try` never takes effect")
                .help
                .push("`try` is for errors; for what is absent or null write `??`".to_owned());
        }
        let fallible = otherwise.fallible;
        let mut values = vec![value, otherwise];
        let (ty, absent) = self.unify(&mut values);
        let nodes: Vec<Node> = values.into_iter().map(|value| value.node).collect();
        let sides: Box<[Node; 2]> = Box::new(nodes.try_into().expect("two sides"));
        Typed { absent, ..Typed::new(Op::Try(sides), span, ty).fallible(fallible) }
    }

    fn reject(&mut self, name: &Word, arguments: &[Argument], span: Span) -> Typed {
        let form = "reject(\"code\", \"text\")";
        let mut texts = Vec::new();
        let mut facts: Vec<(Arc<str>, Node)> = Vec::new();
        for argument in arguments {
            match (&argument.name, &argument.value) {
                (None, ArgumentValue::Expr(expr)) => texts.push(expr),
                (Some(word), ArgumentValue::Expr(expr)) => {
                    self.once(word, facts.iter().map(|(name, _)| name));
                    let value = self.expr(expr);
                    facts.push((word.text.clone(), value.node));
                }
                _ => return self.wrong_form(name, form),
            }
        }
        let [code, text] = texts.as_slice() else { return self.wrong_form(name, form) };
        let Some(code) = self.rejection(code) else { return Typed::unknown(span) };
        self.shown(&code, &facts, name.span);
        let text = self.expr(text);
        let text = self.there(text, "is the text of a rejection");
        if !text.ty.members().iter().all(|ty| matches!(ty.shape(), Type::Text(_) | Type::Any | Type::Never)) {
            let message = format!("the text of a rejection is text, but this is {}", text.ty);
            return self.wrong(&codes::WRONG_KIND, text.span(), message, format!("write `{form}`"));
        }
        let reject = program::Reject { code, text: text.node, facts: facts.into() };
        Typed::new(Op::Reject(Box::new(reject)), span, Type::Never).fallible(true)
    }

    /// Every fact that the customer's text shows must be given.
    fn shown(&mut self, code: &Arc<str>, facts: &[(Arc<str>, Node)], at: Span) {
        let shown = self.environment.rejections.get(code).into_iter().flatten();
        for fact in shown.filter(|fact| !facts.iter().any(|(given, _)| given == *fact)) {
            let message =
                format!("the text of `{code}` shows `{{{fact}}}`, and this `reject` does not give it");
            let help = format!(
                "give it behind the text: `reject(\"{code}\", \"…\", {fact}: …)`; only the text in exceptions.yaml is for customers"
            );
            self.note(&codes::UNKNOWN_PLACEHOLDER, at, message).help.push(help);
        }
    }

    /// The code of a rejection: written out, and declared.
    fn rejection(&mut self, expr: &Expr) -> Option<Arc<str>> {
        let Some(code) = literal(expr) else {
            let message = "the code of a rejection is written out, in quotes";
            let code = match &expr.kind {
                ExprKind::Name(name) => name.to_string(),
                _ => "code".to_owned(),
            };
            let help = format!("write `reject(\"{code}\", \"text\")`");
            self.note(&codes::WRONG_ARGUMENTS, expr.span, message).help.push(help);
            return None;
        };
        let declared = self.environment.rejections;
        if declared.contains_key(code) {
            return Some(code.into());
        }
        let near =
            nearest(code, declared.keys().map(|code| &**code)).map(|near| format!("did you mean `{near}`?"));
        let message = format!("no rejection is called `{code}`");
        let finding = self.note(&codes::UNKNOWN_REJECTION, expr.span, message);
        finding.label = near;
        finding.help.push(format!("declare `{code}` under `rejections` in exceptions.yaml"));
        None
    }

    fn query(&mut self, name: &Word, arguments: &[Argument], span: Span) -> Typed {
        let form = "query(value, \"$..path\")";
        let (value, text) = match self.plain(arguments) {
            Some([value, text]) => (self.expr(value), text),
            None => match self.plain(arguments) {
                // With one name in scope there is only one thing to look into.
                Some([text]) if self.known.len() == 1 => {
                    let only = self.known[0].name.clone();
                    (self.name(&only, name.span), text)
                }
                _ => return self.wrong_form(name, form),
            },
        };
        let Some(path) = literal(text) else {
            let message = "a query is written out, so that it can be read beforehand";
            return self.wrong(&codes::WRONG_ARGUMENTS, text.span, message, format!("write `{form}`"));
        };
        match Query::compile(path) {
            Ok(query) => {
                let fallible = value.fallible;
                let op = Op::Query(Box::new(value.node), query);
                Typed::new(op, span, Type::list(Type::Any)).fallible(fallible)
            }
            Err(why) => {
                let message = format!("`{path}` cannot be read: {why}");
                self.wrong(
                    &codes::BAD_QUERY,
                    text.span,
                    message,
                    "write a query such as `$.lines[*].sku` or `$..sku`",
                )
            }
        }
    }

    /// `round(a / b, places, mode)`, `floor(a / b)`, `ceil(a / b)`: the exact quotient rounded once.
    pub(super) fn rounded_quotient(
        &mut self,
        name: &Word,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Typed> {
        let mode = match &*name.text {
            "round" => None,
            "floor" => Some(Rounding::Floor),
            "ceil" => Some(Rounding::Ceiling),
            _ => return None,
        };
        let (first, rest) = arguments.split_first()?;
        let (None, ArgumentValue::Expr(Expr { kind: ExprKind::Binary(binary), .. })) =
            (&first.name, &first.value)
        else {
            return None;
        };
        if binary.operator != Operator::Divide {
            return None;
        }
        let (mut places, mut written) = (None, None);
        for (at, argument) in rest.iter().enumerate() {
            let ArgumentValue::Expr(expr) = &argument.value else { return None };
            let position =
                argument.name.as_ref().map_or(if at == 0 { "places" } else { "mode" }, |word| &word.text);
            match position {
                "places" if mode.is_none() => places = Some(expr),
                "mode" if mode.is_none() => written = Some(expr),
                _ => return None,
            }
        }
        let mode = match (mode, written) {
            (Some(mode), _) => mode,
            (None, None) => Rounding::HalfEven,
            (None, Some(expr)) => match &expr.kind {
                ExprKind::Name(symbol) => Rounding::from_symbol(symbol)?,
                _ => return None,
            },
        };
        let zero = program::Node { op: Op::Value(Value::from(0)), span };
        let (places, scale) = match places {
            Some(expr) => {
                let typed = self.expr(expr);
                let scale = typed.constant().and_then(Value::as_number).and_then(|number| number.to_i64());
                (self.number(typed).node, scale.and_then(|scale| u32::try_from(scale).ok()))
            }
            None => (zero, Some(0)),
        };
        let left = self.expr(&binary.left);
        let right = self.expr(&binary.right);
        let (left, right) = (self.number(left), self.number(right));
        let scale = scale.filter(|scale| *scale <= 28);
        let ty =
            Type::Number(Arc::new(NumberType { integer: scale == Some(0), scale, ..NumberType::default() }));
        let divisor = right.constant().and_then(Value::as_number);
        if divisor.is_none_or(Number::is_zero) || scale.is_none() {
            self.may_fail(&name.text, span);
        }
        let op = Op::Quotient(mode, Box::new([left.node, right.node, places]));
        Some(Typed::new(op, span, ty).fallible(true))
    }
}

/// A text without values in it.
fn literal(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Text(parts) => match parts.as_slice() {
            [TextPart::Literal(text)] => Some(text),
            [] => Some(""),
            _ => None,
        },
        _ => None,
    }
}

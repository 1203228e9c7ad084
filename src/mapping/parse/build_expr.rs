//! Grammar pairs to expressions.

use std::sync::LazyLock;

use pest::iterators::{Pair, Pairs};
use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::{Place, Rule};
use crate::diagnostic::{Code, Diagnostic, Span, codes};
use crate::mapping::syntax::{
    Argument, ArgumentValue, Binary, Each, Expr, ExprKind, Operator, PathStep, Test, TextPart, Word,
};
use crate::value::{Kind, Number};

/// Operators and brackets inside each other, at most: what walks the tree recurses so deep.
const DEPTH: usize = 100;

static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    let comparisons = left(Rule::equal)
        | left(Rule::not_equal)
        | left(Rule::less)
        | left(Rule::less_or_equal)
        | left(Rule::greater)
        | left(Rule::greater_or_equal)
        | left(Rule::in_list)
        | Op::postfix(Rule::is_test);
    PrattParser::new()
        .op(left(Rule::or))
        .op(left(Rule::and))
        .op(Op::prefix(Rule::not))
        .op(comparisons)
        .op(Op::infix(Rule::else_value, Assoc::Right))
        .op(left(Rule::add) | left(Rule::subtract))
        .op(left(Rule::multiply) | left(Rule::divide) | left(Rule::remainder))
        .op(Op::prefix(Rule::minus))
});

/// Turns pairs into the syntax tree and notes what the grammar cannot see.
pub(super) struct Builder<'f> {
    pub place: Place,
    pub findings: &'f mut Vec<Diagnostic>,
}

/// The children that carry meaning: not punctuation.
pub(super) fn inner(pair: Pair<'_, Rule>) -> impl Iterator<Item = Pair<'_, Rule>> {
    pair.into_inner().filter(|pair| {
        !matches!(
            pair.as_rule(),
            Rule::newline
                | Rule::comma
                | Rule::colon
                | Rule::dot
                | Rule::bar
                | Rule::assign
                | Rule::arrow
                | Rule::quote
                | Rule::open_paren
                | Rule::close_paren
                | Rule::open_brace
                | Rule::close_brace
                | Rule::open_bracket
                | Rule::close_bracket
                | Rule::kw_match
                | Rule::kw_each
                | Rule::kw_as
                | Rule::kw_at
                | Rule::kw_where
                | Rule::kw_let
                | Rule::kw_def
                | Rule::ellipsis
        )
    })
}

impl Builder<'_> {
    /// An expression; one that is too deep is noted and replaced.
    pub(super) fn expr(&mut self, pair: Pair<'_, Rule>) -> Expr {
        self.deep_expr(pair).0
    }

    /// The expression and how deep it is.
    pub(super) fn deep_expr(&mut self, pair: Pair<'_, Rule>) -> (Expr, usize) {
        let span = self.place.of(&pair);
        let pairs = pair.into_inner();
        self.operators(pairs, span)
    }

    fn operators(&mut self, pairs: Pairs<'_, Rule>, span: Span) -> (Expr, usize) {
        let too_deep = (Expr { kind: ExprKind::Number(Number::Integer(0)), span }, 0);
        // The Pratt parser recurses for each operator, so that they are counted before.
        if pairs.clone().filter(|pair| pair.as_rule() != Rule::operand).count() > DEPTH {
            self.too_deep(span);
            return too_deep;
        }
        let (expr, depth) = self.by_precedence(pairs);
        if depth <= DEPTH {
            return (expr, depth);
        }
        self.too_deep(span);
        too_deep
    }

    fn too_deep(&mut self, span: Span) {
        self.note(&codes::TOO_COMPLEX, span, format!("more than {DEPTH} operators inside each other"))
            .help
            .push("give a part a name of its own with `let`".to_owned());
    }

    fn by_precedence(&mut self, pairs: Pairs<'_, Rule>) -> (Expr, usize) {
        // The Pratt parser holds one closure per form, so the builder is shared through a cell.
        let this = std::cell::RefCell::new(self);
        PRECEDENCE
            .map_primary(|pair| this.borrow_mut().operand(pair))
            .map_prefix(|operator, (of, depth)| {
                let span = this.borrow().place.of(&operator).to(of.span);
                let of = Box::new(of);
                let not = operator.as_rule() == Rule::not;
                let kind = if not { ExprKind::Not(of) } else { ExprKind::Minus(of) };
                (Expr { kind, span }, depth + 1)
            })
            .map_postfix(|(of, depth), test| {
                let span = of.span.to(this.borrow().place.of(&test));
                let negated = test.clone().into_inner().any(|pair| pair.as_rule() == Rule::kw_not);
                let test = test.into_inner().last().map_or(Test::Present, |word| test_of(&word));
                (Expr { kind: ExprKind::Is { of: Box::new(of), test, negated }, span }, depth + 1)
            })
            .map_infix(|(left, left_depth), operator, (right, right_depth)| {
                let span = left.span.to(right.span);
                let operator_span = this.borrow().place.of(&operator);
                let operator = infix(operator.as_rule());
                let binary = Box::new(Binary { left, operator, operator_span, right });
                (Expr { kind: ExprKind::Binary(binary), span }, left_depth.max(right_depth) + 1)
            })
            .parse(pairs)
    }

    pub(super) fn note(&mut self, code: &'static Code, span: Span, message: String) -> &mut Diagnostic {
        self.findings.push(Diagnostic::new(code, span, message));
        self.findings.last_mut().expect("just pushed")
    }

    fn operand(&mut self, pair: Pair<'_, Rule>) -> (Expr, usize) {
        let span = self.place.of(&pair);
        let mut pairs = pair.into_inner();
        let primary = pairs.next().expect("the grammar gives an operand its primary");
        let (of, depth) = self.primary(primary);
        let steps: Vec<PathStep> = pairs.map(|step| self.step(step)).collect();
        if steps.is_empty() {
            return (of, depth);
        }
        (Expr { kind: ExprKind::Path(Box::new(of), steps), span }, depth + 1)
    }

    fn step(&mut self, pair: Pair<'_, Rule>) -> PathStep {
        let span = self.place.of(&pair);
        let rule = pair.as_rule();
        match inner(pair).next() {
            Some(name) if rule == Rule::field_step => PathStep::Field(self.word(&name)),
            Some(position) => match position.as_str().parse() {
                Ok(position) => PathStep::Item(position, span),
                Err(_) => {
                    self.note(&codes::SYNTAX_ERROR, span, "the position is too large".to_owned());
                    PathStep::Item(0, span)
                }
            },
            None => PathStep::Items(span),
        }
    }

    /// A name, or a name in quotes without them.
    pub(super) fn word(&mut self, pair: &Pair<'_, Rule>) -> Word {
        let text = pair.as_str();
        let span = self.place.of(pair);
        let text = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(quoted) => self.unescape(quoted, span),
            None => text.to_owned(),
        };
        Word { text: text.into(), span }
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> (Expr, usize) {
        let span = self.place.of(&pair);
        let (kind, depth) = match pair.as_rule() {
            Rule::number => (self.number(pair.as_str(), span), 0),
            Rule::text => self.text(pair),
            Rule::constant => (constant(pair.as_str()), 0),
            Rule::group => {
                let expr = inner(pair).next().expect("a group holds an expression");
                let (expr, depth) = self.deep_expr(expr);
                return (expr, depth + 1);
            }
            Rule::list => {
                let items: Vec<(Expr, usize)> = inner(pair).map(|item| self.deep_expr(item)).collect();
                let depth = items.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
                (ExprKind::Array(items.into_iter().map(|(item, _)| item).collect()), depth + 1)
            }
            Rule::object => {
                let (block, depth) = self.block(pair);
                (ExprKind::Object(block), depth + 1)
            }
            Rule::match_value => self.match_value(pair),
            Rule::each_item => self.each(pair),
            _ => self.named(pair),
        };
        (Expr { kind, span }, depth)
    }

    pub(super) fn number(&mut self, text: &str, span: Span) -> ExprKind {
        if text.len() > 1 && text.starts_with('0') && !text.starts_with("0.") {
            self.note(&codes::SYNTAX_ERROR, span, format!("`{text}` begins with a zero"))
                .help
                .push(format!("if it is an identifier, quote it: `\"{text}\"`"));
        }
        let text = text.trim_start_matches('0');
        let text =
            if text.is_empty() || text.starts_with('.') { format!("0{text}") } else { text.to_owned() };
        ExprKind::Number(Number::parse(&text).unwrap_or(Number::Integer(0)))
    }

    pub(super) fn text(&mut self, pair: Pair<'_, Rule>) -> (ExprKind, usize) {
        let (mut parts, mut deepest) = (Vec::new(), 0);
        for part in inner(pair) {
            if part.as_rule() == Rule::chunk {
                let span = self.place.of(&part);
                parts.push(TextPart::Literal(self.unescape(part.as_str(), span)));
            } else if let Some(expr) = inner(part).next() {
                let (expr, depth) = self.deep_expr(expr);
                deepest = deepest.max(depth + 1);
                parts.push(TextPart::Value(expr));
            }
        }
        (ExprKind::Text(parts), deepest)
    }

    fn unescape(&mut self, text: &str, span: Span) -> String {
        let mut plain = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (c, if c == '\\' { chars.next() } else { None }) {
                (_, Some('n')) => plain.push('\n'),
                (_, Some('t')) => plain.push('\t'),
                (_, Some('r')) => plain.push('\r'),
                (_, Some('u')) => {
                    let digits: String = chars.by_ref().take(4).collect();
                    match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                        Some(c) => plain.push(c),
                        None => {
                            self.note(&codes::SYNTAX_ERROR, span, format!("`\\u{digits}` is no character"))
                                .help
                                .push("write the character itself".to_owned());
                        }
                    }
                }
                (_, Some(escaped)) => plain.push(escaped),
                (c, None) => plain.push(c),
            }
        }
        plain
    }

    fn each(&mut self, pair: Pair<'_, Rule>) -> (ExprKind, usize) {
        let mut pairs = inner(pair);
        let (list, mut deepest) = self.deep_expr(pairs.next().expect("each has a list"));
        let item = self.word(&pairs.next().expect("each has a name"));
        let (mut number, mut condition, mut body) = (None, None, None);
        for part in pairs {
            let span = self.place.of(&part);
            match part.as_rule() {
                Rule::at_clause => number = inner(part).next().map(|name| self.word(&name)),
                Rule::where_clause => {
                    let (expr, depth) = self.deep_expr(inner(part).next().expect("where has a condition"));
                    deepest = deepest.max(depth);
                    condition = Some(expr);
                }
                _ => {
                    let (block, depth) = self.block(part);
                    deepest = deepest.max(depth);
                    body = Some(Expr { kind: ExprKind::Object(block), span });
                }
            }
        }
        let body = body.expect("each has a body");
        (ExprKind::Each(Box::new(Each { list, item, number, condition, body })), deepest + 1)
    }

    fn named(&mut self, pair: Pair<'_, Rule>) -> (ExprKind, usize) {
        let mut pairs = inner(pair);
        let name = self.word(&pairs.next().expect("a name"));
        let Some(arguments) = pairs.next() else { return (ExprKind::Name(name.text), 0) };
        let mut deepest = 0;
        let arguments = inner(arguments).map(|argument| self.argument(argument, &mut deepest)).collect();
        (ExprKind::Call(name, arguments), deepest + 1)
    }

    fn argument(&mut self, pair: Pair<'_, Rule>, deepest: &mut usize) -> Argument {
        let span = self.place.of(&pair);
        let form = inner(pair).next().expect("an argument has a form");
        let rule = form.as_rule();
        if rule == Rule::expr {
            let (expr, depth) = self.deep_expr(form);
            *deepest = (*deepest).max(depth);
            return Argument { name: None, value: ArgumentValue::Expr(expr), span };
        }
        let mut pairs = inner(form);
        let word = self.word(&pairs.next().expect("a name"));
        let (expr, depth) = self.deep_expr(pairs.next().expect("a value"));
        *deepest = (*deepest).max(depth);
        if rule == Rule::lambda {
            return Argument {
                name: None,
                value: ArgumentValue::Lambda { parameter: word, body: expr },
                span,
            };
        }
        Argument { name: Some(word), value: ArgumentValue::Expr(expr), span }
    }
}

fn test_of(word: &Pair<'_, Rule>) -> Test {
    match word.as_rule() {
        Rule::kw_null => Test::Null,
        Rule::kind => Test::Kind(kind(word.as_str())),
        _ => Test::Present,
    }
}

/// The kind that a word behind `is` means.
pub(super) fn kind(word: &str) -> Kind {
    match word.trim() {
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "list" => Kind::Array,
        "object" => Kind::Object,
        _ => Kind::String,
    }
}

pub(super) fn constant(word: &str) -> ExprKind {
    match word {
        "true" => ExprKind::Boolean(true),
        "false" => ExprKind::Boolean(false),
        "null" => ExprKind::Null,
        _ => ExprKind::Omit,
    }
}

fn infix(rule: Rule) -> Operator {
    match rule {
        Rule::or => Operator::Or,
        Rule::and => Operator::And,
        Rule::equal => Operator::Equal,
        Rule::not_equal => Operator::NotEqual,
        Rule::less => Operator::Less,
        Rule::less_or_equal => Operator::LessOrEqual,
        Rule::greater => Operator::Greater,
        Rule::greater_or_equal => Operator::GreaterOrEqual,
        Rule::in_list => Operator::In,
        Rule::else_value => Operator::Else,
        Rule::add => Operator::Add,
        Rule::subtract => Operator::Subtract,
        Rule::multiply => Operator::Multiply,
        Rule::divide => Operator::Divide,
        _ => Operator::Remainder,
    }
}

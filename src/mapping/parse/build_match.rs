//! Grammar pairs to `match`: cases and their patterns.

use pest::iterators::Pair;

use super::Rule;
use super::build_expr::{Builder, constant, inner, kind};
use crate::diagnostic::codes;
use crate::mapping::syntax::{Arm, Expr, ExprKind, Match, Pattern, PatternKind, TextPart};

impl Builder<'_> {
    /// A `match`, and how deep it is.
    pub(super) fn match_value(&mut self, pair: Pair<'_, Rule>) -> (ExprKind, usize) {
        let mut pairs = inner(pair);
        let (subject, mut deepest) = self.deep_expr(pairs.next().expect("a match has a subject"));
        let (mut arms, mut otherwise) = (Vec::new(), None);
        for arm in pairs {
            let mut parts = inner(arm);
            let head = parts.next().expect("an arm has a head");
            let (value, depth) = self.deep_expr(parts.next().expect("an arm has a value"));
            deepest = deepest.max(depth);
            let span = self.place.of(&head);
            if head.as_rule() == Rule::patterns {
                let patterns = inner(head).map(|pattern| self.pattern(pattern)).collect();
                arms.push(Arm { patterns, value });
            } else if otherwise.replace((span, value)).is_some() {
                self.note(&codes::SYNTAX_ERROR, span, "a second `else`".to_owned());
            }
        }
        (ExprKind::Match(Box::new(Match { subject, arms, otherwise })), deepest + 1)
    }

    fn pattern(&mut self, pair: Pair<'_, Rule>) -> Pattern {
        let span = self.place.of(&pair);
        let form = inner(pair).next().expect("a pattern has a form");
        let kind = match form.as_rule() {
            Rule::kind_pattern => {
                let word = form.into_inner().last().expect("`is` has a kind behind it");
                PatternKind::Kind(kind(word.as_str()))
            }
            Rule::range => self.range(form),
            Rule::bound => PatternKind::Literal(self.bound(form)),
            _ => PatternKind::Literal(Expr { kind: constant(form.as_str().trim_end()), span }),
        };
        Pattern { kind, span }
    }

    fn range(&mut self, pair: Pair<'_, Rule>) -> PatternKind {
        let (mut low, mut high, mut behind) = (None, None, false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::to_mark => behind = true,
                _ if behind => high = Some(self.bound(part)),
                _ => low = Some(self.bound(part)),
            }
        }
        PatternKind::Range(low, high)
    }

    /// A text or number as it stands in a pattern.
    fn bound(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.place.of(&pair);
        let negative = pair.as_str().starts_with('-');
        let literal = pair.into_inner().last().expect("a pattern has a literal");
        let kind = match literal.as_rule() {
            Rule::number => self.number(literal.as_str(), span),
            _ => self.text(literal).0,
        };
        let kind = match kind {
            ExprKind::Number(number) if negative => ExprKind::Number(number.checked_neg().unwrap_or(number)),
            kind => kind,
        };
        if matches!(&kind, ExprKind::Text(parts) if parts.iter().any(|part| matches!(part, TextPart::Value(_))))
        {
            self.note(&codes::SYNTAX_ERROR, span, "a case is a plain value".to_owned())
                .help
                .push("write `\\{` for the character `{`, or use `if(...)`".to_owned());
        }
        Expr { kind, span }
    }
}

//! `match`: what each case takes, what is known inside it, and what is left over.

use super::cover::{self, Case, Cover};
use super::expr::{is_decimal_text, to_number};
use super::narrow::About;
use super::scope::{Checker, Place, Typed};
use crate::diagnostic::{Span, codes};
use crate::mapping::pattern::Pattern;
use crate::mapping::program::{self, Op};
use crate::mapping::syntax::{self, Expr, Match, PatternKind};
use crate::schema::Type;
use crate::value::{Kind, Value};

/// So many stretches that no case takes are listed.
const LISTED: usize = 6;

/// A subject and what its cases have taken so far.
pub(super) struct Subject {
    pub ty: Type,
    /// All of it, for cases that it can never have.
    pub whole: Cover,
    left: Cover,
    /// Where it comes from, when it is a plain path.
    place: Option<Place>,
    /// Whether a case is a range: then stretches are listed.
    has_ranges: bool,
    /// Whether a case is a kind: then what can be anything is a matter of kinds.
    has_kinds: bool,
    seen: Vec<Value>,
}

impl Checker<'_> {
    /// `match`, its arms checked by `arm`.
    pub(super) fn matching(
        &mut self,
        matching: &Match,
        span: Span,
        arm: &mut dyn FnMut(&mut Checker<'_>, &Expr) -> Typed,
    ) -> Typed {
        let typed = self.expr(&matching.subject);
        // Decimal text is matched as it is written, which no case would expect: by value then.
        let decimal = is_decimal_text(&typed.ty);
        let typed = if decimal { to_number(typed) } else { typed };
        let place = self.place_of(&matching.subject).filter(|_| !decimal);
        let whole = Cover::of(&typed.ty);
        let ty = typed.ty.clone();
        let left = whole.clone();
        let mut subject =
            Subject { ty, left, whole, place, has_ranges: false, has_kinds: false, seen: Vec::new() };
        let mut patterns = Vec::new();
        let mut values: Vec<Typed> = Vec::new();
        for case in &matching.arms {
            let cases: Vec<(Case, Pattern)> =
                case.patterns.iter().filter_map(|pattern| self.case(pattern, &mut subject)).collect();
            let (cases, compiled): (Vec<Case>, Vec<Pattern>) = cases.into_iter().unzip();
            let mark = self.mark();
            self.learn_cases(matching, &subject, &cases);
            values.push(arm(self, &case.value));
            self.forget(mark);
            patterns.push(compiled);
        }
        let exhaustive = self.exhaustive(matching, &typed, &subject);
        if let Some((_, otherwise)) = &matching.otherwise {
            let mark = self.mark();
            self.learn_rest(&subject);
            values.push(arm(self, otherwise));
            self.forget(mark);
        }
        let fallible = typed.fallible || values.iter().any(|value| value.fallible) || !exhaustive;
        let (ty, absent) = self.unify(&mut values);
        let otherwise = matching.otherwise.is_some().then(|| values.pop()).flatten().map(|value| value.node);
        let arms =
            patterns.into_iter().zip(values).map(|(patterns, value)| (patterns.into(), value.node)).collect();
        let matching = program::Match { subject: typed.node, arms, otherwise };
        Typed { absent, ..Typed::new(Op::Match(Box::new(matching)), span, ty).fallible(fallible) }
    }

    /// What is known where one of `cases` has taken the subject.
    fn learn_cases(&mut self, matching: &Match, subject: &Subject, cases: &[Case]) {
        let null = cases.iter().any(|case| matches!(case, Case::Value(Value::Null) | Case::Kind(Kind::Null)));
        if let Some(place) = self.place_of(&matching.subject) {
            self.learn_about(&place, About::Present);
            if !null {
                self.learn_about(&place, About::NotNull);
            }
        }
        if let Some(place) = subject.place.as_ref().filter(|_| !cases.is_empty()) {
            self.learn_type(place, &cover::taken(&subject.ty, cases), false);
        }
    }

    /// What is known where no case has taken the subject.
    fn learn_rest(&mut self, subject: &Subject) {
        if let Some(place) = subject.place.as_ref().filter(|_| !subject.ty.is_any()) {
            self.learn_type(place, &subject.left.ty(), true);
        }
    }

    /// A case, and what it is when it runs; what it can never take is noted.
    fn case(&mut self, pattern: &syntax::Pattern, subject: &mut Subject) -> Option<(Case, Pattern)> {
        let found = self.findings.len();
        let (case, compiled) = match &pattern.kind {
            PatternKind::Literal(literal) => {
                let typed = self.expr(literal);
                let value = typed.constant()?.clone();
                self.possible(&typed, &subject.ty, "matched");
                (Case::Value(value.clone()), Pattern::Value(value))
            }
            PatternKind::Kind(kind) => {
                subject.has_kinds = true;
                (Case::Kind(*kind), Pattern::Kind(*kind))
            }
            PatternKind::Range(low, high) => {
                subject.has_ranges = true;
                self.range(low.as_ref(), high.as_ref(), pattern.span, subject)?
            }
        };
        let said = self.findings.len() > found;
        let again = matches!(&case, Case::Value(value) if subject.seen.contains(value));
        let can = subject.ty.is_never() || subject.whole.has(&case);
        let takes = !again && (subject.ty.is_never() || subject.left.take(&case));
        if !said && !can {
            self.impossible(&case, pattern.span, subject);
        } else if !said && !takes {
            let message = match &case {
                Case::Value(_) if again => "this case stands here a second time",
                Case::Value(_) => "a case before this one takes this value already",
                _ => "the cases before this one take all that it could take",
            };
            self.note(&codes::DEAD_CASE, pattern.span, message)
                .help
                .push("the first case that fits is taken: remove this one, or move it up".to_owned());
        }
        if let Case::Value(value) = &case {
            subject.seen.push(value.clone());
        }
        Some((case, compiled))
    }

    fn impossible(&mut self, case: &Case, span: Span, subject: &Subject) {
        let message = match case {
            Case::Kind(kind) => format!("this is never {}: it is {}", kind_words(*kind), subject.ty),
            Case::Range(..) => format!("no value lies in this range: {}", can_be(subject)),
            Case::Value(_) => format!("this is none of the values that there can be: {}", can_be(subject)),
        };
        self.note(&codes::IMPOSSIBLE_VALUE, span, message);
    }

    /// Whether every value has a case; says what has none, when nothing stands for the rest.
    fn exhaustive(&mut self, matching: &Match, typed: &Typed, subject: &Subject) -> bool {
        let all = subject.left.is_empty() && !typed.absent;
        if let Some((span, _)) = &matching.otherwise {
            if all && !typed.ty.is_never() {
                self.note(&codes::DEAD_BRANCH, *span, "every value has a case: `else` never takes effect");
            }
            return true;
        }
        if all {
            return true;
        }
        let Some(why) = self.uncovered(typed, subject) else { return false };
        self.note(&codes::MATCH_NOT_EXHAUSTIVE, matching.subject.span, format!("`match`: {why}"))
            .help
            .push("add the missing cases, or `else: …`".to_owned());
        false
    }

    /// What has no case, in words; `None` when another finding says it.
    fn uncovered(&self, typed: &Typed, subject: &Subject) -> Option<String> {
        let over = subject.left.left_over();
        // A case that only just misses it has been noted.
        let meant = |value: &String| self.is_meant(&codes::IMPOSSIBLE_VALUE, value.trim_matches('`'));
        let mut missing: Vec<String> = over.values.into_iter().filter(|value| !meant(value)).collect();
        if subject.has_ranges {
            missing.extend(over.stretches.into_iter().take(LISTED));
        }
        let any = typed.ty.is_any();
        if any && !subject.has_kinds {
            return Some("this can be anything".to_owned());
        }
        let types: Vec<&Type> =
            over.types.iter().filter(|ty| !subject.has_ranges || Cover::of(ty).forms().is_empty()).collect();
        if any || (!missing.is_empty() && !types.is_empty()) {
            missing
                .extend(types.iter().filter_map(|ty| ty.kind()).map(|kind| format!("`is {}`", word(kind))));
        }
        match (missing.is_empty(), types.is_empty()) {
            (true, true) if over.later => {
                Some("a later version of the schema may add values (`x-extensible`)".to_owned())
            }
            (false, _) => Some(format!("no case for {}", missing.join(", "))),
            (true, false) => {
                let left = Type::union(types.into_iter().cloned());
                Some(format!("the cases do not cover {left}"))
            }
            (true, true) if typed.absent => Some("nothing is said for when it is absent".to_owned()),
            (true, true) => None,
        }
    }

    /// `value is text`: a `match` of two cases.
    pub(super) fn is_kind(&mut self, typed: Typed, kind: Kind, span: Span) -> Typed {
        let typed = if is_decimal_text(&typed.ty) { to_number(typed) } else { typed };
        let mut left = Cover::of(&typed.ty);
        let can = left.take(&Case::Kind(kind)) || typed.ty.is_never();
        if !can {
            let message = format!("this is never {}: it is {}", kind_words(kind), typed.ty);
            self.note(&codes::IMPOSSIBLE_VALUE, span, message);
        } else if left.is_empty() && !typed.absent && !typed.ty.is_never() {
            self.note(&codes::DEAD_BRANCH, span, format!("this is always {}", kind_words(kind)));
        }
        let value = |truth| program::Node { op: Op::Value(Value::Bool(truth)), span };
        let fallible = typed.fallible;
        let arms = [(Box::from([Pattern::Kind(kind)]), value(true))];
        let matching =
            program::Match { subject: typed.node, arms: Box::new(arms), otherwise: Some(value(false)) };
        Typed::new(Op::Match(Box::new(matching)), span, Type::Boolean).fallible(fallible)
    }
}

/// What a subject can be, in words.
fn can_be(subject: &Subject) -> String {
    let over = subject.whole.left_over();
    let can: Vec<String> = over.stretches.into_iter().chain(over.values).take(LISTED).collect();
    if can.is_empty() { format!("this is {}", subject.ty) } else { format!("it can be {}", can.join(", ")) }
}

/// The word for a kind behind `is`.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Boolean => "boolean",
        Kind::Number => "number",
        Kind::String => "text",
        Kind::Array => "list",
        Kind::Object => "object",
    }
}

/// The same in a sentence: "this is never a list".
fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Boolean => "true or false",
        Kind::Number => "a number",
        Kind::String => "text",
        Kind::Array => "a list",
        Kind::Object => "an object",
    }
}

//! Whether every value of one type is a value of another.

use std::collections::HashSet;
use std::sync::Arc;

use super::facets::{Bound, number_fits, text_fits};
use super::{ArrayType, NumberType, ObjectType, TextType, Type, display, formats, remedy};
use crate::diagnostic::nearest;
use crate::value::PointerBuf;

/// So many reasons are gathered; one is enough for most.
const REASONS: usize = 50;
/// Types are compared this deep; below it the run-time check decides.
const DEPTH: usize = 48;
/// Pairs compared in one question, so that a strange schema cannot make `check` endless.
const PAIRS: usize = 20_000;

/// What the checker can say about a value going into a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every value of the source type fits: needs no look at run time.
    Proven,
    /// Some value may not fit: looked at when it runs, and listed by `check --strict`. Why.
    AtRuntime(Vec<Mismatch>),
    /// No value fits, or one that the schema allows certainly does not (null, an absent required
    /// field, a member that the target's enum lacks): an error. Why.
    Refuted(Vec<Mismatch>),
}

/// One reason, in words, with the pointer inside the target it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// JSON Pointer into the value; `*` stands for every item of a list.
    pub pointer: String,
    /// What follows the field's name: "is text, but number is expected".
    pub message: String,
    /// Where only data can show it: what to write so that it is certain.
    pub remedy: Option<String>,
}

impl Type {
    /// Whether every value of this type is a value of `target`: proven, to be looked at when it runs,
    /// or refuted. Sound both ways: proven values validate against the target's schema.
    pub fn fits(&self, target: &Type) -> Verdict {
        let mut judge = Judge::default();
        judge.compare(self, target);
        judge.verdict()
    }
}

#[derive(Default)]
struct Judge {
    at: PointerBuf,
    depth: usize,
    pairs: usize,
    /// The source is wider than what really comes: "some value does not fit" is then only a guess.
    guess: bool,
    /// Pairs of recursive types under comparison, by address: met again, they hold.
    assumed: HashSet<(usize, usize)>,
    refuted: Vec<Mismatch>,
    runtime: Vec<Mismatch>,
}

impl Judge {
    fn verdict(self) -> Verdict {
        match (self.refuted.is_empty(), self.runtime.is_empty()) {
            (false, _) => Verdict::Refuted(self.refuted),
            (true, false) => Verdict::AtRuntime(self.runtime),
            (true, true) => Verdict::Proven,
        }
    }

    fn note(list: &mut Vec<Mismatch>, at: &PointerBuf, message: String, remedy: Option<String>) {
        if list.len() < REASONS {
            list.push(Mismatch { pointer: at.as_str().to_owned(), message, remedy });
        }
    }

    /// No value fits.
    fn never(&mut self, message: String) {
        Judge::note(&mut self.refuted, &self.at, message, None);
    }

    /// A value that the source type allows does not fit.
    fn some(&mut self, message: String) {
        let list = if self.guess { &mut self.runtime } else { &mut self.refuted };
        Judge::note(list, &self.at, message, None);
    }

    /// A value may not fit.
    fn perhaps(&mut self, message: String) {
        Judge::note(&mut self.runtime, &self.at, message, None);
    }

    /// A value may not fit, unless the author writes `remedy`.
    fn unless(&mut self, message: String, remedy: String) {
        Judge::note(&mut self.runtime, &self.at, message, Some(remedy));
    }

    fn inside(&mut self, name: &str, look: impl FnOnce(&mut Judge)) {
        let deeper = self.at.child(name);
        let outside = std::mem::replace(&mut self.at, deeper);
        look(self);
        self.at = outside;
    }

    fn guessing(&mut self, look: impl FnOnce(&mut Judge)) {
        let before = std::mem::replace(&mut self.guess, true);
        look(self);
        self.guess = before;
    }

    fn compare(&mut self, source: &Type, target: &Type) {
        self.depth += 1;
        self.pairs += 1;
        if self.depth > DEPTH || self.pairs > PAIRS {
            self.perhaps("is nested too deeply to be checked beforehand".to_owned());
        } else if !source.is_same(target) {
            self.compare_wrapped(source, target);
        }
        self.depth -= 1;
    }

    fn compare_wrapped(&mut self, source: &Type, target: &Type) {
        match (source, target) {
            (Type::Never, _) | (_, Type::Any) => {}
            (Type::Recursive(_), _) | (_, Type::Recursive(_)) => self.compare_recursive(source, target),
            (_, Type::Partial(inner)) => {
                self.compare(source, inner);
                let message = "has a schema that says more than can be checked beforehand";
                self.unless(message.to_owned(), remedy::beyond());
            }
            (Type::Partial(inner), _) => self.guessing(|judge| judge.compare(inner, target)),
            (_, Type::Never) => self.never("may not be here".to_owned()),
            (Type::Any, _) => {
                self.unless(format!("can be anything, but {target} is expected"), remedy::anything(target));
            }
            (Type::Union(members), _) => self.compare_each(members, target),
            (_, Type::Union(members)) => self.compare_any_of(source, target, members),
            _ => self.compare_plain(source, target),
        }
    }

    fn compare_recursive(&mut self, source: &Type, target: &Type) {
        let pair = (address(source), address(target));
        if !self.assumed.insert(pair) {
            return;
        }
        match (unwrap_cell(source), unwrap_cell(target)) {
            (Some(source), Some(target)) => self.compare(source, target),
            _ => self.perhaps("refers to itself without end".to_owned()),
        }
    }

    /// Every alternative of the source. Where the alternatives are a guess, only all of them together
    /// can be refuted.
    fn compare_each(&mut self, members: &[Type], target: &Type) {
        let (refuted, runtime) = (self.refuted.len(), self.runtime.len());
        let mut failing = 0;
        for member in members {
            let before = self.refuted.len();
            self.compare(member, target);
            failing += usize::from(self.refuted.len() > before);
        }
        if self.guess && failing < members.len() && self.refuted.len() > refuted {
            let moved = self.refuted.split_off(refuted);
            self.runtime.splice(runtime..runtime, moved);
        }
    }

    /// The source, which is no union, into one of several.
    fn compare_any_of(&mut self, source: &Type, target: &Type, members: &[Type]) {
        let mut best: Option<Judge> = None;
        for member in members {
            let mut trial = Judge {
                at: self.at.clone(),
                depth: self.depth,
                pairs: self.pairs,
                guess: self.guess,
                assumed: self.assumed.clone(),
                ..Judge::default()
            };
            trial.compare(source, member);
            self.pairs = trial.pairs;
            if trial.refuted.is_empty() && trial.runtime.is_empty() {
                return;
            }
            let alike = source.kind() == member.kind();
            if trial.refuted.is_empty() || (alike && best.is_none()) {
                best = Some(trial);
            }
        }
        match best {
            Some(trial) => {
                let certain = members.iter().filter(|member| member.kind() == source.kind()).count() == 1;
                // Which of several alike is meant is not known: then the first one's words do not help.
                if certain || trial.refuted.is_empty() {
                    self.refuted.extend(trial.refuted);
                    self.runtime.extend(trial.runtime);
                } else {
                    self.never(format!("is {source}, but {target} is expected"));
                }
            }
            None => self.never(format!("is {source}, but {target} is expected")),
        }
    }

    fn compare_plain(&mut self, source: &Type, target: &Type) {
        match (source, target) {
            (Type::Null, Type::Null) | (Type::Boolean, Type::Boolean) => {}
            (Type::Number(source), Type::Number(target)) => self.numbers(source, target),
            (Type::Text(source), Type::Text(target)) => self.texts(source, target),
            (Type::Array(source), Type::Array(target)) => self.arrays(source, target),
            (Type::Object(source), Type::Object(target)) => self.objects(source, target),
            (Type::Null, _) => self.some(format!("may be null, but {target} is expected")),
            _ => self.never(format!("is {source}, but {target} is expected")),
        }
    }

    fn numbers(&mut self, source: &NumberType, target: &NumberType) {
        if let Some(values) = &source.values {
            let bad: Vec<String> =
                values.iter().filter(|value| !number_fits(value, target)).map(|v| format!("`{v}`")).collect();
            return self.values(values.len(), &bad, &Type::Number(Arc::new(target.clone())));
        }
        if target.values.is_some() {
            let target = Type::Number(Arc::new(target.clone()));
            return self.unless(format!("is any number, but {target} is expected"), remedy::one_of());
        }
        if target.integer && !source.integer {
            let message = "may have a fraction, but integer is expected";
            self.unless(message.to_owned(), remedy::round(0));
        }
        self.scale(source, target);
        self.bound(source, target, Bound::Minimum);
        self.bound(source, target, Bound::Maximum);
    }

    fn scale(&mut self, source: &NumberType, target: &NumberType) {
        let Some(scale) = target.scale else { return };
        let fits = source.integer || source.scale.is_some_and(|source| source <= scale);
        if !fits && !target.integer {
            let message = format!("may have more than {scale} digits after the point: round it");
            self.unless(message, remedy::round(scale));
        }
    }

    fn bound(&mut self, source: &NumberType, target: &NumberType, bound: Bound) {
        let (limit, open) = bound.of(target);
        let Some(limit) = limit else { return };
        let word = bound.word(open);
        let (same_side, same_open) = bound.of(source);
        let kept = same_side
            .is_some_and(|value| bound.inside(value, limit) && (value != limit || !open || same_open));
        if kept {
            return;
        }
        let (other_side, other_open) = bound.other().of(source);
        let outside = other_side
            .is_some_and(|value| !bound.inside(value, limit) || (value == limit && (open || other_open)));
        let message = format!("must be {word} {limit}");
        if outside { self.never(message) } else { self.unless(message, remedy::bound(bound, limit, open)) }
    }

    fn texts(&mut self, source: &TextType, target: &TextType) {
        if let Some(values) = &source.values {
            let bad: Vec<String> =
                values.iter().filter(|value| !text_fits(value, target)).map(|v| format!("`{v}`")).collect();
            return self.values(values.len(), &bad, &Type::Text(Arc::new(target.clone())));
        }
        if target.values.is_some() {
            let target = Type::Text(Arc::new(target.clone()));
            return self.unless(format!("is any text, but {target} is expected"), remedy::one_of());
        }
        self.lengths(source, target);
        self.format(source, target);
        if target.pattern.is_some() && target.pattern != source.pattern {
            self.unless("must match the pattern of the target".to_owned(), remedy::pattern());
        }
    }

    fn lengths(&mut self, source: &TextType, target: &TextType) {
        let (shortest, longest) = source.lengths();
        if let Some(limit) = target.max_length {
            if shortest > limit {
                self.never(format!("has at least {shortest} characters, but at most {limit} are allowed"));
            } else if let Some(longest) = longest.filter(|longest| *longest > limit) {
                let message = format!("may have {longest} characters, but at most {limit} are allowed");
                self.unless(message, remedy::at_most(limit));
            } else if longest.is_none() {
                self.unless(format!("may be longer than {limit} characters"), remedy::at_most(limit));
            }
        }
        if let Some(limit) = target.min_length.filter(|limit| *limit > shortest) {
            if longest.is_some_and(|longest| longest < limit) {
                self.never(format!("has too few characters: at least {limit} are needed"));
            } else {
                let message = format!("may be shorter than {limit} {}", characters(limit));
                self.unless(message, remedy::at_least(limit));
            }
        }
    }

    fn format(&mut self, source: &TextType, target: &TextType) {
        let Some(wanted) = &target.format else { return };
        match &source.format {
            Some(format) if format == wanted => {}
            Some(format) if formats::apart(format, wanted) => {
                self.never(format!("is {format}, but {wanted} is expected"));
            }
            Some(format) => {
                self.unless(format!("is {format}, but {wanted} is expected"), remedy::format(wanted));
            }
            None => self.unless(format!("is any text, but {wanted} is expected"), remedy::format(wanted)),
        }
    }

    /// Known values, of which `bad` do not fit.
    fn values(&mut self, all: usize, bad: &[String], target: &Type) {
        if bad.is_empty() {
            return;
        }
        let listed = bad.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
        let more = if bad.len() > 6 { format!(" and {} more", bad.len() - 6) } else { String::new() };
        let verb = if all == 1 { "is" } else { "may be" };
        let (wanted, near) = display::wanted(target, bad);
        let near = near.map_or(String::new(), |near| format!(": did you mean `{near}`?"));
        let message = format!("{verb} {listed}{more}, but {wanted} is expected{near}");
        if all == bad.len() { self.never(message) } else { self.some(message) }
    }

    fn arrays(&mut self, source: &ArrayType, target: &ArrayType) {
        self.counts(source, target);
        let longest = source.max_items.unwrap_or(usize::MAX);
        let named = source.prefix.len().max(target.prefix.len());
        for index in 0..named.min(longest) {
            self.inside(&index.to_string(), |judge| judge.compare(source.at(index), target.at(index)));
        }
        if longest > named {
            self.inside("*", |judge| judge.compare(&source.items, &target.items));
        }
    }

    fn counts(&mut self, source: &ArrayType, target: &ArrayType) {
        let fewest = source.min_items.unwrap_or(0);
        if let Some(limit) =
            target.max_items.filter(|limit| source.max_items.is_none_or(|most| most > *limit))
        {
            let message = format!("may have more than {limit} items");
            if fewest > limit {
                self.never(message)
            } else {
                self.unless(message, remedy::items("maxItems", limit))
            }
        }
        if let Some(limit) = target.min_items.filter(|limit| fewest < *limit) {
            let message =
                format!("may have fewer than {limit} {}", if limit == 1 { "item" } else { "items" });
            if source.max_items.is_some_and(|most| most < limit) {
                self.never(message);
            } else {
                self.unless(message, remedy::items("minItems", limit));
            }
        }
    }

    fn objects(&mut self, source: &ObjectType, target: &ObjectType) {
        for (name, wanted) in &target.fields {
            match source.field(name) {
                Some(field) => {
                    if wanted.required && !field.required {
                        self.some(format!("may lack `{name}`, which is required"));
                    }
                    if field.required {
                        self.inside(name, |judge| judge.compare(&field.ty, &wanted.ty));
                    } else {
                        self.optional(name, &field.ty, &wanted.ty);
                    }
                }
                None => self.unnamed(source, name, &wanted.ty, wanted.required),
            }
        }
        self.further(source, target);
    }

    /// A field that may be absent: when no value of it fits, still the object without it does.
    fn optional(&mut self, name: &str, source: &Type, target: &Type) {
        let mut trial = Judge { assumed: self.assumed.clone(), ..Judge::default() };
        std::mem::swap(&mut trial.at, &mut self.at);
        (trial.depth, trial.pairs, trial.guess) = (self.depth, self.pairs, self.guess);
        trial.inside(name, |judge| judge.compare(source, target));
        std::mem::swap(&mut trial.at, &mut self.at);
        self.pairs = trial.pairs;
        let list = if self.guess { &mut self.runtime } else { &mut self.refuted };
        list.extend(trial.refuted);
        self.runtime.extend(trial.runtime);
    }

    /// A target field that the source does not name.
    fn unnamed(&mut self, source: &ObjectType, name: &str, wanted: &Type, required: bool) {
        match &source.rest {
            None if required => self.never(format!("lacks `{name}`, which is required")),
            None => {}
            Some(rest) => {
                if required {
                    let message = format!("may lack `{name}`, which is required");
                    self.unless(message, remedy::required(name));
                }
                let rest = rest.clone();
                self.guessing(|judge| judge.optional(name, &rest, wanted));
            }
        }
    }

    /// Members of the source that the target does not name.
    fn further(&mut self, source: &ObjectType, target: &ObjectType) {
        for (name, field) in source.fields.iter().filter(|(name, _)| target.field(name).is_none()) {
            match &target.rest {
                Some(rest) if field.required => {
                    self.inside(name, |judge| judge.compare(&field.ty, rest));
                }
                Some(rest) => self.optional(name, &field.ty, rest),
                None if field.ty.is_never() => {}
                None => {
                    let message = no_field(name, target);
                    if field.required { self.never(message) } else { self.some(message) }
                }
            }
        }
        match (&source.rest, &target.rest) {
            (Some(rest), Some(wanted)) => self.guessing(|judge| judge.optional("*", rest, wanted)),
            (Some(_), None) => {
                self.unless("may have fields that are not allowed".to_owned(), remedy::no_others());
            }
            (None, _) => {}
        }
    }
}

fn no_field(name: &str, target: &ObjectType) -> String {
    let of = target.name.as_deref().unwrap_or("the target");
    match nearest(name, target.fields.iter().map(|(name, _)| &**name)) {
        Some(near) => format!("has `{name}`, which is no field of {of}: did you mean `{near}`?"),
        None => format!("has `{name}`, which is no field of {of}"),
    }
}

fn characters(count: usize) -> &'static str {
    if count == 1 { "character" } else { "characters" }
}

fn address(ty: &Type) -> usize {
    match ty {
        Type::Recursive(cell) => Arc::as_ptr(cell) as usize,
        Type::Object(object) => Arc::as_ptr(object) as usize,
        Type::Array(array) => Arc::as_ptr(array) as usize,
        Type::Union(union) => Arc::as_ptr(union) as usize,
        Type::Partial(inner) => Arc::as_ptr(inner) as usize,
        Type::Number(number) => Arc::as_ptr(number) as usize,
        Type::Text(text) => Arc::as_ptr(text) as usize,
        // Small numbers are no addresses.
        Type::Any => 1,
        Type::Never => 2,
        Type::Null => 3,
        Type::Boolean => 4,
    }
}

fn unwrap_cell(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Recursive(cell) => cell.get(),
        other => Some(other),
    }
}

//! Conditions, data and bound inputs of steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::narrow::narrow;
use super::{Compiler, Taint, Typed};
use crate::config::declarations::{Data, Expression, Name};
use crate::diagnostic::{Code, Diagnostic, Span, codes, nearest};
use crate::flow::formula::Formula;
use crate::mapping::{
    Compiled, Read, Target, compile_condition, compile_data, compile_data_to, compile_expression,
    compile_expression_to, parse_expression,
};
use crate::schema::{Type, Verdict};

/// One input that something takes.
pub(in crate::flow) struct Taken<'t> {
    pub name: &'t Arc<str>,
    pub ty: &'t Type,
    pub required: bool,
}

type Findings = (Option<Compiled>, Vec<Diagnostic>);

/// What is said of values that may be absent or null.
const EMPTY: [&Code; 3] = [&codes::MAYBE_ABSENT, &codes::MAYBE_NULL, &codes::NULLABLE_DECIDES];

impl Compiler<'_> {
    /// A condition that decides what happens (`require`, `when`, `switch`): never on a cached read.
    pub fn decision(&mut self, condition: &Expression) -> Formula {
        let compiled = compile_condition(condition, &self.scope, &self.env.mapping);
        let span = condition.span;
        self.feed(&condition.text);
        let Some(compiled) = self.keep(compiled, &[&condition.text]) else {
            self.blind = true;
            return Formula::Constant(None);
        };
        let mut named: Vec<Taint> = Vec::new();
        for taint in self.tainted(&compiled.reads) {
            if !named.iter().any(|known| known.span == taint.span) {
                named.push(taint);
            }
        }
        for taint in named {
            let name = operation_text(&taint);
            let message = format!("this decides on `{name}`, whose answer may come from a cache");
            self.find(
                Diagnostic::new(&codes::CACHED_DECISION, span, message)
                    .related(taint.span, "the cached read")
                    .help(format!("write `fresh: true` at the call of `{name}`")),
            );
        }
        Formula::Program(compiled.program)
    }

    /// A decision; in what follows, what it says about presence is known.
    pub fn condition_that_narrows(&mut self, condition: &Expression) -> Formula {
        let formula = self.decision(condition);
        self.narrow(condition);
        formula
    }

    /// What follows is only reached when `condition` holds.
    pub fn narrow(&mut self, condition: &Expression) {
        if let Ok(tree) = parse_expression(condition) {
            narrow(&mut self.scope, &tree);
        }
    }

    /// A condition that decides nothing about the outside (`catch: when`).
    pub fn condition(&mut self, condition: &Expression) -> Formula {
        let compiled = compile_condition(condition, &self.scope, &self.env.mapping);
        self.feed(&condition.text);
        let compiled = self.keep(compiled, &[&condition.text]);
        compiled.map_or(Formula::Constant(None), |compiled| Formula::Program(compiled.program))
    }

    /// An expression of any type.
    pub fn expression(&mut self, expression: &Expression) -> Option<(Formula, Typed)> {
        let compiled = compile_expression(expression, &self.scope, &self.env.mapping);
        self.feed(&expression.text);
        let broken = self.reads_broken(&expression.text);
        self.keep(compiled, &[&expression.text]).map(|compiled| self.typed(compiled, broken))
    }

    /// An expression that goes into a target.
    pub fn expression_to(&mut self, expression: &Expression, target: &Target) -> Option<Formula> {
        let compiled = compile_expression_to(expression, target, &self.scope, &self.env.mapping);
        self.feed(&expression.text);
        self.keep(compiled, &[&expression.text]).map(|compiled| Formula::Program(compiled.program))
    }

    /// Data of any type.
    pub fn data(&mut self, data: &Data) -> Option<(Formula, Typed)> {
        let compiled = compile_data(data, &self.scope, &self.env.mapping);
        self.digest.feed_data(data);
        let broken = texts(data).iter().any(|text| self.reads_broken(text));
        self.keep(compiled, &texts(data)).map(|compiled| self.typed(compiled, broken))
    }

    /// Data that goes into a target.
    pub fn data_to(&mut self, data: &Data, target: &Target) -> Option<(Formula, Typed)> {
        let compiled = compile_data_to(data, target, &self.scope, &self.env.mapping);
        self.digest.feed_data(data);
        self.keep(compiled, &texts(data)).map(|compiled| self.typed(compiled, false))
    }

    /// Named data, absent where it is absent (`facts`).
    pub fn named(&mut self, data: &BTreeMap<Name, Data>) -> Vec<(Arc<str>, Formula)> {
        let mut members: Vec<_> = data.iter().collect();
        members.sort_by_key(|(name, _)| name.span.start);
        let mut named = Vec::with_capacity(members.len());
        for (name, data) in members {
            self.feed(name);
            if let Some((formula, _)) = self.data(data) {
                named.push((name.as_str().into(), formula));
            }
        }
        named
    }

    /// Inputs in the order of `takes`: those in `with`, and for the others the variable of the same name.
    /// `whom`: what takes them, in backticks, for messages.
    pub fn bind(
        &mut self,
        takes: &[Taken<'_>],
        with: &BTreeMap<Name, Data>,
        at: Span,
        whom: &str,
    ) -> Vec<Formula> {
        for name in with.keys() {
            if !takes.iter().any(|taken| **taken.name == *name.value) {
                self.unknown_input(takes, name, whom);
            }
        }
        // A name that only just misses an input has been noted with that input's name.
        let names = || takes.iter().map(|taken| &**taken.name);
        let missed: Vec<&str> = with.keys().filter_map(|name| meant(name, names())).collect();
        let bind = |taken: &Taken<'_>| match missed.contains(&&**taken.name) {
            true => Formula::Constant(None),
            false => self.bind_one(taken, with, at, whom),
        };
        takes.iter().map(bind).collect()
    }

    fn bind_one(&mut self, taken: &Taken<'_>, with: &BTreeMap<Name, Data>, at: Span, whom: &str) -> Formula {
        let what = format!("`{}` of {whom}", taken.name);
        let target = Target { ty: taken.ty.clone(), required: taken.required, what };
        self.feed(taken.name);
        let bound = with.iter().find(|(name, _)| *name.value == **taken.name);
        let compiled = match (bound, self.scope.slot(taken.name)) {
            (Some((_, data)), _) => self.data_to(data, &target),
            (None, Some(slot)) => return self.variable(slot, &target, at),
            (None, None) if taken.required => {
                let message = format!("{whom} takes `{}`, and nothing of that name is at hand", taken.name);
                let help = format!("bind it: `with: {{ {}: =... }}`", taken.name);
                let names: Vec<Arc<str>> = self.scope.names.iter().map(|known| known.name.clone()).collect();
                let finding = Diagnostic::new(&codes::UNBOUND_INPUT, at, message);
                let finding = finding.nearest(taken.name, names.iter().map(|name| &**name));
                self.find(finding.help(help));
                None
            }
            (None, None) => None,
        };
        compiled.map_or(Formula::Constant(None), |(formula, _)| formula)
    }

    /// A variable as an input: as it is where it certainly fits.
    fn variable(&mut self, slot: usize, target: &Target, at: Span) -> Formula {
        let known = &self.scope.names[slot];
        let fits = known.ty.fits(&target.ty) == Verdict::Proven && !(known.absent && target.required);
        self.reads_client |= slot == 0;
        self.reads.insert(slot);
        if fits {
            return Formula::Slot(slot as u32);
        }
        let expression = Expression { text: known.name.to_string(), span: at, aligned: false };
        let compiled = compile_expression_to(&expression, target, &self.scope, &self.env.mapping);
        let compiled = self.keep(compiled, &[&expression.text]);
        compiled.map_or(Formula::Constant(None), |compiled| Formula::Program(compiled.program))
    }

    fn unknown_input(&mut self, takes: &[Taken<'_>], name: &Name, whom: &str) {
        let message = format!("{whom} takes no `{}`", name.value);
        let list: Vec<String> = takes.iter().map(|taken| format!("`{}`", taken.name)).collect();
        let help = match list.is_empty() {
            true => "it takes nothing".to_owned(),
            false => format!("it takes {}", list.join(", ")),
        };
        let known = takes.iter().map(|taken| &**taken.name);
        let finding = Diagnostic::new(&codes::UNKNOWN_INPUT, name.span, message);
        self.find(finding.nearest(name, known).help(help));
    }

    fn keep(&mut self, (compiled, findings): Findings, names: &[&str]) -> Option<Compiled> {
        // What reads the result of a step with errors would only repeat them in other words, and so
        // does what a condition with errors was to rule out.
        if !names.iter().any(|text| self.reads_broken(text)) {
            let ruled_out = |finding: &Diagnostic| self.blind && EMPTY.contains(&finding.code);
            let told: Vec<Diagnostic> = findings.into_iter().filter(|finding| !ruled_out(finding)).collect();
            self.findings.extend(told);
        }
        if let Some(compiled) = &compiled {
            self.reads_client |= compiled.reads.iter().any(|read| read.slot == 0);
            self.reads.extend(compiled.reads.iter().map(|read| read.slot));
        }
        // What has errors never runs.
        self.doubts += usize::from(compiled.as_ref().is_some_and(|compiled| !compiled.proven));
        compiled
    }

    fn reads_broken(&self, text: &str) -> bool {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let broken = |word: &str| self.scope.slot(word).is_some_and(|slot| self.broken[slot]);
        self.broken.contains(&true) && text.split(|c| !word(c)).any(broken)
    }

    fn typed(&self, compiled: Compiled, broken: bool) -> (Formula, Typed) {
        let taints =
            self.tainted(&compiled.reads).into_iter().map(|taint| Taint { path: String::new(), ..taint });
        let mut known: Vec<Taint> = Vec::new();
        for taint in taints {
            if !known.contains(&taint) {
                known.push(taint);
            }
        }
        let typed = Typed { ty: compiled.ty, absent: compiled.absent, taints: known, broken };
        (Formula::Program(compiled.program), typed)
    }

    /// What of the given reads may come from a cache.
    fn tainted(&self, reads: &[Read]) -> Vec<Taint> {
        let touched = |read: &Read| {
            let taints = self.taints.get(read.slot).into_iter().flatten();
            taints.filter(|taint| overlap(&taint.path, &read.path)).cloned().collect::<Vec<_>>()
        };
        reads.iter().flat_map(touched).collect()
    }
}

/// The known name that a name which is none of them only just misses.
fn meant<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    if known.clone().any(|known| known == name) { None } else { nearest(name, known) }
}

/// `erp.get_account`.
pub(super) fn operation_text(taint: &Taint) -> String {
    format!("{}.{}", taint.operation.system, taint.operation.operation)
}

/// Whether one path is the other or leads into it.
fn overlap(one: &str, other: &str) -> bool {
    if one.is_empty() || other.is_empty() {
        return true;
    }
    let segments = |path: &'_ str| path.replace("[]", "").split('.').map(str::to_owned).collect::<Vec<_>>();
    segments(one).iter().zip(&segments(other)).all(|(one, other)| one == other)
}

/// Where data stands.
pub(in crate::flow) fn data_span(data: &Data) -> Span {
    match data {
        Data::Literal(value, _) => value.span,
        Data::Expression(expression) => expression.span,
        Data::Secret(text) => text.span,
        Data::Array(_, span) | Data::Object(_, span) => *span,
    }
}

/// Every expression in data.
fn texts(data: &Data) -> Vec<&str> {
    match data {
        Data::Expression(expression) => vec![&expression.text],
        Data::Array(items, _) => items.iter().flat_map(texts).collect(),
        Data::Object(members, _) => members.iter().flat_map(|(_, data)| texts(data)).collect(),
        Data::Literal(..) | Data::Secret(_) => Vec::new(),
    }
}

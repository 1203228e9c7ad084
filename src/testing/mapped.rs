//! Tests of one mapping by itself: its inputs go in, and its result or its rejection is held against what
//! was expected.

use std::sync::Arc;

use super::compare::{differences, shown};
use super::compile::Compiling;
use super::run::BEGINNING;
use crate::config::declarations::Name;
use crate::config::declarations::test::{Expect, TestCase};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::mapping::{Context, Error, Mapping};
use crate::plan::Plan;
use crate::value::Value;

/// A mapping, what it reads, and what must come of it.
#[derive(Debug)]
pub struct Mapped {
    pub mapping: Arc<Mapping>,
    /// In the order of its inputs.
    pub inputs: Vec<Option<Value>>,
    /// The result holds at least this.
    pub result: Option<Value>,
    /// It rejects with this code.
    pub rejection: Option<Arc<str>>,
}

impl Mapped {
    /// Every way in which it was not as expected. Whatever is expected: inputs fit their schemas, and
    /// there is a result that fits its own, or a rejection.
    pub(super) fn play(&self, plan: &Plan) -> Vec<String> {
        let unfit = self.mapping.unfit_inputs(&self.inputs, &plan.schemas);
        if !unfit.is_empty() {
            return unfit;
        }
        let context = Context::new(BEGINNING, &plan.tables);
        match self.mapping.program.eval(&self.inputs, &context) {
            Err(Error::Failed(failed)) => vec![told(&failed.target.to_string(), &failed.message)],
            Err(Error::Rejected(rejected)) => self.rejected(&rejected.code, &rejected.text),
            Ok(value) => self.made(plan, value),
        }
    }

    fn rejected(&self, code: &str, text: &str) -> Vec<String> {
        let expected = match (&self.rejection, &self.result) {
            (Some(expected), _) if **expected == *code => return Vec::new(),
            (Some(expected), _) => format!("the rejection `{expected}`"),
            (None, Some(_)) => "a result".to_owned(),
            (None, None) => return Vec::new(),
        };
        vec![format!("expected {expected}, got the rejection `{code}`: {text}")]
    }

    fn made(&self, plan: &Plan, value: Option<Value>) -> Vec<String> {
        if let Some(expected) = &self.rejection {
            let got = value.as_ref().map_or("nothing".to_owned(), shown);
            return vec![format!("expected the rejection `{expected}`, got {got}")];
        }
        let mut unmet = match &value {
            Some(value) => self.mapping.unfit_result(value, &plan.schemas),
            None => Vec::new(),
        };
        if let Some(expected) = &self.result {
            unmet.extend(differences(expected, value.as_ref()));
        }
        unmet
    }
}

/// The known name that one which is none of them only just misses.
fn meant<'n>(name: &str, mut known: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    if known.clone().any(|known| known == name) { None } else { nearest(name, known.by_ref()) }
}

/// What failed, and in which part of the target.
pub(super) fn told(target: &str, message: &str) -> String {
    if target.is_empty() { format!("failed: {message}") } else { format!("failed at {target}: {message}") }
}

impl Compiling<'_> {
    /// A declared test of a mapping.
    pub(super) fn mapped(&mut self, case: &TestCase, name: &Name) -> Option<Mapped> {
        let plan = self.plan;
        if case.request.is_some() || case.steps.is_some() || case.client.is_some() || !case.systems.is_empty()
        {
            self.bad(name.span, "a test of a mapping has only `map`, `inputs` and `expect`")
                .help("make two tests of it");
        }
        let Some(mapping) = plan.mappings.get(name.as_str()) else {
            let message = format!("there is no mapping `{}`", name.value);
            let finding = Diagnostic::new(&codes::UNKNOWN_MAPPING, name.span, message);
            self.findings.push(finding.nearest(name, plan.mappings.keys().map(|name| &**name)));
            return None;
        };
        let inputs = self.inputs(case, mapping, name);
        let nothing = Expect::default();
        let expect = case.expect.as_ref().unwrap_or(&nothing);
        self.only_for_requests(expect, name);
        let result = expect.result.as_ref().and_then(|data| self.constant(data));
        let rejection = expect.rejection.as_ref().map(|code| self.rejection(code));
        Some(Mapped { mapping: Arc::clone(mapping), inputs, result, rejection })
    }

    fn inputs(&mut self, case: &TestCase, mapping: &Mapping, name: &Name) -> Vec<Option<Value>> {
        let known = || mapping.inputs.iter().map(|input| &*input.name);
        for given in case.inputs.keys().filter(|given| !known().any(|name| *name == *given.value)) {
            let message = format!("mapping `{}` has no input `{}`", name.value, given.value);
            let finding = Diagnostic::new(&codes::UNKNOWN_INPUT, given.span, message);
            self.findings.push(finding.nearest(&given.value, known()));
        }
        let mut values = Vec::with_capacity(mapping.inputs.len());
        for input in &mapping.inputs {
            let given = case.inputs.iter().find(|(given, _)| *given.value == *input.name);
            // A name that only just misses it has been noted with its name.
            let missed = case.inputs.keys().any(|given| meant(&given.value, known()) == Some(&*input.name));
            if given.is_none() && !input.optional && !missed {
                let message = format!("mapping `{}` reads `{}`, which is not given", name.value, input.name);
                let finding = Diagnostic::new(&codes::UNBOUND_INPUT, name.span, message);
                self.findings.push(finding.help(format!("write `inputs: {{ {}: ... }}`", input.name)));
            }
            values.push(given.and_then(|(_, data)| self.constant(data)));
        }
        values
    }

    fn rejection(&mut self, code: &Name) -> Arc<str> {
        if !self.plan.rejections.contains_key(code.as_str()) {
            let message = format!("there is no rejection `{}`", code.value);
            let finding = Diagnostic::new(&codes::UNKNOWN_REJECTION, code.span, message);
            let known = self.plan.rejections.keys().map(|code| &**code);
            self.findings.push(finding.nearest(&code.value, known));
        }
        code.as_str().into()
    }

    fn only_for_requests(&mut self, expect: &Expect, name: &Name) {
        let Expect {
            status,
            headers,
            body,
            problem,
            pointers,
            calls,
            no_calls,
            within,
            events,
            webhooks,
            stream,
            cases,
            instances,
            result: _,
            rejection: _,
        } = expect;
        let told = webhooks.is_some() || stream.is_some();
        let life = told || events.is_some() || cases.is_some() || !instances.is_empty();
        let other = status.is_some()
            || !headers.is_empty()
            || body.is_some()
            || problem.is_some()
            || pointers.is_some();
        if other || life || calls.is_some() || !no_calls.is_empty() || within.is_some() {
            self.bad(name.span, "of a mapping, `expect` says `result` or `rejection`")
                .help("write `expect: { result: { ... } }`, or `expect: { rejection: code }`");
        }
    }

    /// Refuses what only a test of a mapping can expect.
    pub(super) fn only_for_mappings(&mut self, expect: &Expect) {
        let wrong = expect.rejection.as_ref().map(|code| code.span);
        let wrong = wrong.or(expect.result.as_ref().map(crate::config::declarations::Data::span));
        if let Some(span) = wrong {
            self.bad(span, "`result` and `rejection` are for tests of a mapping")
                .help("write `body:` for the answer's body, `problem:` for the code of a rejection");
        }
    }
}

//! What a case answers: compiled, and held against the schema of the operation's answer where it is constant.

use std::sync::Arc;

use super::Compiler;
use crate::config::Spanned;
use crate::config::declarations::Name;
use crate::config::declarations::stub::StubAnswer;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::http::HeaderName;
use crate::mapping::{Compiled, Scope};
use crate::simulator::stub::Answer;
use crate::system::System;

impl Compiler<'_> {
    pub(super) fn answer(&mut self, answer: &Spanned<StubAnswer>, scope: &Scope) -> Option<Answer> {
        if let Some(status) = answer.status.as_ref().filter(|status| !(200..=599).contains(&status.value)) {
            let message = format!("`{}` is not a status that a system answers with", status.value);
            let finding = Diagnostic::new(&codes::BAD_STATUS, status.span, message);
            self.findings.push(finding.help("write a status from 200 to 599"));
        }
        let headers: Option<Vec<_>> = answer
            .headers
            .iter()
            .map(|(name, data)| Some((self.header(name)?, self.data(data, scope)?)))
            .collect();
        let body = answer.body.as_ref().map(|body| self.data(body, scope));
        let error = answer.error.as_ref().map(|error| self.data(error, scope));
        Some(Answer {
            place: self.place(answer.span),
            status: answer.status.as_ref().map_or(200, |status| status.value),
            headers: headers?,
            body: declared(body)?,
            error: declared(error)?,
            text: answer.text.as_ref().map(|text| text.value.as_str().into()),
            delay: answer.delay.as_ref().map(|delay| delay.value.0),
            fault: answer.fault.as_ref().map(|fault| fault.value),
        })
    }

    /// Says where an answer that names nothing certainly breaks its schema.
    pub(super) fn fits(&mut self, system: &System, name: &Name, answer: &StubAnswer) {
        let (Some(operation), Some(body)) = (system.operation(&name.value), &answer.body) else { return };
        let otherwise = answer.fault.is_some() || answer.text.is_some() || answer.error.is_some();
        let known = self.findings.len();
        let value = if otherwise { None } else { self.constant(body) };
        // A body that something is said about, said when it is compiled as an answer, may mean another value.
        let clean = self.findings.len() == known;
        self.findings.truncate(known);
        let status = answer.status.as_ref().map_or(200, |status| status.value);
        let tables = self.deps.environment.tables;
        let Some(broken) =
            value.filter(|_| clean).and_then(|body| operation.certainly_breaks(status, &body, tables))
        else {
            return;
        };
        let message = format!("this answer of `{}.{}` {broken}", system.name, name.value);
        let finding = Diagnostic::new(&codes::UNFIT_STUB, body.span(), message);
        self.findings.push(finding.help("the gateway would refuse it: write what the system really answers"));
    }

    /// `stubs/erp.yaml:14`
    fn place(&self, span: Span) -> Arc<str> {
        let source = self.deps.sources.get(span.source);
        source
            .map_or_else(String::new, |source| format!("{}:{}", source.path, source.position(span.start).0))
            .into()
    }

    fn header(&mut self, name: &Name) -> Option<HeaderName> {
        let header = HeaderName::from_bytes(name.value.as_bytes()).ok();
        if header.is_none() {
            let message = format!("`{}` is not the name of a header", name.value);
            let finding = Diagnostic::new(&codes::BAD_HEADER, name.span, message);
            self.findings.push(finding.help("use letters, digits and hyphens, such as `Retry-After`"));
        }
        header
    }
}

/// `None`: it was declared and did not compile.
fn declared(compiled: Option<Option<Compiled>>) -> Option<Option<Compiled>> {
    match compiled {
        None => Some(None),
        Some(compiled) => compiled.map(Some),
    }
}

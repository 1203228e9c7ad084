//! One YAML file: its tree, its structure, its types. Files know nothing of each other, so that many are
//! read at once.

use std::rc::Rc;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::declarations::{event, exception, flow, gateway, route, stub, system, test};
use super::kind::Kind;
use super::project::Environment;
use super::reading::{self, Reading};
use super::{structure, tree};
use crate::diagnostic::{Diagnostic, Severity, SourceId, Span};

/// A YAML file of a project, unread.
#[derive(Debug)]
pub struct Unread {
    pub kind: Kind,
    pub source: SourceId,
    pub text: Arc<str>,
}

/// What a file declares.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "each is unpacked at once, and there are few")]
pub enum Declared {
    Events(event::EventFile),
    Exceptions(exception::ExceptionFile),
    Flow(flow::FlowFile),
    Gateway(gateway::GatewayFile),
    Route(route::RouteFile),
    Stub(stub::StubFile),
    System(system::SystemFile),
    Test(test::TestFile),
}

/// What was found in a file besides what it declares.
#[derive(Debug, Default)]
pub struct Notes {
    pub findings: Vec<Diagnostic>,
    /// `${NAME}` without a value.
    pub missing: Vec<(String, Span)>,
    /// `${secret:name}`.
    pub secrets: Vec<(String, Span)>,
}

/// Reads a file of any kind. Nothing is declared when there are errors.
pub fn read(file: &Unread, environment: &Arc<Environment>) -> (Option<Declared>, Notes) {
    let mut notes = Notes::default();
    let declared = match file.kind {
        Kind::Events => typed(file, environment, &mut notes).map(Declared::Events),
        Kind::Exceptions => typed(file, environment, &mut notes).map(Declared::Exceptions),
        Kind::Flow => typed(file, environment, &mut notes).map(Declared::Flow),
        Kind::Gateway => typed(file, environment, &mut notes).map(Declared::Gateway),
        Kind::Route => typed(file, environment, &mut notes).map(Declared::Route),
        Kind::Stub => typed(file, environment, &mut notes).map(Declared::Stub),
        Kind::System => typed(file, environment, &mut notes).map(Declared::System),
        Kind::Test => typed(file, environment, &mut notes).map(Declared::Test),
    };
    (declared, notes)
}

/// Reads a file as a `T`. `None` when anything is wrong with it.
pub fn typed<T: DeserializeOwned>(
    file: &Unread,
    environment: &Arc<Environment>,
    notes: &mut Notes,
) -> Option<T> {
    let (tree, mut findings) = tree::build(file.source, &file.text);
    let Some(tree) = tree else {
        notes.findings.extend(bounded(findings));
        return None;
    };
    let checked = structure::check(&tree, file.kind, environment);
    findings.extend(checked.findings);
    let failed = has_errors(&findings);
    notes.findings.extend(bounded(findings));
    notes.missing.extend(checked.missing);
    notes.secrets.extend(checked.secrets);
    if failed || tree.is_null(tree.root) {
        return None;
    }
    let reading = Reading { tree: Rc::new(tree), environment: environment.clone() };
    let read = reading::read(reading, &checked.expanded);
    read.map_err(|finding| notes.findings.push(*finding)).ok()
}

/// Reads a declaration that comes with the program. The error is a sentence.
pub fn built_in<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let (tree, findings) = tree::build(SourceId::default(), &Arc::from(text));
    let Some(tree) = tree.filter(|_| !has_errors(&findings)) else {
        return Err(findings.first().map(|finding| finding.message.clone()).unwrap_or_default());
    };
    let reading = Reading { tree: Rc::new(tree), environment: Arc::default() };
    reading::read(reading, &Default::default()).map_err(|finding| finding.message)
}

/// The most findings that one file may have: a file of another kind by mistake, or a hostile one,
/// must not bury what the others say.
const MAX_FINDINGS: usize = 200;

fn bounded(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = findings.len().saturating_sub(MAX_FINDINGS);
    findings.truncate(MAX_FINDINGS);
    if let (1.., Some(last)) = (more, findings.last_mut()) {
        last.help.push(format!("{more} more findings in this file are not shown"));
    }
    findings
}

fn has_errors(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity() == Severity::Error)
}

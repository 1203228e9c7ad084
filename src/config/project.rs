//! A gateway project as it was read: every file, typed where it is YAML, with its sources.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::declarations::{exception, flow, gateway, route, system};
use crate::diagnostic::{Diagnostic, SourceId, Sources, Span};

/// Where `${NAME}` is looked up: a snapshot of the process environment, or nothing for a test.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub variables: BTreeMap<String, String>,
}

/// A file of the project that is not YAML: a mapping, a schema, a table.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// The name others use for it: `erp/sales-order@1`, `carriers`, or the path for mappings.
    pub name: Arc<str>,
    pub source: SourceId,
    pub text: Arc<str>,
}

/// Everything in a project's folder.
#[derive(Debug, Clone, Default)]
pub struct Project {
    pub sources: Sources,
    pub gateway: Option<gateway::GatewayFile>,
    pub systems: Vec<system::SystemFile>,
    pub routes: Vec<route::RouteFile>,
    pub flows: Vec<flow::FlowFile>,
    pub exceptions: exception::ExceptionFile,
    // pub stubs, pub tests: added with their declarations.
    pub mappings: Vec<TextFile>,
    pub schemas: Vec<TextFile>,
    pub tables: Vec<TextFile>,
    /// `${NAME}` without a value in this environment, in the order found: `serve` lists them all.
    pub missing_variables: Vec<(String, Span)>,
    /// `${secret:name}`, each place: `serve` lists those that have no value.
    pub secrets: Vec<(String, Span)>,
    /// SHA-256 over every file's path and bytes, in path order, hex.
    pub digest: String,
}

/// Reads a project's folder. Findings are complete: a file with errors is left out of the project
/// and every other file is still read.
pub fn load(_dir: &Path, _environment: &Environment) -> (Project, Vec<Diagnostic>) {
    todo!("config: helper")
}

/// The same over texts in memory, as (path relative to the project, text): for tests, `dev` and editors.
pub fn load_texts(_texts: Vec<(String, String)>, _environment: &Environment) -> (Project, Vec<Diagnostic>) {
    todo!("config: helper")
}

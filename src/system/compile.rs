//! A system file becomes a [`System`], with every finding about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::System;
use crate::config::declarations::system::SystemFile;
use crate::diagnostic::Diagnostic;
use crate::mapping::{Environment, Mapping, Tables};

/// What a system file may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Deps<'a> {
    pub environment: Environment<'a>,
    /// Every mapping of the project by name.
    pub mappings: &'a BTreeMap<Arc<str>, Arc<Mapping>>,
    /// The same tables as the environment's, to keep.
    pub tables: &'a Arc<Tables>,
}

/// Compiles one system file. With an error there is no system.
pub fn compile(_file: &SystemFile, _deps: &Deps<'_>) -> (Option<System>, Vec<Diagnostic>) {
    todo!("system: lands next")
}

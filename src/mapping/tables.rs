//! Code tables: CSV files looked up by key.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::TextFile;
use crate::diagnostic::Diagnostic;

/// Every table of a project, by name.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: BTreeMap<Arc<str>, Arc<Table>>,
}

/// One table: rows found by key.
#[derive(Debug)]
pub struct Table {
    pub name: Arc<str>,
}

impl Tables {
    /// Reads all tables. A table with errors is left out.
    pub fn compile(_files: &[TextFile]) -> (Tables, Vec<Diagnostic>) {
        todo!("mapping: tables")
    }

    /// The table called `name`.
    pub fn get(&self, name: &str) -> Option<&Arc<Table>> {
        self.tables.get(name)
    }

    /// Every name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.tables.keys()
    }
}

//! Text to syntax tree: several errors per text, nothing hostile gets far.

use super::syntax;
use crate::config::declarations::Expression;
use crate::diagnostic::{Diagnostic, SourceId};

/// Reads one expression as it stands in YAML.
pub fn parse_expression(_expression: &Expression) -> Result<syntax::Expr, Vec<Diagnostic>> {
    todo!("mapping: parse")
}

/// Reads a mapping file; what could be read is given along with the findings.
pub fn parse_mapping(_source: SourceId, _text: &str) -> (Option<syntax::Mapping>, Vec<Diagnostic>) {
    todo!("mapping: parse")
}

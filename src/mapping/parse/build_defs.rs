//! Grammar pairs to definitions, and to files that hold nothing else.

use pest::iterators::Pair;

use super::Rule;
use super::build_expr::{Builder, inner};
use super::build_mapping::Header;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::mapping::syntax::{Def, Parameter, SharedFile};

impl Builder<'_> {
    /// `def name(parameter: type) = body`.
    pub(super) fn def(&mut self, pair: Pair<'_, Rule>) -> Def {
        let mut parts = inner(pair);
        let name = self.word(&parts.next().expect("a definition has a name"));
        let parameters = inner(parts.next().expect("a definition has parameters"));
        let parameters = parameters.map(|parameter| self.parameter(parameter)).collect();
        let (body, depth) = self.deep_expr(parts.next().expect("a definition has a body"));
        Def { name, parameters, body, depth }
    }

    fn parameter(&mut self, pair: Pair<'_, Rule>) -> Parameter {
        let mut parts = inner(pair);
        let name = self.word(&parts.next().expect("a parameter has a name"));
        let ty = self.schema_name(&parts.next().expect("a parameter has a type"));
        Parameter { name, ty, optional: parts.next().is_some() }
    }

    /// A whole file of definitions; `None` when it has no name.
    pub(super) fn shared(&mut self, pair: Pair<'_, Rule>, comments: Vec<Span>) -> Option<SharedFile> {
        let mut header = Header::default();
        let mut defs = Vec::new();
        let mut stray = None;
        for pair in inner(pair) {
            let span = self.place.of(&pair);
            match pair.as_rule() {
                Rule::header => self.header(pair, &mut header),
                Rule::def_statement => defs.push(self.def(pair)),
                Rule::EOI => {}
                _ => drop(stray.get_or_insert(span)),
            }
        }
        let clauses = [
            header.name.as_ref().map(|word| word.span),
            header.inputs.first().map(|input| input.schema.span),
            header.target.as_ref().map(|target| target.span),
        ];
        if let Some(span) = clauses.into_iter().flatten().next().or(stray) {
            let message = "a shared file holds definitions only";
            let finding = Diagnostic::new(&codes::SYNTAX_ERROR, span, message);
            self.findings.push(finding.help("write `def name(parameter: type) = expression`"));
        }
        Some(SharedFile { name: header.shared?, tables: header.tables, uses: header.uses, defs, comments })
    }
}

//! Grammar pairs to mappings: the header, blocks and their entries.

use pest::iterators::Pair;

use super::Rule;
use super::build_expr::{Builder, inner};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::mapping::syntax::{
    Block, Body, Def, Entry, Expr, Let, Mapping, SchemaName, Source, Spread, Statement, Word,
};

/// What the clauses at the head of a file say.
#[derive(Default)]
pub(super) struct Header {
    pub name: Option<Word>,
    /// After `shared`: the file is no mapping.
    pub shared: Option<Word>,
    pub inputs: Vec<Source>,
    pub target: Option<SchemaName>,
    pub tables: Vec<Word>,
    pub uses: Vec<Word>,
}

impl Builder<'_> {
    /// A whole file; `None` when it does not say what it is.
    pub(super) fn mapping(&mut self, pair: Pair<'_, Rule>, comments: Vec<Span>) -> Option<Mapping> {
        let span = self.place.of(&pair);
        let mut header = Header::default();
        let (mut statements, mut values) = (Vec::new(), Vec::new());
        let mut defs: Vec<Def> = Vec::new();
        for pair in inner(pair) {
            match pair.as_rule() {
                Rule::header => self.header(pair, &mut header),
                Rule::value => values.extend(inner(pair).map(|expr| self.expr(expr))),
                Rule::def_statement => defs.push(self.def(pair)),
                Rule::EOI => {}
                _ => statements.push(self.statement(pair).0),
            }
        }
        if let Some(shared) = &header.shared {
            let message = "this file holds definitions for others: it is no mapping";
            let finding = Diagnostic::new(&codes::SYNTAX_ERROR, shared.span, message);
            self.findings.push(finding.help("begin a mapping with `map NAME`"));
            return None;
        }
        let body = self.body(statements, values, span);
        let first = Span { end: span.start, ..span };
        self.missing_header(&header, first);
        Some(Mapping {
            name: header.name?,
            inputs: header.inputs,
            target: header.target?,
            tables: header.tables,
            uses: header.uses,
            defs,
            body,
            comments,
        })
    }

    fn missing_header(&mut self, header: &Header, at: Span) {
        // Where something could not be read, that may well be the header.
        if !self.findings.is_empty() {
            return;
        }
        let missing = [
            (header.name.is_none(), "its name", "map NAME"),
            (header.inputs.is_empty(), "what it reads", "from SCHEMA as NAME"),
            (header.target.is_none(), "what it makes", "to SCHEMA"),
        ];
        for (_, what, form) in missing.iter().filter(|(is_missing, ..)| *is_missing) {
            let message = format!("the mapping does not say {what}");
            let finding = Diagnostic::new(&codes::SYNTAX_ERROR, at, message);
            self.findings.push(finding.help(format!("begin the file with a line `{form}`")));
        }
    }

    pub(super) fn header(&mut self, pair: Pair<'_, Rule>, header: &mut Header) {
        for clause in inner(pair) {
            let rule = clause.as_rule();
            let span = self.place.of(&clause);
            let parts: Vec<Pair<'_, Rule>> = inner(clause)
                .filter(|pair| matches!(pair.as_rule(), Rule::name | Rule::source | Rule::schema_name))
                .collect();
            let again = match rule {
                Rule::shared_clause => header.shared.replace(self.word(&parts[0])).is_some(),
                Rule::map_clause => header.name.replace(self.word(&parts[0])).is_some(),
                Rule::to_clause => header.target.replace(self.schema_name(&parts[0])).is_some(),
                Rule::from_clause => {
                    header.inputs.extend(parts.into_iter().map(|part| self.source(part)));
                    false
                }
                Rule::use_clause => {
                    header.uses.extend(parts.iter().map(|part| self.word(part)));
                    false
                }
                _ => {
                    header.tables.extend(parts.iter().map(|part| self.word(part)));
                    false
                }
            };
            if again {
                self.findings.push(Diagnostic::new(&codes::SYNTAX_ERROR, span, "said a second time"));
            }
        }
    }

    fn source(&mut self, pair: Pair<'_, Rule>) -> Source {
        let mut parts = inner(pair);
        let schema = self.schema_name(&parts.next().expect("a source has a schema"));
        let name = self.word(&parts.next().expect("a source has a name"));
        Source { schema, name, optional: parts.next().is_some() }
    }

    pub(super) fn schema_name(&mut self, pair: &Pair<'_, Rule>) -> SchemaName {
        let span = self.place.of(pair);
        let text = pair.as_str().trim();
        let (name, list) = match text.strip_suffix("[]") {
            Some(name) => (name.trim_end(), true),
            None => (text, false),
        };
        SchemaName { name: name.into(), list, span }
    }

    fn body(&mut self, statements: Vec<Statement>, mut values: Vec<Expr>, span: Span) -> Body {
        let entries = statements.iter().any(|statement| !matches!(statement, Statement::Let(_)));
        let extra = if entries { values.first() } else { values.get(1) };
        if let Some(extra) = extra {
            let finding = Diagnostic::new(&codes::SYNTAX_ERROR, extra.span, "a value without a name");
            self.findings
                .push(finding.help("write `name: value`; only a mapping that makes no object is one value"));
        }
        match values.is_empty() || entries {
            true => Body::Block(Block { statements, span }),
            false => {
                let lets = statements.into_iter().filter_map(|statement| match statement {
                    Statement::Let(binding) => Some(binding),
                    Statement::Entry(_) | Statement::Spread(_) => None,
                });
                Body::Value(lets.collect(), values.swap_remove(0))
            }
        }
    }

    /// What stands between `{` and `}`, and how deep it is.
    pub(super) fn block(&mut self, pair: Pair<'_, Rule>) -> (Block, usize) {
        let span = self.place.of(&pair);
        let mut deepest = 0;
        let statements = inner(pair).map(|statement| {
            let (statement, depth) = self.statement(statement);
            deepest = deepest.max(depth);
            statement
        });
        let statements = statements.collect();
        (Block { statements, span }, deepest)
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> (Statement, usize) {
        if pair.as_rule() == Rule::spread {
            let span = self.place.of(&pair);
            let (value, depth) = self.deep_expr(inner(pair).next().expect("a spread has a value"));
            return (Statement::Spread(Spread { value, span }), depth);
        }
        let is_let = pair.as_rule() == Rule::let_statement;
        let mut parts = inner(pair);
        let name = parts.next().expect("a statement has a name");
        let name = match name.as_rule() {
            Rule::key => name.into_inner().next().expect("a key has a name"),
            _ => name,
        };
        let name = self.word(&name);
        let (value, depth) = self.deep_expr(parts.next().expect("a statement has a value"));
        match is_let {
            true => (Statement::Let(Let { name, value }), depth),
            false => (Statement::Entry(Entry { key: name, value }), depth),
        }
    }
}

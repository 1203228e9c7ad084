//! Mapping files: the header's names, then the body against the target.

use std::sync::Arc;

use super::scope::{Checker, Typed};
use super::target::one_object;
use super::{Environment, Input, Mapping, Scope, Shared, Target, unread};
use crate::diagnostic::{Code, Diagnostic, SourceId, codes};
use crate::mapping::parse;
use crate::mapping::program::{Op, Program};
use crate::mapping::syntax::{self, Body, SchemaName};
use crate::schema::Type;

/// What may follow from a statement that could not be read.
const FOLLOW: [&Code; 8] = [
    &codes::MATCH_NOT_EXHAUSTIVE,
    &codes::MISSING_TARGET,
    &codes::TARGET_MISMATCH,
    &codes::UNKNOWN_FUNCTION,
    &codes::UNKNOWN_NAME,
    &codes::UNKNOWN_TABLE,
    &codes::UNUSED_DEF,
    &codes::UNUSED_LET,
];

/// Reads and checks a mapping file.
pub(super) fn compile(
    source: SourceId,
    text: &str,
    environment: &Environment<'_>,
    shared: &Shared,
) -> (Option<Mapping>, Vec<Diagnostic>) {
    let (syntax, mut findings) = parse::parse_mapping(source, text);
    let Some(syntax) = syntax else { return (None, findings) };
    // What could not be read is missing from the tree: what follows from that is not said.
    let is_whole = findings.is_empty();
    let tables = syntax.tables.iter().map(|word| word.text.clone()).collect();
    let mut checker = Checker::new(&Scope::new(), environment, Some(tables));
    let inputs: Vec<Input> = syntax.inputs.iter().map(|source| checker.input(source)).collect();
    let mut scope = Scope::new();
    for input in &inputs {
        let (name, ty) = (input.name.clone(), input.ty.clone());
        scope = if input.optional { scope.with_optional(name, ty) } else { scope.with(name, ty) };
    }
    let header = checker.findings;
    checker = Checker::new(&scope, environment, checker.tables);
    checker.findings = header;
    checker.header_tables(&syntax.tables);
    let target_type = checker.schema(&syntax.target).unwrap_or(Type::Any);
    let uses = checker.uses(&syntax.uses, shared);
    let own = checker.own_defs(&syntax.defs, &uses);
    let typed = checker.body(&syntax, &target_type);
    checker.strangers(&syntax.uses, shared);
    checker.unused(&syntax.uses, shared, &own);
    if !is_whole {
        checker.findings.retain(|finding| !FOLLOW.contains(&finding.code));
    }
    let failed = !is_whole || checker.has_errors();
    findings.append(&mut checker.findings);
    if failed {
        return (None, findings);
    }
    let unread = unread::unread(&inputs, checker.reads.iter());
    let mapping = Mapping {
        digest: "".into(),
        name: syntax.name.text.clone(),
        span: syntax.name.span,
        inputs,
        target: written(&syntax.target),
        target_span: syntax.target.span,
        target_type,
        fallible: typed.fallible,
        tables: syntax
            .tables
            .iter()
            .map(|word| word.text.clone())
            .chain(shared.tables(&syntax.uses))
            .collect(),
        calls: std::mem::take(&mut checker.calls.called),
        program: Program::new(typed.node, checker.locals, checker.local_names),
        unread,
        verdicts: checker.verdicts.places,
        failing: checker.verdicts.failing,
    };
    (Some(mapping), findings)
}

pub(super) fn written(schema: &SchemaName) -> Arc<str> {
    if schema.list { format!("{}[]", schema.name).into() } else { schema.name.clone() }
}

impl Checker<'_> {
    fn input(&mut self, source: &syntax::Source) -> Input {
        let again = self.known.iter().any(|known| known.name == source.name.text);
        if again {
            let message = format!("`{}` is the name of another input", source.name.text);
            self.note(&codes::DUPLICATE_NAME, source.name.span, message)
                .help
                .push("give it a name of its own".to_owned());
        }
        // What is unknown has been noted: nothing that is read of it follows from it.
        let ty = self.schema(&source.schema).unwrap_or(Type::Never);
        self.declare(&source.name.text, ty.clone(), source.optional, None, None);
        Input {
            name: source.name.text.clone(),
            schema: written(&source.schema),
            ty,
            optional: source.optional,
            span: source.schema.span,
        }
    }

    pub(super) fn schema(&mut self, schema: &SchemaName) -> Option<Type> {
        match Type::parse(&written(schema), self.environment.schemas) {
            Ok(ty) => Some(ty),
            Err(unknown) => {
                let message = format!("there is no schema `{}`", unknown.name);
                let finding = self.note(&codes::UNKNOWN_SCHEMA, schema.span, message);
                finding.label = unknown.nearest.map(|near| format!("did you mean `{near}`?"));
                finding
                    .help
                    .push(format!("schemas are the files `specs/**/*.json`: `specs/{}.json`", unknown.name));
                None
            }
        }
    }

    /// Notes tables after `using tables` that there are not.
    pub(super) fn header_tables(&mut self, tables: &[syntax::Word]) {
        for table in tables {
            if self.environment.tables.get(&table.text).is_some() {
                continue;
            }
            let names: Vec<Arc<str>> = self.environment.tables.names().cloned().collect();
            let near = crate::diagnostic::nearest(&table.text, names.iter().map(|name| &**name));
            let near = near.map(|near| format!("did you mean `{near}`?"));
            let message = format!("there is no table `{}`", table.text);
            let finding = self.note(&codes::UNKNOWN_TABLE, table.span, message);
            finding.help.push(format!("tables are the files `tables/*.csv`: `tables/{}.csv`", table.text));
            finding.label = near;
        }
    }

    fn body(&mut self, syntax: &syntax::Mapping, target_type: &Type) -> Typed {
        let at = syntax.target.span;
        let what = format!("`{}`", written(&syntax.target));
        match &syntax.body {
            Body::Block(block) => {
                if let Some(object) = one_object(target_type) {
                    let since = self.judged();
                    let (statements, fields, fallible) = self.block_to(block, &object, at);
                    let made = Type::object(fields);
                    self.judge(at, made.fits(target_type), since);
                    let typed = Typed::new(Op::Object(statements.into()), block.span, target_type.clone());
                    return typed.fallible(fallible);
                }
                let expr = syntax::Expr { kind: syntax::ExprKind::Object(block.clone()), span: at };
                self.expr_to(&expr, &Target { ty: target_type.clone(), required: true, what })
            }
            Body::Value(lets, value) => {
                let names = self.known.len();
                let mut fallible = false;
                let bindings: Vec<_> =
                    lets.iter().map(|binding| self.binding(binding, &mut fallible)).collect();
                let typed = self.expr_to(value, &Target { ty: target_type.clone(), required: true, what });
                self.leave(names);
                let op = Op::Lets(bindings.into(), Box::new(typed.node));
                Typed { absent: typed.absent, ..Typed::new(op, value.span, typed.ty).fallible(fallible) }
            }
        }
    }
}

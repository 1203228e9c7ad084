//! Types every expression, checks it against its names and its target, and makes the program.

mod argument;
mod arithmetic;
mod bounds;
mod call;
mod constants;
mod cover;
mod data;
mod define;
mod defs;
mod expr;
mod forms;
mod line;
mod mapping;
mod matching;
mod narrow;
mod operators;
mod parameters;
mod paths;
mod ranges;
mod scope;
mod shared;
mod spread;
mod target;
mod units;
mod unread;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use scope::Checker;
pub use shared::Shared;
pub use verdicts::{MayFail, TargetVerdict};

use super::parse;
use super::program::Program;
use super::tables::Tables;
use crate::config::declarations::{Data, Expression};
use crate::diagnostic::{Diagnostic, SourceId, Span};
use crate::schema::{Schemas, Type};

/// A name that an expression may use.
#[derive(Debug, Clone)]
pub struct Name {
    pub name: Arc<str>,
    pub ty: Type,
    /// Whether there may be nothing behind it.
    pub absent: bool,
}

/// The names that stand in an expression position, in the order of the slots that
/// [`Program::eval`] takes.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub names: Vec<Name>,
    /// Outcome rules: what is absent, null or of another kind compares false instead of being refused.
    pub lenient: bool,
    /// Whether `${secret:name}` may stand in data here.
    pub secrets: bool,
}

impl Scope {
    /// No names.
    pub fn new() -> Scope {
        Scope::default()
    }

    /// This scope and one more name, always present.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, ty: Type) -> Scope {
        self.names.push(Name { name: name.into(), ty, absent: false });
        self
    }

    /// This scope and one more name, possibly absent.
    #[must_use]
    pub fn with_optional(mut self, name: impl Into<Arc<str>>, ty: Type) -> Scope {
        self.names.push(Name { name: name.into(), ty, absent: true });
        self
    }

    /// The slot of `name`.
    pub fn slot(&self, name: &str) -> Option<usize> {
        self.names.iter().rposition(|known| &*known.name == name)
    }
}

/// The codes that may be rejected with, each with the facts that its texts show.
pub type Rejections = BTreeMap<Arc<str>, BTreeSet<Arc<str>>>;

/// What expressions are checked against besides their names.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    pub schemas: &'a Schemas,
    pub tables: &'a Tables,
    /// The codes that `reject` may use: those declared in `exceptions.yaml`.
    pub rejections: &'a Rejections,
}

/// Where an expression's value goes.
#[derive(Debug, Clone)]
pub struct Target {
    pub ty: Type,
    /// Whether there must be a value.
    pub required: bool,
    /// For messages, as it stands in the sentence "... may be absent, but {what} is required":
    /// "`number` of `erp.get_account`".
    pub what: String,
}

/// A place of an input that an expression reads: its slot, and the JSON path below it
/// (`pickup.window.start`, `charges[].amount`), empty for the whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    pub slot: usize,
    pub path: String,
}

/// An expression or data, checked and ready to run.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub program: Program,
    pub ty: Type,
    /// Whether the result may be absent.
    pub absent: bool,
    /// Whether it can fail or reject on some input.
    pub fallible: bool,
    /// Sorted, each once.
    pub reads: Vec<Read>,
    /// Names of the secrets it needs, sorted.
    pub secrets: Vec<Arc<str>>,
    /// Whether the value certainly fits the target it was checked against, if what it reads is of its type.
    pub proven: bool,
}

/// An input of a mapping.
#[derive(Debug, Clone)]
pub struct Input {
    pub name: Arc<str>,
    /// As written: `canonical/booking@1`.
    pub schema: Arc<str>,
    pub ty: Type,
    /// Whether there may be nothing behind the name.
    pub optional: bool,
    pub span: Span,
}

/// A mapping, checked and ready to run. Inputs are evaluated in the order of `inputs`.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub name: Arc<str>,
    /// SHA-256, hex, of its text and of the definitions that a project shares; empty until it is linked.
    pub digest: Arc<str>,
    /// Of the name, in `map NAME`.
    pub span: Span,
    pub inputs: Vec<Input>,
    /// The target's schema, as written.
    pub target: Arc<str>,
    pub target_span: Span,
    pub target_type: Type,
    pub program: Program,
    /// Whether it can fail or reject on some input.
    pub fallible: bool,
    /// Tables that it, and what it uses, name after `using tables`.
    pub tables: Vec<Arc<str>>,
    /// The names of the definitions that it calls, where they are defined.
    pub calls: BTreeSet<Span>,
    pub(super) verdicts: Vec<TargetVerdict>,
    pub(super) failing: Vec<MayFail>,
    pub(super) unread: Vec<Diagnostic>,
}

impl Mapping {
    /// What is known beforehand of every place of the target, in the order of the text: the checker of
    /// `check --strict`, lineage and coverage read it.
    pub fn verdicts(&self) -> &[TargetVerdict] {
        &self.verdicts
    }

    /// The calls that fail on some input and that no `try` catches.
    pub fn may_fail(&self) -> &[MayFail] {
        &self.failing
    }

    /// Whether what it makes of inputs that are valid for their schemas is certainly valid for the
    /// target's: then nobody needs to look at it again.
    pub fn is_proven(&self) -> bool {
        self.verdicts.iter().all(|place| place.verdict == crate::schema::Verdict::Proven)
    }

    /// What `check --strict` says of it.
    pub fn hints(&self) -> Vec<Diagnostic> {
        let whole = format!("`{}`", self.target);
        let mut hints = verdicts::hints(&self.verdicts, &self.failing, &whole);
        hints.extend(self.unread.iter().cloned());
        hints
    }
}

/// Checks an expression that may have any type. `None` exactly when a finding is an error.
pub fn compile_expression(
    expression: &Expression,
    scope: &Scope,
    environment: &Environment<'_>,
) -> (Option<Compiled>, Vec<Diagnostic>) {
    compile(expression, scope, environment, |checker, expr| checker.expr(expr))
}

/// Checks an expression whose value goes into `target`: the program gives values in the target's
/// form (a decimal that the schema writes as text is text).
pub fn compile_expression_to(
    expression: &Expression,
    target: &Target,
    scope: &Scope,
    environment: &Environment<'_>,
) -> (Option<Compiled>, Vec<Diagnostic>) {
    compile(expression, scope, environment, |checker, expr| {
        checker.whole.clone_from(&target.what);
        checker.expr_to(expr, target)
    })
}

/// Checks a condition: its value is `true` or `false`, never absent or null.
pub fn compile_condition(
    expression: &Expression,
    scope: &Scope,
    environment: &Environment<'_>,
) -> (Option<Compiled>, Vec<Diagnostic>) {
    compile(expression, scope, environment, |checker, expr| checker.condition(expr))
}

fn compile(
    expression: &Expression,
    scope: &Scope,
    environment: &Environment<'_>,
    check: impl FnOnce(&mut Checker<'_>, &super::syntax::Expr) -> scope::Typed,
) -> (Option<Compiled>, Vec<Diagnostic>) {
    let expr = match parse::parse_expression(expression) {
        Ok(expr) => expr,
        Err(findings) => return (None, findings),
    };
    let mut checker = Checker::new(scope, environment, None);
    let typed = check(&mut checker, &expr);
    checker.finish(typed)
}

/// Checks data whose leaves may be expressions (`with`, `set`, bodies). Members whose expression is
/// absent are left out. `None` exactly when a finding is an error.
pub fn compile_data(
    data: &Data,
    scope: &Scope,
    environment: &Environment<'_>,
) -> (Option<Compiled>, Vec<Diagnostic>) {
    let mut checker = Checker::new(scope, environment, None);
    let typed = checker.data(data);
    checker.finish(typed)
}

/// Checks data that goes into `target`.
pub fn compile_data_to(
    data: &Data,
    target: &Target,
    scope: &Scope,
    environment: &Environment<'_>,
) -> (Option<Compiled>, Vec<Diagnostic>) {
    let mut checker = Checker::new(scope, environment, None);
    checker.whole.clone_from(&target.what);
    let typed = checker.data_to(data, target);
    checker.finish(typed)
}

/// Reads and checks a mapping file; `shared` are the definitions that it may `use`. `None` exactly when
/// a finding is an error. Nothing may run when `shared` came with errors.
pub fn compile_mapping(
    source: SourceId,
    text: &str,
    environment: &Environment<'_>,
    shared: &Shared,
) -> (Option<Mapping>, Vec<Diagnostic>) {
    mapping::compile(source, text, environment, shared)
}

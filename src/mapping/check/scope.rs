//! The checker's state: names and their slots, what is known about them, findings, reads.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::defs::{Calls, Defs};
use super::narrow::Fact;
use super::verdicts::{self, Verdicts};
use super::{Compiled, Environment, Read, Scope};
use crate::diagnostic::{Code, Diagnostic, Severity, Span, codes};
use crate::mapping::program::{Node, Op, Program};
use crate::schema::Type;
use crate::value::Value;

/// What is said of values that may be absent or null.
const EMPTY: [&Code; 3] = [&codes::MAYBE_ABSENT, &codes::MAYBE_NULL, &codes::NULLABLE_DECIDES];

/// A place in an input or local: where a value comes from, for narrowing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub slot: Slot,
    pub steps: Vec<Key>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Input(usize),
    Local(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    Field(Arc<str>),
    Item(u32),
}

/// An expression, typed and compiled.
#[derive(Debug)]
pub(super) struct Typed {
    pub node: Node,
    pub ty: Type,
    pub absent: bool,
    pub fallible: bool,
    pub place: Option<Place>,
    /// Where in the inputs it comes from, for lineage.
    pub origin: Option<Read>,
    /// What the field beside it says of its currency.
    pub currency: Option<Type>,
}

impl Typed {
    pub(super) fn new(op: Op, span: Span, ty: Type) -> Typed {
        Typed {
            node: Node { op, span },
            ty,
            absent: false,
            fallible: false,
            place: None,
            origin: None,
            currency: None,
        }
    }

    /// What stands in for an expression with an error: it causes no further ones.
    pub(super) fn unknown(span: Span) -> Typed {
        Typed::new(Op::Absent, span, Type::Never)
    }

    pub(super) fn span(&self) -> Span {
        self.node.span
    }

    pub(super) fn fallible(mut self, fallible: bool) -> Typed {
        self.fallible |= fallible;
        self
    }

    pub(super) fn constant(&self) -> Option<&Value> {
        match &self.node.op {
            Op::Value(value) => Some(value),
            _ => None,
        }
    }

    /// May be null, as far as is known: nothing is held against `Any`.
    pub(super) fn nullable(&self) -> bool {
        !self.ty.is_any() && self.ty.is_nullable()
    }
}

/// A name in scope.
#[derive(Debug)]
pub(super) struct Known {
    pub name: Arc<str>,
    pub slot: Slot,
    pub ty: Type,
    pub absent: bool,
    pub origin: Option<Read>,
    /// Of a `let`: warns when it is never read.
    pub declared: Option<Span>,
    pub read: bool,
}

/// Walks syntax trees; gathers findings.
pub(super) struct Checker<'a> {
    pub environment: Environment<'a>,
    pub lenient: bool,
    pub secrets_allowed: bool,
    /// Tables after `using tables`; `None` where all may be used.
    pub tables: Option<Vec<Arc<str>>>,
    pub known: Vec<Known>,
    pub locals: usize,
    /// What the local slots are called.
    pub local_names: Vec<Arc<str>>,
    pub facts: Vec<Fact>,
    /// What places are known to be, the latest last.
    pub known_types: Vec<(Place, Type)>,
    /// How deep the expression is that is being checked.
    pub depth: usize,
    /// The definitions that may be called here.
    pub defs: Arc<Defs>,
    /// How definitions are called now, and what was called.
    pub calls: Calls,
    pub findings: Vec<Diagnostic>,
    pub reads: BTreeSet<Read>,
    pub secrets: BTreeSet<Arc<str>>,
    pub tables_read: BTreeSet<Arc<str>>,
    pub verdicts: Verdicts,
    /// Where the value goes, in words.
    pub whole: String,
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        scope: &Scope,
        environment: &Environment<'a>,
        tables: Option<Vec<Arc<str>>>,
    ) -> Checker<'a> {
        let known = scope.names.iter().enumerate().map(|(slot, name)| Known {
            name: name.name.clone(),
            slot: Slot::Input(slot),
            ty: name.ty.clone(),
            absent: name.absent,
            origin: Some(Read { slot, path: String::new() }),
            declared: None,
            read: false,
        });
        Checker {
            environment: *environment,
            lenient: scope.lenient,
            secrets_allowed: scope.secrets,
            tables,
            known: known.collect(),
            locals: 0,
            local_names: Vec::new(),
            facts: Vec::new(),
            known_types: Vec::new(),
            depth: 0,
            defs: Arc::default(),
            calls: Calls::default(),
            findings: Vec::new(),
            reads: BTreeSet::new(),
            secrets: BTreeSet::new(),
            tables_read: BTreeSet::new(),
            verdicts: Verdicts::default(),
            whole: "this".to_owned(),
        }
    }

    pub(super) fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity() == Severity::Error)
    }

    /// The result, unless there are errors.
    pub(super) fn finish(mut self, typed: Typed) -> (Option<Compiled>, Vec<Diagnostic>) {
        let sound = !self.has_errors();
        // What an outcome rule cannot compute, it takes for false.
        if sound && !self.lenient {
            let hints = verdicts::hints(&self.verdicts.places, &self.verdicts.failing, &self.whole);
            self.findings.extend(hints);
        }
        let compiled = sound.then(|| Compiled {
            program: Program::new(typed.node, self.locals, self.local_names),
            ty: typed.ty,
            absent: typed.absent,
            fallible: typed.fallible,
            reads: self.reads.into_iter().collect(),
            secrets: self.secrets.into_iter().collect(),
            proven: self.verdicts.all_proven(),
        });
        (compiled, self.findings)
    }

    /// Notes a finding; the caller may add to it.
    pub(super) fn note(
        &mut self,
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.findings.push(Diagnostic::new(code, span, message));
        self.findings.last_mut().expect("just pushed")
    }

    /// Notes an error and gives what stands in for the expression.
    pub(super) fn wrong(
        &mut self,
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Typed {
        self.note(code, span, message).help.push(help.into());
        Typed::unknown(span)
    }

    /// Whether a finding says that `name` was meant: then nothing more is said of it.
    pub(super) fn is_meant(&self, code: &'static Code, name: &str) -> bool {
        let label = format!("did you mean `{name}`?");
        self.findings.iter().any(|finding| finding.code == code && finding.label.as_ref() == Some(&label))
    }

    /// Forgets what was found from `from` on about what may be absent or null: a condition with errors
    /// was to rule it out.
    pub(super) fn forget_empty(&mut self, from: usize) {
        let late = self.findings.split_off(from.min(self.findings.len()));
        self.findings.extend(late.into_iter().filter(|finding| !EMPTY.contains(&finding.code)));
    }

    /// A fresh local slot.
    pub(super) fn local(&mut self) -> usize {
        self.locals += 1;
        self.locals - 1
    }

    /// Puts a local name in scope and gives its slot.
    pub(super) fn declare(
        &mut self,
        name: &Arc<str>,
        ty: Type,
        absent: bool,
        origin: Option<Read>,
        declared: Option<Span>,
    ) -> usize {
        let local = self.local();
        self.local_names.push(name.clone());
        let slot = Slot::Local(local);
        self.known.push(Known { name: name.clone(), slot, ty, absent, origin, declared, read: false });
        local
    }

    /// Takes names out of scope, down to `count` of them.
    pub(super) fn leave(&mut self, count: usize) {
        while self.known.len() > count {
            let Some(known) = self.known.pop() else { return };
            if let (Some(span), false) = (known.declared, known.read)
                && !self.is_meant(&codes::UNKNOWN_NAME, &known.name)
            {
                self.note(&codes::UNUSED_LET, span, format!("`{}` is never used", known.name));
            }
        }
    }
}

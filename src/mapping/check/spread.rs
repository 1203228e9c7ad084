//! `...value`: the fields that an object's type names, each as if it were written out.

use std::sync::Arc;

use super::scope::{Checker, Typed};
use crate::diagnostic::{Span, codes};
use crate::mapping::program::Statement;
use crate::mapping::syntax::{self, Expr, ExprKind, PathStep, Spread, Word};
use crate::schema::{Field, ObjectType, Type};

/// What a spread calls a value that has no name; nobody can write it.
const HIDDEN: &str = "...";

/// The members of an object as they are put together.
#[derive(Default)]
pub(super) struct Members {
    pub statements: Vec<Statement>,
    pub fields: Vec<(Arc<str>, Field)>,
    pub fallible: bool,
    /// Whether a spread brings nobody knows what: then nothing is said to be missing.
    pub unknown: bool,
}

impl Members {
    /// Adds a member.
    pub fn add(&mut self, name: Arc<str>, value: Typed) {
        self.fallible |= value.fallible;
        self.fields.push((name.clone(), Field { ty: value.ty, required: !value.absent }));
        self.statements.push(Statement::Member(name, value.node));
    }

    /// The names that have a value.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.fields.iter().map(|(name, _)| name)
    }
}

impl Checker<'_> {
    /// A spread; entries `behind` it override its fields.
    pub(super) fn spread(
        &mut self,
        spread: &Spread,
        behind: &[syntax::Statement],
        target: Option<&ObjectType>,
        made: &mut Members,
    ) {
        let names =
            self.spread_value(spread, made).and_then(|(of, ty)| Some((of, self.spread_names(&ty, spread)?)));
        let Some((of, names)) = names else {
            made.unknown = true;
            return;
        };
        let kept: Vec<Arc<str>> = names.into_iter().filter(|name| !overridden(behind, name)).collect();
        if kept.is_empty() {
            self.note(
                &codes::DEAD_BRANCH,
                spread.span,
                "every field of this is given below: it adds nothing",
            );
        }
        let (again, kept): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|name| made.names().any(|given| given == name));
        let (kept, strange): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|name| target.is_none_or(|target| target.member(name).is_some()));
        self.twice(&again, spread.span);
        self.strange(&strange, target, spread.span);
        for name in kept {
            let value = self.spread_field(&of, &name, spread.span, target);
            made.add(name, value);
        }
        self.known.retain(|known| &*known.name != HIDDEN);
    }

    /// Notes fields that have a value already.
    fn twice(&mut self, names: &[Arc<str>], span: Span) {
        let [first, ..] = names else { return };
        let message = format!("this gives {} a value a second time", listed(names));
        self.note(&codes::DOUBLE_ASSIGNMENT, span, message)
            .help
            .push(format!("what stands behind a spread overrides it: write `{first}: …` below"));
    }

    /// Notes fields that the target has not.
    fn strange(&mut self, names: &[Arc<str>], target: Option<&ObjectType>, span: Span) {
        let (Some(target), false) = (target, names.is_empty()) else { return };
        let holder = target.name.as_ref().map_or("the target".to_owned(), |name| format!("`{name}`"));
        let message = format!("this brings {}, and {holder} has no such field", listed(names));
        self.note(&codes::UNKNOWN_FIELD, span, message)
            .help
            .push("write the fields that it has one by one: `name: value.name`".to_owned());
    }

    /// What is spread, as an expression that fields can be asked of, and its type.
    fn spread_value(&mut self, spread: &Spread, made: &mut Members) -> Option<(Expr, Type)> {
        let found = self.findings.len();
        let reads = self.reads.clone();
        let typed = self.expr(&spread.value);
        let failed = self.findings.len() > found && typed.ty.is_never();
        if failed || (typed.ty.is_never() && !typed.absent) {
            return None;
        }
        let ty = typed.ty.clone();
        if self.place_of(&spread.value).is_some() {
            // Its fields are read, not the whole.
            self.reads = reads;
            return Some((spread.value.clone(), ty));
        }
        made.fallible |= typed.fallible;
        let name: Arc<str> = HIDDEN.into();
        let slot = self.declare(&name, typed.ty, typed.absent, typed.origin, None);
        made.statements.push(Statement::Let(slot, typed.node));
        Some((Expr { kind: ExprKind::Name(name), span: spread.value.span }, ty))
    }

    /// The fields that a type names, when it names all that there are.
    fn spread_names(&mut self, ty: &Type, spread: &Spread) -> Option<Vec<Arc<str>>> {
        let span = spread.value.span;
        let mut names: Vec<Arc<str>> = Vec::new();
        for member in ty.members() {
            let object = match member.shape() {
                Type::Null | Type::Never => continue,
                Type::Object(object) => object,
                Type::Any => return self.not_spread(span, "nothing is known of the fields of this"),
                _ => {
                    let message = format!("a spread takes the fields of an object, but this is {ty}");
                    self.note(&codes::WRONG_KIND, span, message);
                    return None;
                }
            };
            let names_all = object.rest.is_none() || (object.silent && !object.fields.is_empty());
            if !names_all {
                return self.not_spread(span, "this may have fields that its schema does not name");
            }
            for (name, _) in &object.fields {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        Some(names)
    }

    fn not_spread<T>(&mut self, span: Span, message: &str) -> Option<T> {
        self.note(&codes::OPEN_SPREAD, span, message).help.push(
            "write the fields one by one, `name: value.name`, or say in the schema which there are"
                .to_owned(),
        );
        None
    }

    fn spread_field(&mut self, of: &Expr, name: &Arc<str>, span: Span, target: Option<&ObjectType>) -> Typed {
        let word = Word { text: name.clone(), span };
        let step = PathStep::Field(word.clone());
        let kind = match &of.kind {
            ExprKind::Path(root, steps) => {
                ExprKind::Path(root.clone(), steps.iter().cloned().chain([step]).collect())
            }
            _ => ExprKind::Path(Box::new(of.clone()), vec![step]),
        };
        let field = Expr { kind, span };
        match target {
            Some(object) => self.member_to(&word, &field, object),
            None => self.expr(&field),
        }
    }
}

fn overridden(behind: &[syntax::Statement], name: &str) -> bool {
    behind
        .iter()
        .any(|statement| matches!(statement, syntax::Statement::Entry(entry) if &*entry.key.text == name))
}

fn listed(names: &[Arc<str>]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

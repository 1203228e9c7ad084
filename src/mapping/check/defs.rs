//! Calls of definitions: arguments against parameters, then the body in the place of the call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Target;
use super::scope::{Checker, Typed};
use crate::diagnostic::{Severity, Span, codes};
use crate::mapping::program::{Node, Op};
use crate::mapping::syntax::{Argument, ArgumentValue, Expr, Word};
use crate::schema::{Type, Verdict};

/// Expressions inside each other, at most, those of definitions counted where they are called.
pub(super) const DEPTH: usize = 100;
/// Parts that all calls of definitions in one file bring with them, at most.
const PARTS: usize = 50_000;

/// Places inside each other that are shown of an error in what is called.
const SHOWN: usize = 3;

/// Definitions by name, as they may be called in one place.
pub(super) type Defs = BTreeMap<Arc<str>, Arc<Def>>;

/// A definition, checked.
#[derive(Debug)]
pub(super) struct Def {
    pub name: Word,
    pub parameters: Vec<Parameter>,
    pub body: Expr,
    /// How deep the body is with what it calls, and how many parts it has.
    pub depth: usize,
    pub parts: usize,
    /// What the body may call, and the tables of its file.
    pub defs: Arc<Defs>,
    pub tables: Vec<Arc<str>>,
    /// What it gives; `None` when it has errors, which have been said.
    pub result: Option<Gives>,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub name: Arc<str>,
    pub ty: Type,
    pub optional: bool,
}

/// What a definition gives for parameters of the declared types.
#[derive(Debug, Clone)]
pub(super) struct Gives {
    pub ty: Type,
    pub absent: bool,
    pub fallible: bool,
}

/// How definitions are called, and what was called.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Whether a definition is being checked: then a call is worth what the called one gives.
    pub defining: bool,
    /// Names of what was called, where they are defined.
    pub called: BTreeSet<Span>,
    parts: usize,
}

/// A parameter's slot and value.
type Given = (Type, bool, Option<Typed>);

impl Checker<'_> {
    /// A call of a definition; into `target`, when that is known.
    pub(super) fn call_def(
        &mut self,
        def: &Arc<Def>,
        name: &Word,
        arguments: &[Argument],
        span: Span,
        target: Option<&Target>,
    ) -> Typed {
        self.calls.called.insert(def.name.span);
        let Some(places) = self.places_of(def, name, arguments) else {
            self.arguments_alone(arguments);
            return Typed::unknown(span);
        };
        let found = self.findings.len();
        let given: Vec<Given> =
            def.parameters.iter().zip(places).map(|(to, expr)| self.given(def, to, expr)).collect();
        let failed = self.findings.iter().skip(found).any(|finding| finding.severity() == Severity::Error);
        let Some(gives) = def.result.as_ref().filter(|_| !failed) else { return Typed::unknown(span) };
        if self.calls.defining {
            let typed = Typed::new(Op::Absent, span, gives.ty.clone());
            let typed = Typed { absent: gives.absent, ..typed }.fallible(gives.fallible);
            return match target {
                Some(target) => self.into_target(typed, target),
                None => typed,
            };
        }
        if !self.has_room(def, span) {
            return Typed::unknown(span);
        }
        self.inline(def, given, span, target)
    }

    /// The argument of each parameter.
    fn places_of<'s>(
        &mut self,
        def: &Def,
        name: &Word,
        arguments: &'s [Argument],
    ) -> Option<Vec<Option<&'s Expr>>> {
        let mut places: Vec<Option<&Expr>> = vec![None; def.parameters.len()];
        let mut next = 0;
        for argument in arguments {
            let ArgumentValue::Expr(expr) = &argument.value else {
                return self.wrong_def_call(
                    def,
                    argument.span,
                    "a definition takes values, no `it -> …`".to_owned(),
                );
            };
            let at = match &argument.name {
                Some(word) => match def.parameters.iter().position(|to| to.name == word.text) {
                    Some(at) => at,
                    None => {
                        let message = format!("`{}` has no `{}`", name.text, word.text);
                        return self.wrong_def_call(def, word.span, message);
                    }
                },
                None => {
                    next += 1;
                    next - 1
                }
            };
            match places.get_mut(at).map(|place| place.replace(expr)) {
                None => {
                    let message = format!("`{}` takes at most {}", name.text, def.parameters.len());
                    return self.wrong_def_call(def, argument.span, message);
                }
                Some(Some(_)) => {
                    return self.wrong_def_call(def, argument.span, "this is given a second time".to_owned());
                }
                Some(None) => {}
            }
        }
        let missing = def.parameters.iter().zip(&places).find(|(to, place)| !to.optional && place.is_none());
        if let Some((to, _)) = missing {
            return self.wrong_def_call(def, name.span, format!("`{}` needs `{}`", name.text, to.name));
        }
        Some(places)
    }

    fn wrong_def_call<T>(&mut self, def: &Def, span: Span, message: String) -> Option<T> {
        let finding = self.note(&codes::WRONG_ARGUMENTS, span, message);
        finding.help.push(format!("write `{}`", signature(def)));
        finding.related.push((def.name.span, "defined here".to_owned()));
        None
    }

    /// An argument against its parameter: as what the body sees it, whether it may be absent, its value.
    fn given(&mut self, def: &Def, to: &Parameter, expr: Option<&Expr>) -> Given {
        let Some(expr) = expr else { return (to.ty.clone(), true, None) };
        let what = format!("`{}` of `{}`", to.name, def.name.text);
        let target = Target { ty: to.ty.clone(), required: !to.optional, what };
        let typed = self.beside(|checker| checker.expr_to(expr, &target));
        // What is not proven stays what it is: the body is then checked for that.
        let ty = match typed.ty.fits(&to.ty) {
            Verdict::Proven => to.ty.clone(),
            _ => typed.ty.clone(),
        };
        (ty, to.optional, Some(typed))
    }

    fn has_room(&mut self, def: &Def, span: Span) -> bool {
        self.calls.parts = self.calls.parts.saturating_add(def.parts);
        let deep = self.depth + def.depth > DEPTH;
        if !deep && self.calls.parts <= PARTS {
            return true;
        }
        let message = match deep {
            true => format!(
                "more than {DEPTH} expressions inside each other, with what `{}` calls",
                def.name.text
            ),
            false => format!("the definitions called in this file come to more than {PARTS} parts"),
        };
        if !self.findings.iter().any(|finding| finding.message == message) {
            let finding = self.note(&codes::TOO_COMPLEX, span, message);
            let help = "call them in fewer places, or give what they give a name with `let`";
            finding.help.push(help.to_owned());
        }
        false
    }

    /// The body with the arguments as its names; the place that it is called from knows nothing else of it.
    fn inline(&mut self, def: &Arc<Def>, given: Vec<Given>, span: Span, target: Option<&Target>) -> Typed {
        let found = self.findings.len();
        let outer = std::mem::take(&mut self.known);
        let defs = std::mem::replace(&mut self.defs, def.defs.clone());
        let tables = self.tables.replace(def.tables.clone());
        let mut lets: Vec<(usize, Node)> = Vec::with_capacity(given.len());
        let mut fallible = false;
        for (to, (ty, absent, value)) in def.parameters.iter().zip(given) {
            let value = value.unwrap_or_else(|| Typed::unknown(span));
            fallible |= value.fallible;
            lets.push((self.declare(&to.name, ty, absent, value.origin, None), value.node));
        }
        let typed = match target {
            Some(target) => self.expr_to(&def.body, target),
            None => self.expr(&def.body),
        };
        self.known = outer;
        self.defs = defs;
        self.tables = tables;
        self.said_of_call(found, span);
        let absent = typed.absent;
        let op = Op::Lets(lets.into(), Box::new(typed.node));
        Typed { absent, ..Typed::new(op, span, typed.ty).fallible(fallible || typed.fallible) }
    }

    /// Of what was found in a body since `found`, warnings are about the definition alone and have been
    /// said; errors come from this call, and are shown there.
    fn said_of_call(&mut self, found: usize, span: Span) {
        let late = self.findings.split_off(found.min(self.findings.len()));
        let errors = late.into_iter().filter(|finding| finding.severity() == Severity::Error);
        self.findings.extend(errors.map(|mut finding| {
            let inside = finding.span.replace(span).unwrap_or(span);
            let words = finding.label.take().unwrap_or_else(|| "it comes from here".to_owned());
            if finding.related.len() < SHOWN {
                finding.related.insert(0, (inside, words));
            }
            finding
        }));
    }
}

/// `net(amount, rate?)`.
fn signature(def: &Def) -> String {
    let names = def.parameters.iter().map(|to| format!("{}{}", to.name, if to.optional { "?" } else { "" }));
    format!("{}({})", def.name.text, names.collect::<Vec<_>>().join(", "))
}

//! Names and paths against the types of what they look into.

use std::sync::Arc;

use super::Read;
use super::narrow::About;
use super::scope::{Checker, Key, Place, Slot, Typed};
use super::units::CURRENCIES;
use crate::diagnostic::{Span, codes, nearest};
use crate::mapping::program::{Node, Op, Step};
use crate::mapping::syntax::{Expr, ExprKind, PathStep, Word};
use crate::schema::{ArrayType, NoAccess, Type};

/// Places of one misspelled name that are shown besides the first.
const HERE_TOO: usize = 5;

impl Checker<'_> {
    /// A name by itself.
    pub(super) fn name(&mut self, name: &Arc<str>, span: Span) -> Typed {
        let typed = self.slot(name, span);
        if let Some(origin) = &typed.origin {
            self.reads.insert(origin.clone());
        }
        typed
    }

    fn slot(&mut self, name: &Arc<str>, span: Span) -> Typed {
        let Some(at) = self.known.iter().rposition(|known| known.name == *name) else {
            return self.unknown_name(name, span);
        };
        self.known[at].read = true;
        let known = &self.known[at];
        let op = match known.slot {
            Slot::Input(slot) => Op::Input(slot),
            Slot::Local(slot) => Op::Local(slot),
        };
        let place = Place { slot: known.slot, steps: Vec::new() };
        let mut typed = Typed::new(op, span, known.ty.clone());
        typed.absent = known.absent;
        typed.origin = known.origin.clone();
        self.narrowed(typed, place)
    }

    fn unknown_name(&mut self, name: &Arc<str>, span: Span) -> Typed {
        let known: Vec<Arc<str>> = self.known.iter().map(|known| known.name.clone()).collect();
        let is_table = self.environment.tables.get(name).is_some();
        let near =
            nearest(name, known.iter().map(|name| &**name)).map(|near| format!("did you mean `{near}`?"));
        let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!("nothing here is called `{name}`");
        let said = self.findings.iter_mut().find(|finding| finding.message == message);
        if let Some(said) = said {
            if said.related.len() < HERE_TOO {
                said.related.push((span, "here too".to_owned()));
            }
            return Typed::unknown(span);
        }
        let defining = self.calls.defining;
        let finding = self.note(&codes::UNKNOWN_NAME, span, message);
        if defining {
            finding.help.push("a definition sees its parameters and nothing else: make it one".to_owned());
        } else if is_table {
            finding.help.push(format!("`{name}` is a table: write `lookup({name}, key)`"));
        } else if near.is_none() && !names.is_empty() {
            finding.help.push(format!("what can stand here: {names}; a text stands in quotes: `\"{name}\"`"));
        }
        finding.label = near;
        Typed::unknown(span)
    }

    /// Applies what is known about the place.
    fn narrowed(&self, mut typed: Typed, place: Place) -> Typed {
        if self.knows(&place, About::Present) {
            typed.absent = false;
        }
        typed.ty = self.type_known(typed.ty, &place);
        typed.ty = self.limited(typed.ty, &place);
        typed.place = Some(place);
        typed
    }

    /// `of.field[0].list[]`.
    pub(super) fn path(&mut self, of: &Expr, steps: &[PathStep], span: Span) -> Typed {
        let root = match &of.kind {
            ExprKind::Name(name) => self.slot(name, of.span),
            _ => self.expr(of),
        };
        // What is unknown has been noted: nothing follows from it.
        if root.ty.is_never() && !root.absent {
            return Typed::unknown(span);
        }
        let mut at = At {
            ty: root.ty,
            absent: root.absent,
            fallible: root.fallible,
            place: root.place,
            origin: root.origin,
            over: false,
            counts: None,
        };
        let mut compiled = Vec::with_capacity(steps.len());
        let mut currency = None;
        for step in steps {
            currency = currency_beside(&at.ty, step);
            match self.step(&mut at, step) {
                Some(step) => compiled.push(step),
                None => return Typed::unknown(span),
            }
        }
        if let Some(origin) = &at.origin {
            self.reads.insert(origin.clone());
        }
        let absent = at.absent && !at.over;
        let ty = if at.over { at.list() } else { at.ty };
        Typed {
            node: join(root.node, compiled, span),
            ty,
            absent,
            fallible: at.fallible,
            place: at.place,
            origin: at.origin,
            currency,
        }
    }

    fn step(&mut self, at: &mut At, step: &PathStep) -> Option<Step> {
        let any = at.ty.is_any();
        match step {
            PathStep::Field(word) => {
                let access = match at.ty.member(&word.text) {
                    Ok(access) => access,
                    Err(error) => {
                        self.no_access(&error, word);
                        return None;
                    }
                };
                if access.undeclared && self.undeclared(&at.ty, word) {
                    return None;
                }
                at.enter(
                    access.ty,
                    access.absent || access.through_null,
                    Some(Key::Field(word.text.clone())),
                );
                at.extend_origin(&format!(".{}", word.text));
                at.fallible |= any;
                self.apply_facts(at);
                Some(Step::Field(word.text.clone()))
            }
            PathStep::Item(index, span) => {
                let access = match at.ty.item(*index as usize) {
                    Ok(access) => access,
                    Err(_) => return self.no_list(&at.ty, *span, "one item of"),
                };
                at.enter(access.ty, access.absent || access.through_null, Some(Key::Item(*index)));
                at.extend_origin(&format!("[{index}]"));
                at.fallible |= any;
                self.apply_facts(at);
                Some(Step::Item(*index as usize))
            }
            PathStep::Items(span) => {
                let Ok(items) = at.ty.items() else { return self.no_list(&at.ty, *span, "every item of") };
                let list = at.ty.as_array().filter(|_| !at.over);
                at.counts = list.map(|list| (list.min_items.filter(|_| !at.absent), list.max_items));
                at.enter(items, false, None);
                at.extend_origin("[]");
                at.over = true;
                at.absent = false;
                at.fallible |= any;
                Some(Step::Items)
            }
        }
    }

    fn apply_facts(&self, at: &mut At) {
        let Some(place) = &at.place else { return };
        if self.knows(place, About::Present) {
            at.absent = false;
        }
        at.ty = self.type_known(at.ty.clone(), place);
        at.ty = self.limited(at.ty.clone(), place);
    }

    fn no_list<T>(&mut self, ty: &Type, span: Span, what: &str) -> Option<T> {
        self.note(&codes::WRONG_KIND, span, format!("this asks for {what} a list, but stands behind {ty}"))
            .help
            .push("remove the brackets".to_owned());
        None
    }

    fn no_access(&mut self, error: &NoAccess, word: &Word) {
        match error {
            NoAccess::NoSuchField { object, known } => {
                let message = match object.as_object().and_then(|object| object.name.as_deref()) {
                    Some(table) if table.starts_with("table ") => {
                        let code = &codes::UNKNOWN_COLUMN;
                        return self.no_member(
                            code,
                            format!("{table} has no column `{}`", word.text),
                            word,
                            known,
                        );
                    }
                    Some(name) => format!("`{name}` has no field `{}`", word.text),
                    None => format!("there is no field `{}` here", word.text),
                };
                self.no_member(&codes::UNKNOWN_FIELD, message, word, known);
            }
            NoAccess::NotAnObject(ty) | NoAccess::NotAList(ty) => {
                let message = format!("`.{}` looks for a field, but stands behind {ty}", word.text);
                let finding = self.note(&codes::WRONG_KIND, word.span, message);
                if ty.as_array().is_some() {
                    let name = &word.text;
                    finding.help.push(format!(
                        "write `[].{name}` for that field of every item, `[0].{name}` for one"
                    ));
                }
            }
        }
    }

    /// Notes a field that a schema does not name though it could. Whether it is a slip of one that it does.
    pub(super) fn undeclared(&mut self, ty: &Type, word: &Word) -> bool {
        let objects: Vec<_> = ty.members().iter().filter_map(Type::as_object).collect();
        let names = || objects.iter().flat_map(|object| object.fields.iter().map(|(name, _)| name));
        let near = nearest(&word.text, names().map(|name| &**name));
        let holder = match objects.iter().find_map(|object| object.name.as_ref()) {
            Some(name) => format!("`{name}`"),
            None => "the schema".to_owned(),
        };
        let message = format!("{holder} declares no field `{}` here", word.text);
        let Some(near) = near else {
            let known: Vec<Arc<str>> = names().cloned().collect();
            let help = format!(
                "{}; declare `{}` in the schema, or say there that any field may come: `\"additionalProperties\": true`",
                listed(&known),
                word.text
            );
            self.note(&codes::UNDECLARED_FIELD, word.span, message).help.push(help);
            return false;
        };
        let finding = self.note(&codes::UNKNOWN_FIELD, word.span, message);
        finding.label = Some(format!("did you mean `{near}`?"));
        finding.help.push(format!("if there is a field `{}` too, declare it in the schema", word.text));
        true
    }

    fn no_member(
        &mut self,
        code: &'static crate::diagnostic::Code,
        message: String,
        word: &Word,
        known: &[Arc<str>],
    ) {
        let near = nearest(&word.text, known.iter().map(|name| &**name)).map(str::to_owned);
        let finding = self.note(code, word.span, message);
        match near {
            Some(near) => finding.label = Some(format!("did you mean `{near}`?")),
            None => finding.help.push(listed(known)),
        }
    }
}

/// What the object that a field stands in says of its currency.
fn currency_beside(object: &Type, step: &PathStep) -> Option<Type> {
    let PathStep::Field(_) = step else { return None };
    let found = CURRENCIES.iter().find_map(|name| object.as_object()?.field(name));
    found.map(|field| field.ty.without_null())
}

/// The first of the names that there are.
fn listed(known: &[Arc<str>]) -> String {
    let shown = known.iter().take(12).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = if known.len() > 12 { ", …" } else { "" };
    format!("it has {shown}{more}")
}

/// How far a path has come.
struct At {
    ty: Type,
    absent: bool,
    fallible: bool,
    place: Option<Place>,
    origin: Option<Read>,
    /// Has gone over every item of a list.
    over: bool,
    /// How many items that list has, where it is the only one.
    counts: Option<(Option<usize>, Option<usize>)>,
}

impl At {
    /// What is found in every item: absent ones are left out.
    fn list(&self) -> Type {
        let (least, most) = self.counts.unwrap_or((None, None));
        let min_items = least.filter(|_| !self.absent);
        let items = self.ty.clone();
        Type::Array(Arc::new(ArrayType { items, prefix: Vec::new(), min_items, max_items: most }))
    }

    fn enter(&mut self, ty: Type, absent: bool, key: Option<Key>) {
        self.ty = ty;
        self.absent |= absent;
        self.place = self.place.take().zip(key).map(|(mut place, key)| {
            place.steps.push(key);
            place
        });
    }

    fn extend_origin(&mut self, step: &str) {
        if let Some(origin) = &mut self.origin {
            let step = if origin.path.is_empty() { step.trim_start_matches('.') } else { step };
            origin.path.push_str(step);
        }
    }
}

/// A path over a path is one path.
fn join(root: Node, steps: Vec<Step>, span: Span) -> Node {
    match root.op {
        Op::Path(of, before) => {
            let steps = before.into_vec().into_iter().chain(steps).collect();
            Node { op: Op::Path(of, steps), span }
        }
        _ => Node { op: Op::Path(Box::new(root), steps.into()), span },
    }
}

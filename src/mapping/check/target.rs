//! Expressions against where their value goes: presence, null, kind, facets, and the target's form.

use std::sync::Arc;

use super::Target;
use super::expr::{is_decimal_text, says_omit, to_number};
use super::scope::{Checker, Typed};
use super::spread::Members;
use crate::diagnostic::{Severity, Span, codes, nearest};
use crate::mapping::program::{Op, Statement};
use crate::mapping::syntax::{self, Block, Expr, ExprKind};
use crate::schema::{ArrayType, Field, Mismatch, ObjectType, Type, Verdict};

impl Checker<'_> {
    /// Types and compiles an expression whose value goes into `target`.
    pub(super) fn expr_to(&mut self, expr: &Expr, target: &Target) -> Typed {
        self.depth += 1;
        let typed = self.form_to(expr, target);
        self.depth -= 1;
        typed
    }

    fn form_to(&mut self, expr: &Expr, target: &Target) -> Typed {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Object(block) => {
                if let Some(object) = one_object(&target.ty) {
                    return self.object_to(block, &object, span, &target.ty);
                }
            }
            ExprKind::Each(each) => {
                if let Some(list) = one_list(&target.ty) {
                    let item = item_target(&list.items, &target.what);
                    let before = (self.findings.len(), self.judged());
                    let typed = self.each(each, span, &mut |checker, body| {
                        checker.below("[]".to_owned(), |checker| checker.expr_to(body, &item))
                    });
                    return self.whole_into(typed, target, before);
                }
            }
            ExprKind::Array(items) => {
                if let Some(list) = one_list(&target.ty) {
                    let before = (self.findings.len(), self.judged());
                    let typed = self.array_to(items, &list, span, &target.what);
                    return self.whole_into(typed, target, before);
                }
            }
            ExprKind::Match(matching) => {
                return self.matching(matching, span, &mut |checker, arm| checker.expr_to(arm, target));
            }
            ExprKind::Call(name, arguments) if self.defs.contains_key(&name.text) => {
                if let Some(def) = self.defs.get(&name.text).cloned() {
                    return self.call_def(&def, name, arguments, span, Some(target));
                }
            }
            ExprKind::Call(name, arguments) if &*name.text == "if" => {
                if let Some([condition, value, otherwise]) = self.plain(arguments) {
                    let branch = &mut |checker: &mut Checker<'_>, expr: &Expr| checker.expr_to(expr, target);
                    return self.choice(condition, value, otherwise, span, branch);
                }
            }
            _ => {}
        }
        let typed = self.expr(expr);
        self.into_target(typed, target)
    }

    /// Like `into_target`, for a list whose items have been checked one by one: where these have
    /// findings (since `before`), the whole adds none.
    fn whole_into(&mut self, typed: Typed, target: &Target, (before, since): (usize, usize)) -> Typed {
        let noted = self.findings.iter().skip(before).any(|finding| finding.severity() == Severity::Error);
        if noted { typed } else { self.judged_into(typed, target, since) }
    }

    /// Checks a typed value against its target and gives it the target's form.
    pub(super) fn into_target(&mut self, typed: Typed, target: &Target) -> Typed {
        let since = self.judged();
        self.judged_into(typed, target, since)
    }

    /// The same, where places inside it have verdicts from `since` on.
    pub(super) fn judged_into(&mut self, typed: Typed, target: &Target, since: usize) -> Typed {
        let typed = self.presence(typed, target);
        let typed = reshape(typed, &target.ty);
        match typed.ty.fits(&target.ty) {
            Verdict::Refuted(mismatches) => {
                self.refuted(&mismatches, &typed, target);
                Typed::unknown(typed.span())
            }
            verdict => {
                let proven = verdict == Verdict::Proven;
                self.judge(typed.span(), verdict, since);
                typed.fallible(!proven)
            }
        }
    }

    fn presence(&mut self, typed: Typed, target: &Target) -> Typed {
        let what = &target.what;
        if typed.absent && target.required {
            let omitted = matches!(typed.node.op, Op::Absent);
            let message = match omitted {
                true => format!("{what} is required, but omitted"),
                false => format!("{what} is required, but this may be absent"),
            };
            self.note(&codes::MAYBE_ABSENT, typed.span(), message)
                .help
                .push("write `?? …` for a value instead, or `?? reject(\"code\", \"text\")`".to_owned());
        }
        if !typed.nullable() || target.ty.is_nullable() || typed.ty.is_never() {
            return typed;
        }
        let message = format!("{what} may not be null, but this may be");
        let help = match target.required {
            true => "write `?? …` for a value instead, or `?? reject(\"code\", \"text\")`",
            false => "write `?? omit` to leave it out then, or `?? …` for a value instead",
        };
        self.note(&codes::MAYBE_NULL, typed.span(), message).help.push(help.to_owned());
        Typed { ty: typed.ty.without_null(), ..typed }
    }

    fn refuted(&mut self, mismatches: &[Mismatch], typed: &Typed, target: &Target) {
        // A field that is only just missed is not also missing.
        let meant = |mismatch: &&Mismatch| {
            let field = mismatch.message.strip_suffix(" is required");
            let near = field.map(|field| format!("did you mean {field}?"));
            !near.is_some_and(|near| mismatches.iter().any(|other| other.message.ends_with(&near)))
        };
        for mismatch in mismatches.iter().filter(meant).take(3) {
            let inside = mismatch.pointer.replace('/', ".");
            let what = match inside.is_empty() {
                true => target.what.clone(),
                false => format!("{} in {}", inside.trim_start_matches('.').to_owned(), target.what),
            };
            let message = format!("{what} {}", mismatch.message);
            let help = conversion(&typed.ty, &target.ty);
            let cells = self.cells(&typed.ty, &target.ty);
            let finding = self.note(&codes::TARGET_MISMATCH, typed.span(), message);
            finding.help.extend(help.map(str::to_owned));
            finding.related.extend(cells);
        }
    }

    /// Cells of tables whose texts a target does not allow.
    fn cells(&self, source: &Type, target: &Type) -> Vec<(Span, String)> {
        let values = source.members().iter().filter_map(|ty| ty.as_text()?.values.clone()).flatten();
        let bad: Vec<Arc<str>> =
            values.filter(|value| matches!(Type::literal(value).fits(target), Verdict::Refuted(_))).collect();
        let tables = self.tables_read.iter().filter_map(|name| self.environment.tables.get(name));
        let cells = tables.flat_map(|table| {
            bad.iter().filter_map(|value| Some((table.cell(value)?, "it comes from here".to_owned())))
        });
        cells.take(3).collect()
    }

    fn object_to(&mut self, block: &Block, object: &ObjectType, span: Span, whole: &Type) -> Typed {
        let since = self.judged();
        let (statements, fields, fallible) = self.block_to(block, object, span);
        let typed = Typed::new(Op::Object(statements.into()), span, Type::object(fields)).fallible(fallible);
        // Every member has been checked; what is left is what objects say as a whole.
        let verdict = typed.ty.fits(whole);
        let proven = verdict == Verdict::Proven;
        self.judge(span, verdict, since);
        typed.fallible(!proven)
    }

    /// A block whose members are the fields of `object`; what is required and not given is noted at
    /// `at`.
    pub(super) fn block_to(
        &mut self,
        block: &Block,
        object: &ObjectType,
        at: Span,
    ) -> (Vec<Statement>, Vec<(Arc<str>, Field)>, bool) {
        let names = self.known.len();
        let mut made = Members::default();
        for (index, statement) in block.statements.iter().enumerate() {
            match statement {
                syntax::Statement::Let(binding) => {
                    let (slot, node) = self.binding(binding, &mut made.fallible);
                    made.statements.push(Statement::Let(slot, node));
                }
                syntax::Statement::Entry(entry) => {
                    self.once(&entry.key, made.names());
                    let value = self.member_to(&entry.key, &entry.value, object);
                    made.add(entry.key.text.clone(), value);
                }
                syntax::Statement::Spread(spread) => {
                    self.spread(spread, &block.statements[index + 1..], Some(object), &mut made);
                }
            }
        }
        self.leave(names);
        if !made.unknown {
            self.missing(object, &made.fields, at);
        }
        (made.statements, made.fields, made.fallible)
    }

    /// The value of a member called `key` of `object`.
    pub(super) fn member_to(&mut self, key: &syntax::Word, value: &Expr, object: &ObjectType) -> Typed {
        match object.member(&key.text) {
            Some(_) if self.unfit_name(object, key) => self.expr(value),
            Some(field) => {
                let what = format!("`{}`", key.text);
                let target = Target { ty: field.ty, required: field.required, what };
                self.below(format!(".{}", key.text), |checker| checker.expr_to(value, &target))
            }
            None => {
                self.unknown_target(key, object);
                self.expr(value)
            }
        }
    }

    /// Whether a member's name is a slip of one that the target names; notes what it does not name.
    pub(super) fn unfit_name(&mut self, object: &ObjectType, key: &syntax::Word) -> bool {
        let open = object.silent && object.rest.is_some() && !object.fields.is_empty();
        open && object.field(&key.text).is_none()
            && self.undeclared(&Type::Object(Arc::new(object.clone())), key)
    }

    fn unknown_target(&mut self, key: &syntax::Word, object: &ObjectType) {
        let near = nearest(&key.text, object.fields.iter().map(|(name, _)| &**name));
        let near = near.map(|near| format!("did you mean `{near}`?"));
        let message = match &object.name {
            Some(name) => format!("`{name}` has no field `{}`", key.text),
            None => format!("the target has no field `{}` here", key.text),
        };
        self.note(&codes::UNKNOWN_FIELD, key.span, message).label = near;
    }

    fn missing(&mut self, object: &ObjectType, given: &[(Arc<str>, Field)], at: Span) {
        let known = || object.fields.iter().map(|(name, _)| &**name);
        // A name that only just misses its field has been noted with that field's name.
        let meant = |name: &str| {
            given
                .iter()
                .any(|(given, _)| object.member(given).is_none() && nearest(given, known()) == Some(name))
        };
        let missing = object.fields.iter().filter(|(name, field)| {
            field.required && !given.iter().any(|(given, _)| given == name) && !meant(name)
        });
        for (name, field) in missing {
            let holder = object.name.as_ref().map_or("the target".to_owned(), |name| format!("`{name}`"));
            let message = format!("{holder} requires `{name}`, which is not given");
            let help = format!("write `{name}: …` ({})", field.ty);
            self.note(&codes::MISSING_TARGET, at, message).help.push(help);
        }
    }

    fn array_to(&mut self, items: &[Expr], list: &ArrayType, span: Span, what: &str) -> Typed {
        let mut types = Vec::with_capacity(items.len());
        let mut nodes = Vec::with_capacity(items.len());
        let (mut fallible, mut least) = (false, 0);
        for (at, item) in items.iter().enumerate() {
            let what = format!("item {} of {what}", at + 1);
            // Where each position means something else, none can be left out.
            let required = !list.prefix.is_empty() || !says_omit(item);
            let target = Target { ty: list.at(at).clone(), required, what };
            let typed = self.below(format!("[{at}]"), |checker| checker.expr_to(item, &target));
            fallible |= typed.fallible;
            least += usize::from(!typed.absent);
            types.push(typed.ty);
            nodes.push(typed.node);
        }
        let (min_items, max_items) = (Some(least), Some(types.len()));
        let list = match least == types.len() {
            true => ArrayType { items: Type::Never, prefix: types, min_items, max_items },
            false => ArrayType { items: Type::union(types), prefix: Vec::new(), min_items, max_items },
        };
        Typed::new(Op::Array(nodes.into()), span, Type::Array(Arc::new(list))).fallible(fallible)
    }
}

/// The object that a block makes, where the target takes exactly one kind of object.
pub(super) fn one_object(ty: &Type) -> Option<Arc<ObjectType>> {
    let mut objects = ty.members().iter().filter_map(Type::as_object);
    let first = objects.next()?;
    objects.next().is_none().then(|| first.clone())
}

fn one_list(ty: &Type) -> Option<Arc<ArrayType>> {
    let mut lists = ty.members().iter().filter_map(Type::as_array);
    let first = lists.next()?;
    lists.next().is_none().then(|| first.clone())
}

fn item_target(items: &Type, what: &str) -> Target {
    Target { ty: items.clone(), required: false, what: format!("an item of {what}") }
}

/// Decimals go over the wire as the target's schema writes them: as numbers or as text.
fn reshape(typed: Typed, target: &Type) -> Typed {
    let takes_number = target.members().iter().any(|ty| matches!(ty.shape(), Type::Number(_) | Type::Any));
    let takes_text = target.members().iter().any(|ty| matches!(ty.shape(), Type::Text(_) | Type::Any));
    let wants_decimal = is_decimal_text(target);
    if is_decimal_text(&typed.ty) && takes_number && !takes_text {
        return to_number(typed);
    }
    let is_number = typed.ty.without_null().as_number().is_some();
    if !(is_number && wants_decimal && !takes_number) {
        return typed;
    }
    let nullable = typed.nullable();
    let (span, absent, fallible) = (typed.span(), typed.absent, typed.fallible);
    let text = Type::formatted("decimal");
    let ty = if nullable { text.or_null() } else { text };
    Typed { absent, ..Typed::new(Op::ToText(Box::new(typed.node)), span, ty).fallible(fallible) }
}

fn conversion(source: &Type, target: &Type) -> Option<&'static str> {
    match (source.without_null().shape(), target.without_null().shape()) {
        (Type::Number(_) | Type::Boolean, Type::Text(_)) => Some("write `text(…)`"),
        (Type::Text(_), Type::Number(number)) if number.integer => Some("write `integer(…)`"),
        (Type::Text(_), Type::Number(_)) => Some("write `decimal(…)`"),
        (Type::Text(source), Type::Text(target))
            if source.format.as_deref() == Some("date-time") && target.format.as_deref() == Some("date") =>
        {
            Some("write `date(…)`")
        }
        (Type::Text(source), Type::Text(target))
            if source.format.as_deref() == Some("date-time-local")
                && target.format.as_deref() == Some("date-time") =>
        {
            Some("say where its clock hangs: `instant(…, \"Europe/Berlin\", dst: reject)`")
        }
        (Type::Array(_), Type::Text(_) | Type::Number(_) | Type::Object(_)) => {
            Some("this is a list: write `first(…)`, or `[0]`")
        }
        (_, Type::Array(_)) => Some("the target is a list: write `[ … ]`"),
        _ => None,
    }
}

//! Data from YAML whose leaves may be expressions.

use std::sync::Arc;

use super::Target;
use super::expr::type_of_number;
use super::scope::{Checker, Typed};
use super::target::one_object;
use crate::config::Spanned;
use crate::config::declarations::{Data, Name, Text, TextPart, Written};
use crate::diagnostic::{Diagnostic, Span, codes, nearest};
use crate::mapping::parse;
use crate::mapping::program::{Op, SecretPiece, Statement};
use crate::mapping::syntax::Word;
use crate::schema::{ArrayType, Field, ObjectType, Type};
use crate::value::Value;

impl Checker<'_> {
    /// Types and compiles data.
    pub(super) fn data(&mut self, data: &Data) -> Typed {
        match data {
            Data::Literal(literal, written) => {
                if *written == Written::Bare {
                    self.word(literal);
                }
                Typed::new(Op::Value(literal.value.clone()), literal.span, type_of(literal))
            }
            Data::Secret(text) => self.secret(text),
            Data::Expression(expression) => match parse::parse_expression(expression) {
                Ok(expr) => self.expr(&expr),
                Err(findings) => self.unread(findings, expression.span),
            },
            Data::Array(items, span) => {
                let items: Vec<Typed> = items.iter().map(|item| self.data(item)).collect();
                list(items, *span)
            }
            Data::Object(members, span) => {
                let mut fields = Vec::with_capacity(members.len());
                for (name, value) in members {
                    let value = self.data(value);
                    fields.push((Arc::from(name.value.as_str()), value));
                }
                object(fields, *span)
            }
        }
    }

    /// Types and compiles data that goes into `target`.
    pub(super) fn data_to(&mut self, data: &Data, target: &Target) -> Typed {
        match data {
            Data::Expression(expression) => match parse::parse_expression(expression) {
                Ok(expr) => self.expr_to(&expr, target),
                Err(findings) => self.unread(findings, expression.span),
            },
            Data::Object(members, span) => match one_object(&target.ty) {
                Some(object) => {
                    let since = self.judged();
                    let typed = self.members_to(members, &object, *span);
                    self.judge(*span, typed.ty.fits(&target.ty), since);
                    typed
                }
                None => {
                    let typed = self.data(data);
                    self.into_target(typed, target)
                }
            },
            Data::Array(items, span) => {
                let judged = self.judged();
                let Some(array) = target.ty.as_array().cloned() else {
                    let typed = self.data(data);
                    return self.into_target(typed, target);
                };
                let checked = items.iter().enumerate().map(|(at, item)| {
                    let what = format!("item {} of {}", at + 1, target.what);
                    let target = Target { ty: array.at(at).clone(), required: true, what };
                    self.below(format!("[{at}]"), |checker| checker.data_to(item, &target))
                });
                let since = judged;
                let typed = list(checked.collect(), *span);
                self.judged_into(typed, target, since)
            }
            Data::Literal(literal, written) => {
                let before = self.findings.len();
                let typed = Typed::new(Op::Value(literal.value.clone()), literal.span, type_of(literal));
                let typed = self.into_target(typed, target);
                if *written == Written::Bare && !is_listed(&target.ty, &literal.value) {
                    self.word_to(literal, before);
                }
                typed
            }
            Data::Secret(_) => {
                let typed = self.data(data);
                self.into_target(typed, target)
            }
        }
    }

    fn members_to(&mut self, members: &[(Name, Data)], target: &ObjectType, span: Span) -> Typed {
        let mut fields: Vec<(Arc<str>, Typed)> = Vec::with_capacity(members.len());
        for (name, value) in members {
            let key: Arc<str> = name.value.as_str().into();
            let word = Word { text: key.clone(), span: name.span };
            self.once(&word, fields.iter().map(|(name, _)| name));
            let value = match target.member(name) {
                Some(_) if self.unfit_name(target, &word) => self.data(value),
                Some(field) => {
                    let what = format!("`{}`", name.value);
                    let target = Target { ty: field.ty, required: field.required, what };
                    self.below(format!(".{}", name.value), |checker| checker.data_to(value, &target))
                }
                None => {
                    let near = nearest(name, target.fields.iter().map(|(name, _)| &**name));
                    let near = near.map(|near| format!("did you mean `{near}`?"));
                    let holder = target.name.as_deref().unwrap_or("the target");
                    let message = format!("`{holder}` has no field `{}`", name.value);
                    self.note(&codes::UNKNOWN_FIELD, name.span, message).label = near;
                    self.data(value)
                }
            };
            fields.push((key, value));
        }
        for (name, field) in &target.fields {
            if field.required && !fields.iter().any(|(given, _)| given == name) {
                let holder = target.name.as_deref().unwrap_or("the target");
                let message = format!("`{holder}` requires `{name}`, which is not given");
                let help = format!("write `{name}:` ({})", field.ty);
                self.note(&codes::MISSING_TARGET, span, message).help.push(help);
            }
        }
        object(fields, span)
    }

    /// A bare text that reads like a name in scope: most likely its `=` was forgotten.
    fn word(&mut self, literal: &Spanned<Value>) {
        let Some(text) = literal.value.as_str().filter(|text| self.stands_for(text)) else { return };
        let message = format!("this is the text `{text}`, not the value of `{text}`");
        let help = format!("write `={text}` for the value; where the text is meant, quote it: `\"{text}\"`");
        self.note(&codes::MISSING_EQUALS, literal.span, message).help.push(help);
    }

    /// The same for a text that goes into a target: where it has been refused (since `before`), the help
    /// says why.
    fn word_to(&mut self, literal: &Spanned<Value>, before: usize) {
        let refused = self.findings.len() > before;
        let Some(text) = literal.value.as_str().filter(|text| refused && self.stands_for(text)) else {
            if !refused {
                self.word(literal);
            }
            return;
        };
        let help = format!("this is the text `{text}`: write `={text}` for the value of `{text}`");
        self.findings.iter_mut().skip(before).take(1).for_each(|finding| finding.help = vec![help.clone()]);
    }

    /// Whether a text is, letter by letter, a name in scope, or a path that finds something below one.
    fn stands_for(&self, text: &str) -> bool {
        let mut words = text.split('.');
        let root = words.next().unwrap_or_default();
        let Some(known) = self.known.iter().rfind(|known| *known.name == *root) else { return false };
        let found = words.try_fold(known.ty.clone(), |ty, word| {
            let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let access =
                ty.without_null().member(word).ok().filter(|access| is_word && !access.undeclared)?;
            Some(access.ty)
        });
        found.is_some()
    }

    fn unread(&mut self, findings: Vec<Diagnostic>, span: Span) -> Typed {
        self.findings.extend(findings);
        Typed::unknown(span)
    }

    fn secret(&mut self, text: &Text) -> Typed {
        let mut pieces = Vec::with_capacity(text.parts.len());
        for part in &text.parts {
            pieces.push(match part {
                TextPart::Literal(literal) => SecretPiece::Literal(literal.as_str().into()),
                TextPart::Secret(name) => {
                    self.secrets.insert(name.as_str().into());
                    SecretPiece::Secret(name.as_str().into())
                }
                // `serve` has refused the project before anything runs.
                TextPart::Missing(_) => SecretPiece::Literal("".into()),
            });
        }
        if !self.secrets_allowed {
            let message = "a secret may not stand here";
            let help = "secrets stand where a system proves who we are: under `auth`";
            return self.wrong(&codes::MISPLACED_SECRET, text.span, message, help);
        }
        Typed::new(Op::Secret(pieces.into()), text.span, Type::text()).fallible(true)
    }
}

/// Whether a type names this very text among its values.
fn is_listed(ty: &Type, value: &Value) -> bool {
    let named =
        |ty: &Type| Some(ty.as_text()?.values.as_ref()?.iter().any(|known| Some(&**known) == value.as_str()));
    ty.members().iter().any(|ty| named(ty) == Some(true))
}

fn list(items: Vec<Typed>, span: Span) -> Typed {
    let fallible = items.iter().any(|item| item.fallible);
    let least = items.iter().filter(|item| !item.absent).count();
    let most = items.len();
    if let Some(values) = constants(items.iter()) {
        return Typed::new(Op::Value(Value::array(values)), span, list_type(&items, least, most));
    }
    let ty = list_type(&items, least, most);
    let nodes = items.into_iter().map(|item| item.node).collect();
    Typed::new(Op::Array(nodes), span, ty).fallible(fallible)
}

fn list_type(items: &[Typed], least: usize, most: usize) -> Type {
    let prefix: Vec<Type> = match least == most {
        true => items.iter().map(|item| item.ty.clone()).collect(),
        false => Vec::new(),
    };
    let items = match least == most {
        true => Type::Never,
        false => Type::union(items.iter().map(|item| item.ty.clone())),
    };
    Type::Array(Arc::new(ArrayType { items, prefix, min_items: Some(least), max_items: Some(most) }))
}

fn object(members: Vec<(Arc<str>, Typed)>, span: Span) -> Typed {
    let fallible = members.iter().any(|(_, value)| value.fallible);
    let fields = members
        .iter()
        .map(|(name, value)| (name.clone(), Field { ty: value.ty.clone(), required: !value.absent }));
    let ty = Type::object(fields.collect());
    // Literals are put together now, once.
    if let Some(values) = constants(members.iter().map(|(_, value)| value)) {
        let map = members.iter().map(|(name, _)| name.clone()).zip(values).collect();
        return Typed::new(Op::Value(Value::object(map)), span, ty);
    }
    let statements = members.into_iter().map(|(name, value)| Statement::Member(name, value.node)).collect();
    Typed::new(Op::Object(statements), span, ty).fallible(fallible)
}

fn constants<'t>(items: impl Iterator<Item = &'t Typed>) -> Option<Vec<Value>> {
    items.map(|item| item.constant().cloned()).collect()
}

/// The type that holds just this value.
fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Boolean,
        Value::Number(number) => type_of_number(number),
        Value::String(text) => Type::literal(text),
        Value::Array(items) => {
            let prefix = items.iter().map(type_of).collect();
            let count = Some(items.len());
            Type::Array(Arc::new(ArrayType {
                items: Type::Never,
                prefix,
                min_items: count,
                max_items: count,
            }))
        }
        Value::Object(map) => {
            let fields =
                map.iter().map(|(name, value)| (name.clone(), Field { ty: type_of(value), required: true }));
            Type::object(fields.collect())
        }
    }
}

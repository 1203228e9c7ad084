//! What a condition that holds says about presence: after `require: account is present`, `account`
//! is there.

use std::sync::Arc;

use crate::mapping::Scope;
use crate::mapping::syntax::{Expr, ExprKind, Operator, PathStep, Test};
use crate::schema::{Field, ObjectType, Type};

/// Marks in `scope` what is certainly there when `condition` holds.
pub(super) fn narrow(scope: &mut Scope, condition: &Expr) {
    match &condition.kind {
        ExprKind::Binary(binary) if binary.operator == Operator::And => {
            narrow(scope, &binary.left);
            narrow(scope, &binary.right);
        }
        ExprKind::Is { of, test: Test::Present, negated: false }
        | ExprKind::Is { of, test: Test::Null, negated: true } => present(scope, of),
        ExprKind::Not(inner) => {
            if let ExprKind::Is { of, test: Test::Present, negated: true } = &inner.kind {
                present(scope, of);
            }
        }
        _ => {}
    }
}

fn present(scope: &mut Scope, of: &Expr) {
    let (name, steps): (&Arc<str>, &[PathStep]) = match &of.kind {
        ExprKind::Name(name) => (name, &[]),
        ExprKind::Path(root, steps) => match &root.kind {
            ExprKind::Name(name) => (name, steps),
            _ => return,
        },
        _ => return,
    };
    let fields: Option<Vec<&str>> = steps
        .iter()
        .map(|step| match step {
            PathStep::Field(word) => Some(&*word.text),
            _ => None,
        })
        .collect();
    let (Some(slot), Some(fields)) = (scope.slot(name), fields) else { return };
    let known = &mut scope.names[slot];
    known.absent = false;
    known.ty = with_field(&known.ty.without_null(), &fields);
}

/// `ty` where the field at `path`, and every one on the way, is there and not null.
fn with_field(ty: &Type, path: &[&str]) -> Type {
    let Some((first, rest)) = path.split_first() else { return ty.clone() };
    let Some(object) = ty.as_object() else { return ty.clone() };
    let fields = object.fields.iter().map(|(name, field)| match **name == **first {
        true => (name.clone(), Field { ty: with_field(&field.ty.without_null(), rest), required: true }),
        false => (name.clone(), field.clone()),
    });
    let fields = fields.collect();
    let narrowed = Type::Object(Arc::new(ObjectType { fields, ..(**object).clone() }));
    if matches!(ty, Type::Partial(_)) { narrowed.partial() } else { narrowed }
}

//! What an expression calls, and how many parts it has.

use super::syntax::{ArgumentValue, Block, Expr, ExprKind, Statement, TextPart, Word};

/// Every function that an expression calls, by its name.
pub(super) fn calls<'e>(expr: &'e Expr, found: &mut dyn FnMut(&'e Word)) {
    if let ExprKind::Call(name, _) = &expr.kind {
        found(name);
    }
    each_part(expr, &mut |part| calls(part, found));
}

/// How many expressions an expression consists of, itself included.
pub(super) fn parts(expr: &Expr) -> usize {
    let mut count = 1;
    each_part(expr, &mut |part| count += parts(part));
    count
}

/// The expressions right inside one.
fn each_part<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Null | ExprKind::Boolean(_) | ExprKind::Number(_) | ExprKind::Omit | ExprKind::Name(_) => {}
        ExprKind::Text(pieces) => pieces.iter().for_each(|piece| {
            if let TextPart::Value(value) = piece {
                visit(value);
            }
        }),
        ExprKind::Path(of, _) | ExprKind::Not(of) | ExprKind::Minus(of) => visit(of),
        ExprKind::Is { of, .. } => visit(of),
        ExprKind::Call(_, arguments) => arguments.iter().for_each(|argument| match &argument.value {
            ArgumentValue::Expr(value) => visit(value),
            ArgumentValue::Lambda { body, .. } => visit(body),
        }),
        ExprKind::Binary(binary) => [&binary.left, &binary.right].into_iter().for_each(visit),
        ExprKind::Match(matching) => {
            visit(&matching.subject);
            matching.arms.iter().for_each(|arm| visit(&arm.value));
            matching.otherwise.iter().for_each(|(_, value)| visit(value));
        }
        ExprKind::Each(each) => {
            [Some(&each.list), each.condition.as_ref(), Some(&each.body)]
                .into_iter()
                .flatten()
                .for_each(visit);
        }
        ExprKind::Object(block) => block_parts(block, visit),
        ExprKind::Array(items) => items.iter().for_each(visit),
    }
}

fn block_parts<'e>(block: &'e Block, visit: &mut dyn FnMut(&'e Expr)) {
    for statement in &block.statements {
        visit(match statement {
            Statement::Let(binding) => &binding.value,
            Statement::Entry(entry) => &entry.value,
            Statement::Spread(spread) => &spread.value,
        });
    }
}

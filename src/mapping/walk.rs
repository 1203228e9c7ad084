//! The parts of an operation, for whoever looks at a program without running it.

use super::program::{Argument, Node, Op, Statement, TextPiece};

/// What stands directly inside an operation, in the order of the source.
pub(super) fn parts(node: &Node) -> Vec<&Node> {
    match &node.op {
        Op::Value(_) | Op::Absent | Op::Input(_) | Op::Local(_) | Op::Secret(_) => Vec::new(),
        Op::Path(of, _)
        | Op::Not(of)
        | Op::Negate(of)
        | Op::IsPresent(of)
        | Op::IsNull(of)
        | Op::Query(of, _)
        | Op::Truth(of)
        | Op::ToNumber(of)
        | Op::ToNumbers(of)
        | Op::ToText(of) => vec![of],
        Op::And(sides) | Op::Or(sides) | Op::Else(sides) | Op::Try(sides) => sides.iter().collect(),
        Op::Compare(_, _, sides) | Op::In(_, sides) | Op::Arithmetic(_, sides) => sides.iter().collect(),
        Op::If(parts) | Op::Quotient(_, parts) => parts.iter().collect(),
        Op::Array(items) => items.iter().collect(),
        Op::Text(pieces) => pieces.iter().filter_map(of_piece).collect(),
        Op::Object(statements) => statements.iter().map(of_statement).collect(),
        Op::Lets(lets, value) => lets.iter().map(|(_, value)| value).chain([&**value]).collect(),
        Op::Call(_, arguments) => arguments.iter().filter_map(of_argument).collect(),
        Op::Match(matching) => {
            let arms = matching.arms.iter().map(|(_, value)| value);
            [&matching.subject].into_iter().chain(arms).chain(&matching.otherwise).collect()
        }
        Op::Each(each) => [&each.list].into_iter().chain(&each.condition).chain([&each.body]).collect(),
        Op::Reject(reject) => {
            [&reject.text].into_iter().chain(reject.facts.iter().map(|(_, value)| value)).collect()
        }
    }
}

fn of_piece(piece: &TextPiece) -> Option<&Node> {
    match piece {
        TextPiece::Literal(_) => None,
        TextPiece::Value(value) => Some(value),
    }
}

fn of_statement(statement: &Statement) -> &Node {
    match statement {
        Statement::Let(_, value) | Statement::Member(_, value) => value,
    }
}

fn of_argument(argument: &Argument) -> Option<&Node> {
    match argument {
        Argument::Value(value) | Argument::Lambda(_, value) => Some(value),
        Argument::Missing | Argument::Symbol(_) | Argument::Table(_) => None,
    }
}

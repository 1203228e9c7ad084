//! A program's operations become those of this evaluator.

use super::code::{Argument, Code, Each, Field, Match, Op, Piece, Statement, Step};
use super::functions;
use crate::mapping::program::{self, Node, Op as Reference, TextPiece};
use crate::mapping::stdlib::Function;
use crate::value::json_text::write_string;

/// The program; `None` when nothing of it would be faster.
pub(super) fn compile(code: &program::Code) -> Option<Code> {
    match op(&code.root) {
        Op::GiveUp => None,
        root => Some(Code { root, locals: code.locals }),
    }
}

fn op(node: &Node) -> Op {
    match &node.op {
        Reference::Value(value) => Op::Value(value.clone()),
        Reference::Absent => Op::Absent,
        Reference::Input(slot) => Op::Input(*slot),
        Reference::Local(slot) => Op::Local(*slot),
        Reference::Path(root, steps) => Op::Path(Box::new(op(root)), steps.iter().map(step).collect()),
        Reference::Text(pieces) => Op::Text(pieces.iter().map(piece).collect()),
        Reference::Object(statements) => Op::Object(statements.iter().map(statement).collect()),
        Reference::Array(items) => Op::Array(items.iter().map(op).collect()),
        Reference::Lets(lets, value) => {
            Op::Lets(lets.iter().map(|(slot, value)| (*slot, op(value))).collect(), Box::new(op(value)))
        }
        Reference::Call(function, arguments) => call(function, arguments),
        Reference::If(parts) => Op::If(parts.each_ref().map(op).into()),
        Reference::Match(matching) => Op::Match(Box::new(matching_of(matching))),
        Reference::Each(each) => Op::Each(Box::new(each_of(each))),
        Reference::Not(of) => Op::Not(Box::new(op(of))),
        Reference::And(sides) => Op::And(two(sides)),
        Reference::Or(sides) => Op::Or(two(sides)),
        Reference::Compare(comparison, way, sides) => Op::Compare(*comparison, *way, two(sides)),
        Reference::In(way, sides) => Op::In(*way, two(sides)),
        Reference::Else(sides) => Op::Else(two(sides)),
        Reference::Arithmetic(arithmetic, sides) => Op::Arithmetic(*arithmetic, two(sides)),
        Reference::Quotient(mode, parts) => Op::Quotient(*mode, parts.each_ref().map(op).into()),
        Reference::Negate(of) => Op::Negate(Box::new(op(of))),
        Reference::IsPresent(of) => Op::IsPresent(Box::new(op(of))),
        Reference::IsNull(of) => Op::IsNull(Box::new(op(of))),
        Reference::ToNumber(of) => Op::ToNumber(Box::new(op(of))),
        Reference::ToNumbers(of) => Op::ToNumbers(Box::new(op(of))),
        Reference::Truth(of) => Op::Truth(Box::new(op(of))),
        Reference::ToText(of) => Op::ToText(Box::new(op(of))),
        // What these say depends on errors, secrets or values as they are.
        Reference::Try(_) | Reference::Reject(_) | Reference::Query(..) | Reference::Secret(_) => Op::GiveUp,
    }
}

fn two(sides: &[Node; 2]) -> Box<[Op; 2]> {
    sides.each_ref().map(op).into()
}

fn step(step: &program::Step) -> Step {
    match step {
        program::Step::Field(name) => Step::Field(Field { name: name.clone(), last: 0.into() }),
        program::Step::Item(at) => Step::Item(*at),
        program::Step::Items => Step::Items,
    }
}

fn piece(piece: &TextPiece) -> Piece {
    match piece {
        TextPiece::Literal(text) => Piece::Literal(text.clone()),
        TextPiece::Value(value) => Piece::Value(op(value)),
    }
}

fn statement(statement: &program::Statement) -> Statement {
    match statement {
        program::Statement::Let(slot, value) => Statement::Let(*slot, op(value)),
        program::Statement::Member(name, value) => {
            let mut json = Vec::with_capacity(name.len() + 3);
            write_string(name, &mut json);
            json.push(b':');
            Statement::Member(name.clone(), json.into(), op(value))
        }
    }
}

fn call(function: &'static Function, arguments: &[program::Argument]) -> Op {
    if let [program::Argument::Value(list), program::Argument::Lambda(slot, body)] = arguments
        && let Some(over) = functions::over(function.name)
    {
        return Op::Over(over, Box::new(op(list)), *slot, Box::new(op(body)));
    }
    let mut given = Vec::with_capacity(arguments.len());
    for argument in arguments {
        given.push(match argument {
            program::Argument::Missing => Argument::Missing,
            program::Argument::Value(value) => Argument::Value(op(value)),
            program::Argument::Symbol(symbol) => Argument::Symbol(symbol),
            program::Argument::Table(name) => Argument::Table(name.clone()),
            program::Argument::Lambda(..) => return Op::GiveUp,
        });
    }
    match functions::find(function.name) {
        Some(direct) => Op::Direct(direct, given.into()),
        None => Op::Call(function, given.into()),
    }
}

fn matching_of(matching: &program::Match) -> Match {
    Match {
        subject: op(&matching.subject),
        arms: matching.arms.iter().map(|(patterns, value)| (patterns.clone(), op(value))).collect(),
        otherwise: matching.otherwise.as_ref().map(op),
    }
}

fn each_of(each: &program::Each) -> Each {
    Each {
        list: op(&each.list),
        item: each.item,
        number: each.number,
        condition: each.condition.as_ref().map(op),
        body: op(&each.body),
    }
}

//! Operations as this evaluator runs them: names ready to be written, functions found.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::functions::Direct;
use crate::mapping::pattern::Pattern;
use crate::mapping::program::{Arithmetic, Comparison, Way};
use crate::mapping::stdlib::Function;
use crate::value::{Rounding, Value};

/// A program: its operations and how many locals they use.
#[derive(Debug)]
pub(in crate::mapping) struct Code {
    pub(super) root: Op,
    pub(super) locals: usize,
}

/// One operation; those of the same names in `program` say what they mean.
#[derive(Debug)]
pub(super) enum Op {
    Value(Value),
    Absent,
    Input(usize),
    Local(usize),
    Path(Box<Op>, Box<[Step]>),
    Text(Box<[Piece]>),
    Object(Box<[Statement]>),
    Array(Box<[Op]>),
    Lets(Box<[(usize, Op)]>, Box<Op>),
    /// A function that takes views.
    Direct(Direct, Box<[Argument]>),
    /// Any other function, over values.
    Call(&'static Function, Box<[Argument]>),
    /// `map`, `filter`, `any`, `all`: a list, the local of its item, and what is asked of each.
    Over(Over, Box<Op>, usize, Box<Op>),
    If(Box<[Op; 3]>),
    Match(Box<Match>),
    Each(Box<Each>),
    Not(Box<Op>),
    And(Box<[Op; 2]>),
    Or(Box<[Op; 2]>),
    Compare(Comparison, Way, Box<[Op; 2]>),
    In(Way, Box<[Op; 2]>),
    Else(Box<[Op; 2]>),
    Arithmetic(Arithmetic, Box<[Op; 2]>),
    Quotient(Rounding, Box<[Op; 3]>),
    Negate(Box<Op>),
    IsPresent(Box<Op>),
    IsNull(Box<Op>),
    ToNumber(Box<Op>),
    ToNumbers(Box<Op>),
    ToText(Box<Op>),
    /// Whatever is not `true` is false.
    Truth(Box<Op>),
    /// What only the reference can do.
    GiveUp,
}

/// A step of a path.
#[derive(Debug)]
pub(super) enum Step {
    Field(Field),
    Item(usize),
    /// Every item.
    Items,
}

/// A field, and where it stood in the last object: documents of one kind have one order.
#[derive(Debug)]
pub(super) struct Field {
    pub name: Arc<str>,
    pub last: AtomicUsize,
}

/// What is made of a list by a lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Map,
    Filter,
    Any,
    All,
}

#[derive(Debug)]
pub(super) enum Piece {
    Literal(Arc<str>),
    Value(Op),
}

#[derive(Debug)]
pub(super) enum Statement {
    Let(usize, Op),
    /// A member: its name, and the same as JSON with its colon.
    Member(Arc<str>, Box<[u8]>, Op),
}

#[derive(Debug)]
pub(super) enum Argument {
    Missing,
    Value(Op),
    Symbol(&'static str),
    Table(Arc<str>),
}

#[derive(Debug)]
pub(super) struct Match {
    pub subject: Op,
    pub arms: Box<[(Box<[Pattern]>, Op)]>,
    pub otherwise: Option<Op>,
}

#[derive(Debug)]
pub(super) struct Each {
    pub list: Op,
    pub item: usize,
    pub number: Option<usize>,
    pub condition: Option<Op>,
    pub body: Op,
}

//! The compiled form: a tree of operations with slots and paths resolved.

use std::sync::{Arc, OnceLock};

use super::fast;
use super::pattern::Pattern;
use super::query::Query;
use super::stdlib::Function;
use crate::diagnostic::Span;
use crate::value::{Rounding, Value};

/// A checked expression, data or mapping, ready to run. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) code: Arc<Code>,
}

/// A program's operations and how many local slots they use.
#[derive(Debug)]
pub(super) struct Code {
    pub root: Node,
    pub locals: usize,
    /// What the local slots are called, for those who explain the program.
    pub names: Vec<Arc<str>>,
    /// The same for the faster evaluator, made at its first use.
    pub fast: OnceLock<Option<fast::Code>>,
}

impl Program {
    pub(super) fn new(root: Node, locals: usize, names: Vec<Arc<str>>) -> Program {
        Program { code: Arc::new(Code { root, locals, names, fast: OnceLock::new() }) }
    }

    /// The value that it always gives, when it reads nothing: a literal.
    pub fn constant(&self) -> Option<&Value> {
        match &self.code.root.op {
            Op::Value(value) => Some(value),
            _ => None,
        }
    }
}

/// An operation and where it stands in the source.
#[derive(Debug)]
pub(super) struct Node {
    pub op: Op,
    pub span: Span,
}

/// One operation.
#[derive(Debug)]
pub(super) enum Op {
    Value(Value),
    Absent,
    Input(usize),
    Local(usize),
    Path(Box<Node>, Box<[Step]>),
    Text(Box<[TextPiece]>),
    Object(Box<[Statement]>),
    Array(Box<[Node]>),
    /// `let`s before a single value.
    Lets(Box<[(usize, Node)]>, Box<Node>),
    Call(&'static Function, Box<[Argument]>),
    If(Box<[Node; 3]>),
    Match(Box<Match>),
    Each(Box<Each>),
    Not(Box<Node>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Compare(Comparison, Way, Box<[Node; 2]>),
    In(Way, Box<[Node; 2]>),
    /// `??`
    Else(Box<[Node; 2]>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    /// A quotient that is rounded once: left, right, places.
    Quotient(Rounding, Box<[Node; 3]>),
    Negate(Box<Node>),
    IsPresent(Box<Node>),
    IsNull(Box<Node>),
    Try(Box<[Node; 2]>),
    Reject(Box<Reject>),
    Query(Box<Node>, Query),
    /// Whatever is not `true` is false: outcome rules.
    Truth(Box<Node>),
    /// Decimal text to a number.
    ToNumber(Box<Node>),
    /// A list of decimal texts to a list of numbers.
    ToNumbers(Box<Node>),
    /// A number to decimal text.
    ToText(Box<Node>),
    Secret(Box<[SecretPiece]>),
}

/// A step of a path. A step into nothing or null gives nothing.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Field(Arc<str>),
    Item(usize),
    /// Every item; what follows applies to each, and what is absent there is left out.
    Items,
}

#[derive(Debug)]
pub(super) enum TextPiece {
    Literal(Arc<str>),
    Value(Node),
}

#[derive(Debug)]
pub(super) enum Statement {
    Let(usize, Node),
    Member(Arc<str>, Node),
}

/// An argument of a function.
#[derive(Debug)]
pub(super) enum Argument {
    /// Not given.
    Missing,
    Value(Node),
    Symbol(&'static str),
    Table(Arc<str>),
    Lambda(usize, Node),
}

#[derive(Debug)]
pub(super) struct Match {
    pub subject: Node,
    /// The first arm with a pattern that takes the subject; what is absent is taken by none.
    pub arms: Box<[(Box<[Pattern]>, Node)]>,
    pub otherwise: Option<Node>,
}

#[derive(Debug)]
pub(super) struct Each {
    pub list: Node,
    pub item: usize,
    pub number: Option<usize>,
    pub condition: Option<Node>,
    pub body: Node,
}

#[derive(Debug)]
pub(super) struct Reject {
    pub code: Arc<str>,
    pub text: Node,
    pub facts: Box<[(Arc<str>, Node)]>,
}

#[derive(Debug)]
pub(super) enum SecretPiece {
    Literal(Arc<str>),
    Secret(Arc<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// As moments in time: offsets differ, the moment may be the same.
    pub moments: bool,
    /// What is absent, null or of another kind compares false.
    pub lenient: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    /// By a constant that divides without a rest, whatever is divided.
    Divide,
    Remainder,
}

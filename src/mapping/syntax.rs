//! The syntax tree: what the author wrote, with the place of every word.
//!
//! Paths and calls are flat lists, so that the tree is no deeper than the brackets and operators
//! of its text, both of which the parser bounds.

use std::sync::Arc;

use crate::diagnostic::Span;
use crate::value::{Kind, Number};

/// A mapping file.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub name: Word,
    pub inputs: Vec<Source>,
    pub target: SchemaName,
    pub tables: Vec<Word>,
    /// Files of definitions, after `use`.
    pub uses: Vec<Word>,
    pub defs: Vec<Def>,
    pub body: Body,
    /// Every comment, `#` included, for the formatter.
    pub comments: Vec<Span>,
}

/// A file of definitions that mappings `use`.
#[derive(Debug, Clone)]
pub struct SharedFile {
    pub name: Word,
    pub tables: Vec<Word>,
    pub uses: Vec<Word>,
    pub defs: Vec<Def>,
    /// Every comment, `#` included, for the formatter.
    pub comments: Vec<Span>,
}

/// `def name(parameter: type, ...) = body`.
#[derive(Debug, Clone)]
pub struct Def {
    pub name: Word,
    pub parameters: Vec<Parameter>,
    pub body: Expr,
    /// How deep the body is.
    pub depth: usize,
}

/// `name: type`, with `?` behind it where it may be left out.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: Word,
    pub ty: SchemaName,
    pub optional: bool,
}

/// What a mapping makes.
#[derive(Debug, Clone)]
pub enum Body {
    /// An object, member by member.
    Block(Block),
    /// One expression, when the target is no object: `[ ... ]`, `each ...`.
    Value(Vec<Let>, Expr),
}

/// `schema as name` after `from`.
#[derive(Debug, Clone)]
pub struct Source {
    pub schema: SchemaName,
    pub name: Word,
    /// `optional`: there may be nothing behind the name.
    pub optional: bool,
}

/// A schema's name as written, `[]` behind it for a list.
#[derive(Debug, Clone)]
pub struct SchemaName {
    pub name: Arc<str>,
    pub list: bool,
    pub span: Span,
}

/// A name and where it stands.
#[derive(Debug, Clone)]
pub struct Word {
    pub text: Arc<str>,
    pub span: Span,
}

/// The statements between `{` and `}`, or of a whole mapping.
#[derive(Debug, Clone)]
pub struct Block {
    pub statements: Vec<Statement>,
    pub span: Span,
}

/// One line of a block.
#[derive(Debug, Clone)]
pub enum Statement {
    Let(Let),
    Entry(Entry),
    Spread(Spread),
}

/// `...value`: every field of an object.
#[derive(Debug, Clone)]
pub struct Spread {
    pub value: Expr,
    /// With the dots.
    pub span: Span,
}

/// `let name = value`.
#[derive(Debug, Clone)]
pub struct Let {
    pub name: Word,
    pub value: Expr,
}

/// `name: value`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Without its quotes where it has some.
    pub key: Word,
    pub value: Expr,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// The forms an expression can have.
#[derive(Debug, Clone)]
pub enum ExprKind {
    Null,
    Boolean(bool),
    Number(Number),
    /// `"text {expression}"`.
    Text(Vec<TextPart>),
    /// `omit`: nothing at all.
    Omit,
    /// A binder, a `let`, a table or a symbol, by where it stands.
    Name(Arc<str>),
    /// `of.name[0].list[]`.
    Path(Box<Expr>, Vec<PathStep>),
    Call(Word, Vec<Argument>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Binary(Box<Binary>),
    /// `is present`, `is not null`.
    Is {
        of: Box<Expr>,
        test: Test,
        negated: bool,
    },
    Match(Box<Match>),
    Each(Box<Each>),
    Object(Block),
    Array(Vec<Expr>),
}

/// A stretch of a text.
#[derive(Debug, Clone)]
pub enum TextPart {
    Literal(String),
    Value(Expr),
}

/// One step of a path.
#[derive(Debug, Clone)]
pub enum PathStep {
    /// `.name` or `."name"`.
    Field(Word),
    /// `[0]`.
    Item(u32, Span),
    /// `[]`: every item.
    Items(Span),
}

/// An argument of a call.
#[derive(Debug, Clone)]
pub struct Argument {
    /// `dst` in `dst: reject`.
    pub name: Option<Word>,
    pub value: ArgumentValue,
    pub span: Span,
}

/// What an argument is.
#[derive(Debug, Clone)]
pub enum ArgumentValue {
    Expr(Expr),
    /// `it -> it.price`.
    Lambda {
        parameter: Word,
        body: Expr,
    },
}

/// `left operator right`.
#[derive(Debug, Clone)]
pub struct Binary {
    pub left: Expr,
    pub operator: Operator,
    pub operator_span: Span,
    pub right: Expr,
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    /// `??`.
    Else,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// What `is` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    Present,
    Null,
    /// `is text`.
    Kind(Kind),
}

/// `match subject { pattern | pattern: value, else: value }`.
#[derive(Debug, Clone)]
pub struct Match {
    pub subject: Expr,
    pub arms: Vec<Arm>,
    pub otherwise: Option<(Span, Expr)>,
}

/// One case of a match.
#[derive(Debug, Clone)]
pub struct Arm {
    pub patterns: Vec<Pattern>,
    pub value: Expr,
}

/// What a case takes.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub kind: PatternKind,
    pub span: Span,
}

/// The forms that a pattern can have.
#[derive(Debug, Clone)]
pub enum PatternKind {
    /// A text, a number, `true`, `false` or `null`.
    Literal(Expr),
    /// `low..high`, both ends included; one of them may be missing.
    Range(Option<Expr>, Option<Expr>),
    /// `is text`.
    Kind(Kind),
}

/// `each list as item at number where condition { ... }`.
#[derive(Debug, Clone)]
pub struct Each {
    pub list: Expr,
    pub item: Word,
    pub number: Option<Word>,
    pub condition: Option<Expr>,
    /// An object, or any expression in parentheses.
    pub body: Expr,
}

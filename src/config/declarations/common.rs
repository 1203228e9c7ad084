//! What several kinds of file share: names, texts, expressions, data, durations, rates, sizes.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Spanned;
use crate::diagnostic::Span;

/// A name in a file of ours: snake_case where expressions may use it. With its place.
pub type Name = Spanned<String>;

/// A text that may hold `${NAME}`, `${NAME:-default}` and `${secret:name}`. Variables are already
/// expanded when this is read; secrets stay references until `serve` resolves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub parts: Vec<TextPart>,
    pub span: Span,
}

/// A stretch of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPart {
    Literal(String),
    /// `${secret:name}`.
    Secret(String),
    /// `${NAME}` without a value in this environment: `serve` refuses it, `check` does not mind.
    Missing(String),
}

/// An expression where only an expression can stand (`when: a == b`): its source, unparsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The raw text, without a leading `=`.
    pub text: String,
    /// Where the first character of `text` stands.
    pub span: Span,
    /// False when the scalar has escapes or folded lines, so that offsets inside do not line up
    /// and findings point at the whole scalar.
    pub aligned: bool,
}

/// A place where a literal may stand and a leading `=` makes it an expression.
/// Objects and arrays may hold expressions in any leaf. Numbers are exact.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    Literal(Spanned<crate::value::Value>, Written),
    Expression(Expression),
    /// A text holding `${secret:name}`, or a variable without a value.
    Secret(Text),
    Array(Vec<Data>, Span),
    Object(Vec<(Name, Data)>, Span),
}

/// How a literal stands in its file: without quotes it may be a name that lacks its `=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Bare,
    Quoted,
}

/// One text, or a list of them. Never empty once the structure was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts(pub Vec<Text>);

/// One name, or a list of them. Never empty once the structure was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(pub Vec<Name>);

/// A duration: `200ms`, `5s`, `1m`, `12h`, `14d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lapse(pub Duration);

/// How many per time: `20/s`, `600/m`, `1000/h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: Duration,
}

/// A size in bytes: `16KB`, `1MB` (powers of 1024).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// A text by language (BCP 47): `{ en: "...", de: "..." }`. `en` is required.
pub type Localized = BTreeMap<String, Spanned<String>>;

/// Who does what once: a mapping between a boundary's form and the canonical one, and the schema
/// of the boundary's form.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// The mapping that reshapes; without one, data passes as it is.
    pub map: Option<Name>,
    /// The schema of the outer form: what is on the wire.
    pub schema: Option<Name>,
    /// What to do when data does not fit the schema: reject | warn | off.
    pub validate: Option<Spanned<Policy>>,
}

/// What to do with data that does not fit its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Refuse it (the default).
    Reject,
    /// Let it pass, and say so in log and metrics.
    Warn,
    /// Do not look.
    Off,
}

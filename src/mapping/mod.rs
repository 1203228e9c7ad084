//! The mapping language: grammar, syntax tree, check, program, evaluation, functions, tables.
//!
//! Text becomes a [`syntax`] tree (`parse_*`), the tree is checked against the types of what it
//! reads and of where it goes and becomes a [`Program`] in the same walk (`compile_*`), and the
//! program runs over values (`eval`): pure, bounded, with no name looked up in a value's type.

mod calls;
mod check;
mod eval;
mod parse;
mod pattern;
mod program;
mod query;
pub mod stdlib;
pub mod syntax;
mod tables;

pub use check::{
    Compiled, Environment, Input, Mapping, Name, Read, Rejections, Scope, Shared, Target, compile_condition,
    compile_data, compile_data_to, compile_expression, compile_expression_to, compile_mapping,
};
pub use eval::{Call, Context, Error, Failed, Fault, Limits, Rejected};
pub use parse::{parse_expression, parse_mapping, parse_shared};
pub use program::Program;
pub use query::Query;
pub use tables::{Table, Tables};

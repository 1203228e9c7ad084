//! The mapping language: grammar, syntax tree, check, program, evaluation, functions, tables.
//!
//! Text becomes a [`syntax`] tree (`parse_*`), the tree is checked against the types of what it
//! reads and of where it goes and becomes a [`Program`] in the same walk (`compile_*`), and the
//! program runs over values (`eval`): pure, bounded, with no name looked up in a value's type.

mod calls;
mod check;
mod coverage;
mod eval;
mod fast;
mod fit;
mod format;
mod lineage;
mod parse;
mod pattern;
mod place;
mod program;
mod query;
pub mod stdlib;
pub mod syntax;
mod tables;
mod walk;

pub use check::{
    Compiled, Environment, Input, Mapping, MayFail, Name, Read, Rejections, Scope, Shared, Target,
    TargetVerdict, compile_condition, compile_data, compile_data_to, compile_expression,
    compile_expression_to, compile_mapping,
};
pub use coverage::Point;
pub use eval::{Branch, Call, Context, Error, Failed, Fault, Limits, Made, Observer, Rejected, Written};
pub use fast::with_arena;
pub use format::{format_mapping, meaning};
pub use lineage::{Asked, Descent, FieldDescent, Origin, Rejecting, names_of, overlaps};
pub use parse::{parse_expression, parse_mapping, parse_shared};
pub use place::{Key, Place, path_text};
pub use program::Program;
pub use query::Query;
pub use tables::{Table, Tables};

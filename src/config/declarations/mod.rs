//! What the YAML files of a project may say, one file per kind of file, as typed structures.
//!
//! The doc comments here are what `crossdock schema` gives to editors and what `docs/` quotes.
//! Every field that a later message may point at is [`Spanned`]; enums are always `Spanned`
//! (see `config/spanned.rs`).

pub mod abuse;
pub mod common;
pub mod event;
pub mod exception;
pub mod flow;
pub mod gateway;
pub mod promise;
pub(super) mod raw;
pub mod route;
pub(super) mod scalars;
pub mod signature;
pub mod stub;
pub mod system;
pub mod test;
pub mod test_life;
pub mod waiting;

pub use common::*;

//! Project files: YAML to a spanned tree to typed declarations; variables and secret references.
//!
//! A text goes through four hands: [`tree`] parses it and refuses what could be misread,
//! `structure` checks the tree against the schema of its kind and finds every error at once,
//! `reading` turns it into the typed [`declarations`], and `project` puts the files together.

pub mod declarations;
mod folder;
mod kind;
mod place;
mod project;
mod reading;
mod spanned;
mod structure;
#[cfg(test)]
mod tests;
mod traps;
pub mod tree;
mod variables;

pub use kind::{KINDS, Kind, schema_of};
pub use project::{Environment, Project, TextFile, load, load_texts, read_text};
pub use spanned::Spanned;

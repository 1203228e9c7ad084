//! Project files: YAML to a spanned tree to typed declarations; variables and secret references.
//!
//! A text goes through four hands: [`tree`] parses it and refuses what could be misread,
//! `structure` checks the tree against the schema of its kind and finds every error at once,
//! `reading` turns it into the typed [`declarations`], and `project` puts the files together. `file`
//! is the way through the first three; files go it side by side.

pub mod declarations;
mod file;
mod folder;
mod format;
mod kind;
pub mod place;
mod project;
mod reading;
mod side_by_side;
mod spanned;
mod structure;
#[cfg(test)]
mod tests;
mod traps;
pub mod tree;
mod variables;

pub use file::built_in;
pub use format::{Unformatted, format_yaml};
pub use kind::{KINDS, Kind, schema_of};
pub use project::{Environment, Project, TextFile, load, load_texts, read_text};
pub use side_by_side::side_by_side;
pub use spanned::Spanned;

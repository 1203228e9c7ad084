//! Project files: YAML to a spanned tree to typed declarations; variables and secret references.

pub mod declarations;
mod project;
mod spanned;

pub use project::{Environment, Project, TextFile, load, load_texts};
pub use spanned::Spanned;

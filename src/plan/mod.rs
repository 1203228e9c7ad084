//! Links everything: declarations to one immutable Plan, and every diagnostic.

pub mod route;
pub mod settings;
pub mod texts;

pub use route::*;
pub use settings::*;
pub use texts::*;

//! The compiled form: a tree of operations with slots and paths resolved.

use std::sync::Arc;

/// A checked expression, data or mapping, ready to run. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) _code: Arc<()>,
}

//! JSONPath (RFC 9535), compiled once, over our values.

use crate::value::{PointerBuf, Value};

/// A compiled JSONPath query.
#[derive(Debug, Clone)]
pub struct Query {}

impl Query {
    /// Compiles a query. The error says, in words for the author, what is wrong.
    pub fn compile(_text: &str) -> Result<Query, String> {
        todo!("mapping: query")
    }

    /// Every value it selects, in document order.
    pub fn select<'v>(&self, _value: &'v Value) -> Vec<&'v Value> {
        todo!("mapping: query")
    }

    /// Where every selected value stands.
    pub fn locate(&self, _value: &Value) -> Vec<PointerBuf> {
        todo!("mapping: query")
    }
}

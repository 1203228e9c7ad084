//! Bytes to and from [`crate::value::Value`], a file per format.

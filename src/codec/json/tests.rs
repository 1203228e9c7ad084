//! Unit tests of the JSON codec.

//! Answers for systems from their stubs.

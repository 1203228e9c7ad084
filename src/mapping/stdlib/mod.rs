//! The functions of the language: one file each, one sorted table.

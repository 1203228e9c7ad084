//! The mapping language: grammar, syntax tree, check, program, evaluation, functions, tables.

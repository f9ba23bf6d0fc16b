//! Interfaces and types as the macros make them: compiled, called, written and read.

mod structs;
mod support;
mod unions;
mod exceptions;

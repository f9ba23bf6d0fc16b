//! Interfaces and types as the macros make them: compiled, called, written and read.

mod calls;
mod collocated;
mod exceptions;
mod fuzz;
mod grid;
mod inheritance;
mod metadata;
mod names;
mod places;
mod references;
mod renamed;
mod signatures;
mod structs;
mod support;
mod transport;
mod unions;

//! The type table of the guide, row by row: what a value is in IDL, in CDR of both byte orders and in CBOR, to the octet.
//!
//! Tests of a row bear its name. Each writes a sample by hand, reads it back, reads none of its beginnings, and sends
//! random values through both formats.

mod arguments;
mod blocks;
mod bounds;
mod depth;
mod fuzz;
mod maps;
mod named;
mod numbers;
mod optional;
mod readable;
mod references;
mod rig;
mod sequences;
mod text;

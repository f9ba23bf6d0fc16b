//! What every decoder and every connection must survive.
//!
//! Each target is a function of octets that panics when an invariant is broken: whatever the octets, a decoder ends in a
//! value or an error, what it accepted it can write and read again, and a connection keeps its bounds. `fuzz_targets` hands
//! them to libFuzzer; `tests/survival.rs` runs them over their seeds, over harmed seeds, and over every octet string that
//! ever broke one (`findings/<target>`).

mod giop;
mod idl;
mod iiop;
mod native;
mod script;
pub mod seeds;
mod values;

pub use giop::{cdr_values, giop_stream, references};
pub use idl::idl_source;
pub use iiop::iiop_connection;
pub use native::{native_connection, native_heads, native_pair};
pub use values::{dynamic_values, values};

/// One thing that is fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: of the function, of libFuzzer's program, and of the folder of its findings.
    pub name: &'static str,
    /// Panics if the octets break it.
    pub run: fn(&[u8]),
    /// Octets that it makes much of: where a fuzzer begins.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "giop_stream", run: giop_stream, seeds: seeds::giop_streams },
    Target { name: "cdr_values", run: cdr_values, seeds: seeds::giop_streams },
    Target { name: "references", run: references, seeds: seeds::references },
    Target { name: "native_heads", run: native_heads, seeds: seeds::native_heads },
    Target { name: "native_connection", run: native_connection, seeds: seeds::native_scripts },
    Target { name: "native_pair", run: native_pair, seeds: seeds::scripts },
    Target { name: "iiop_connection", run: iiop_connection, seeds: seeds::iiop_scripts },
    Target { name: "values", run: values, seeds: seeds::values },
    Target { name: "dynamic_values", run: dynamic_values, seeds: seeds::values },
    Target { name: "idl_source", run: idl_source, seeds: seeds::idl_sources },
];

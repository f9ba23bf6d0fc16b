//! CDR, GIOP 1.0 to 1.2, object references and `corbaloc:` addresses, without I/O.
//!
//! Everything in this crate is a value or a function of values: octets go in, typed values come out, and
//! the other way round. Nothing here reads a socket, a clock or a source of randomness, and nothing waits.
//! A test (`tests/sans_io.rs`) keeps it so.
//!
//! * [`cdr`]: the Common Data Representation; the [`cdr::Cdr`] trait is what a type implements to travel.
//! * [`limits`]: every bound this crate enforces on what a peer may make it do.

pub mod cdr;
pub mod limits;

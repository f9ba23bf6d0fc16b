//! CDR, GIOP 1.0 to 1.2, object references and `corbaloc:` addresses, without I/O.
//!
//! Everything in this crate is a value or a function of values: octets go in, typed values come out, and
//! the other way round. Nothing here reads a socket, a clock or a source of randomness, and nothing waits.
//! A test (`tests/sans_io.rs`) keeps it so.
//!
//! * [`cdr`]: the Common Data Representation; the [`cdr::Cdr`] trait is what a type implements to travel.
//! * [`codeset`]: which character sets two brokers talk in, and how they find out.
//! * [`message`]: the messages of GIOP 1.0, 1.1 and 1.2, one codec for all versions.
//! * [`assembly`]: whole messages out of a stream of octets, and large messages into fragments.
//! * [`ior`]: interoperable object references with their profiles and components.
//! * [`url`]: the `IOR:`, `corbaloc:` and `corbaname:` forms of a reference.
//! * [`names`]: object keys, operation names and repository ids as types.
//! * [`limits`]: every bound this crate enforces on what a peer may make it do.

pub mod assembly;
pub mod cdr;
pub mod codeset;
pub mod ior;
pub mod limits;
pub mod message;
pub mod names;
pub mod url;

//! One connection of GIOP, as a value: octets and calls in, events and octets out.
//!
//! The codec is `quorb_giop`; here is what a connection adds to it: request ids, which calls are open, what may be sent
//! when, and the translation between GIOP's messages and the vocabulary that both protocols share (`proto::head`). What a
//! head says and GIOP has no field for travels in service contexts, to peers that are known to read them.

mod connection;
mod contexts;
mod inbound;
mod receive;
mod send;
mod too_large;
mod unfinished;

#[cfg(test)]
mod tests;

pub use connection::{Config, Connection, Side};
pub use receive::{BadRequest, Event};
pub use send::{Addressing, Refused, request_origin};

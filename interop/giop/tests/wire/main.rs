//! Octets on the wire: golden vectors, assembly of messages, round trips, hostile input.

mod assembling;
mod fuzz;
mod golden_omniorb;
mod golden_ours;
mod prng;
mod reading;
mod round_trip;
mod splitting;
mod vectors;

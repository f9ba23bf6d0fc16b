//! Tests of the connection as a whole: two of them and a wire, or one and a peer whose octets are written here.

mod addressing;
mod bounds;
mod calls;
mod cancelling;
mod closing;
mod code_sets;
mod contexts;
mod delivery;
mod directions;
mod fuzz;
mod locating;
mod origin;
mod replies;
mod rig;
mod talk;
mod waiting;

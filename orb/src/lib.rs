//! An object request broker whose objects can replicate themselves.

pub mod proto;

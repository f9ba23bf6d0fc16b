//! The rules of the protocol, one file a concern.

mod agreement;
mod install;
mod lease;
mod traffic;

//! Asynchrony: deferred calls, oneway calls, deep chains, callbacks, streams.

#[path = "../rig/mod.rs"]
#[macro_use]
mod rig;

mod callbacks;
mod deferred;
mod depth;
mod generated;
mod oneway;
mod shortcut;
mod streams;
mod threads;

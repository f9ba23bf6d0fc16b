//! The event service as its clients see it, in one process.
//!
//! | file | what is proved |
//! |---|---|
//! | `corba` | OMG's interfaces: all four proxies, every exception, peers that throw, hang and vanish |
//! | `pipelined`, `wire` | several pushes under way to one consumer, whatever becomes of the connection |
//! | `facade` | topics, subjects, types, keys, named publishers |
//! | `overload` | every policy, exact counts, nobody held up |
//! | `durable` | history: positions, times, restarts, damage |
//! | `group`, `forced` | several servers that are one; going on by force with less than there was |
//! | `bad_input` | what nobody should send |

mod bad_input;
mod corba;
mod durable;
mod facade;
mod forced;
mod group;
mod overload;
mod pipelined;
mod rig;
mod wire;

//! The naming service as its clients see it, in one process: over both protocols and collocated.
//!
//! | file | what is proved |
//! |---|---|
//! | `operations` | every operation of CosNaming, every exception |
//! | `bad_input` | names and references that nobody should send |
//! | `federation` | names that lead through several services, some of which hang, lie or are gone |
//! | `iterators` | long lists, and what becomes of iterators that nobody destroys |
//! | `durable` | restarts, full disks, and that nobody sees what is not on the disk |
//! | `directory` | leases, look-ups, changes |
//! | `facade` | how Rust programs use it: paths, what is remembered, leases, watching

mod bad_input;
mod directory;
mod durable;
mod facade;
mod federation;
mod iterators;
mod operations;
mod rig;

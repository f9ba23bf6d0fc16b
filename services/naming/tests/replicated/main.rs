//! The naming service as a group keeps it: everything that its clients see of one server, they see of three; and what becomes
//! of them when some of the three are lost.
//!
//! | file | what is proved |
//! |---|---|
//! | `../service` | operations, bad input, federation, iterators, leases, the facade: as with one server |
//! | `members` | joining, references, losing members, the same order and time everywhere |

#[path = "../service/bad_input.rs"]
mod bad_input;
#[path = "../service/directory.rs"]
mod directory;
#[path = "../service/facade.rs"]
mod facade;
#[path = "../service/federation.rs"]
mod federation;
#[path = "../service/iterators.rs"]
mod iterators;
mod members;
#[path = "../service/operations.rs"]
mod operations;
mod rig;

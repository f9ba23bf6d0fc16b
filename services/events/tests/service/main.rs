//! The event service as its clients see it, in one process.
//!
//! | file | what is proved |
//! |---|---|
//! | `corba` | OMG's interfaces: all four proxies, every exception, peers that throw, hang and vanish |
//! | `facade` | topics, subjects, types, keys, named publishers |

mod corba;
mod facade;
mod rig;

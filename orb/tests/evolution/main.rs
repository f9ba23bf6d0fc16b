//! Peers of two versions: an old and a new interface of one name, each as client and as server, over both protocols.
//!
//! The native protocol lets versions differ in what one of them can do without; what cannot work is refused with an exception
//! that names it. IIOP carries positions alone: there both must know the same types, operations may come.

mod changes;
mod members;
mod operations;
mod rig;

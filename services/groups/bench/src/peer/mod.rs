//! The peers: corosync for groups of processes, etcd for an object that they keep.

mod corosync;
mod etcd;

pub(crate) use corosync::{Corosync, Transport};
pub(crate) use etcd::Etcd;

//! A map from octets to octets, kept by three processes: the job at which replicated objects and etcd are compared.

pub(crate) mod caller;
mod client;
mod etcd;
mod gap;
mod grpc;
pub(crate) mod keeper;
mod protobuf;

use quorb::interface;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The object.
#[interface]
pub(crate) trait Store {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;
    fn put(&mut self, key: Vec<u8>, value: Vec<u8>);
}

/// Its value.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shelf(BTreeMap<Vec<u8>, Vec<u8>>);

impl Store for Shelf {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).cloned()
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, value);
    }
}

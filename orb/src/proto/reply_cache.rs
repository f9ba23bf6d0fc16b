//! TEMP
#![allow(missing_docs)]
use super::head::{RequestIdentity, Time};
use std::collections::BTreeMap;
#[derive(Debug, Clone)]
pub struct Limits {
    pub clients_max: usize,
    pub entries_per_client_max: usize,
    pub bytes_max: usize,
}
pub trait Size {
    fn bytes(&self) -> usize;
}
#[derive(Debug)]
pub enum Admission<R> {
    Execute,
    Replay(R),
    Attach,
    Refuse(&'static str),
}
#[derive(Debug)]
pub struct ReplyCache<R> {
    map: BTreeMap<RequestIdentity, Option<R>>,
    limits: Limits,
}
impl<R: Clone + Size> ReplyCache<R> {
    pub fn new(limits: Limits) -> Self {
        ReplyCache { map: BTreeMap::new(), limits }
    }
    pub fn admit(
        &mut self,
        id: RequestIdentity,
        _ack: u64,
        retry: Option<u64>,
        this: u64,
        _now: Time,
    ) -> Admission<R> {
        match self.map.get(&id) {
            Some(Some(r)) => Admission::Replay(r.clone()),
            Some(None) => Admission::Attach,
            None => {
                if retry.is_some_and(|x| x != this) {
                    return Admission::Refuse("other server");
                }
                if self.map.len() > self.limits.entries_per_client_max {
                    self.map.pop_first();
                }
                self.map.insert(id, None);
                Admission::Execute
            }
        }
    }
    pub fn complete(&mut self, id: RequestIdentity, r: R) {
        self.map.insert(id, Some(r));
    }
    pub fn abandon(&mut self, id: RequestIdentity) {
        self.map.remove(&id);
    }
}

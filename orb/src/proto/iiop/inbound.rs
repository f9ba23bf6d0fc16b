//! Calls of the peer that run.

use std::collections::BTreeMap;

use quorb_giop::cdr::GiopVersion;
use quorb_giop::message::GiopError;

use crate::proto::head::CallId;
use crate::proto::native::id_table::IdTable;

/// The calls of the peer that have no end yet.
///
/// The runtime knows them by numbers of our own: a peer may give one request id to any number of oneway requests, since
/// nothing ever answers them.
#[derive(Debug)]
pub(super) struct InboundCalls {
    running: IdTable<Inbound>,
    /// The calls that will be answered, by request id.
    answered: BTreeMap<u32, u64>,
    begun: u64,
}

/// A request of the peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inbound {
    pub(super) request_id: u32,
    pub(super) version: GiopVersion,
    pub(super) expects_reply: bool,
    /// It is a LocateRequest.
    pub(super) is_locate: bool,
    /// Its caller gave up: no reply is sent.
    pub(super) cancelled: bool,
}

impl InboundCalls {
    pub(super) fn new() -> InboundCalls {
        InboundCalls { running: IdTable::new(), answered: BTreeMap::new(), begun: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Notes a call. No two unanswered requests may share an id, even if one is cancelled (CORBA 3.3 Part 2, 9.4.2).
    pub(super) fn begin(&mut self, call: Inbound) -> Result<CallId, GiopError> {
        if call.expects_reply {
            if self.answered.contains_key(&call.request_id) {
                return Err(GiopError::DuplicateRequest { request_id: call.request_id });
            }
            self.answered.insert(call.request_id, self.begun);
        }
        let id = CallId(self.begun);
        self.running.push(self.begun, call);
        self.begun += 1;
        Ok(id)
    }

    /// Its caller gave up. None if it is over, or was cancelled already.
    pub(super) fn cancel(&mut self, request_id: u32) -> Option<CallId> {
        let number = *self.answered.get(&request_id)?;
        let call = self.running.get_mut(number)?;
        let first = !std::mem::replace(&mut call.cancelled, true);
        first.then_some(CallId(number))
    }

    pub(super) fn end(&mut self, id: CallId) -> Option<Inbound> {
        let call = self.running.remove(id.0)?;
        if call.expects_reply {
            self.answered.remove(&call.request_id);
        }
        Some(call)
    }

    /// Whether an operation runs whose caller waits for the outcome.
    pub(super) fn executes(&self) -> bool {
        self.running.iter().any(|(_, call)| call.expects_reply && !call.cancelled && !call.is_locate)
    }
}

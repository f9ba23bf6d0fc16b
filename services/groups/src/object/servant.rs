//! The servant of a replicated object: it takes the calls of this member's clients.

use super::seat::Seat;
use quorb::adapter::{Dispatch, Facet, Invocation, Usher};
use quorb::model::{Interface, Kind};
use quorb::{Completion, ExceptionKind, Minor, Servant, SystemException};
use std::any::TypeId;
use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

/// Hands updates to the group and queries to this member's copy. What it has executed is remembered by the group.
pub(super) struct GroupServant {
    seat: Arc<Seat>,
    interface: &'static Interface,
    /// Updates that carry streams: what is read once cannot be executed by every replica, nor anew by a successor.
    refused: BTreeSet<&'static str>,
}

impl GroupServant {
    pub(super) fn new(seat: Arc<Seat>, interface: &'static Interface) -> Self {
        let operations = &interface.describe().operations;
        let streaming = { operations.iter() }.filter(|o| o.kind != Kind::Query && o.carries_streams());
        Self { seat, interface, refused: streaming.map(|operation| &*operation.name).collect() }
    }

    fn refuses(&self, operation: &str) -> bool {
        !self.refused.is_empty() && self.refused.contains(operation)
    }
}

impl Servant for GroupServant {
    fn interface(&self) -> &'static Interface {
        self.interface
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        match self.interface.operation(call.operation()) {
            Some(operation) if self.refuses(operation.name) => {
                let (kind, minor) = (ExceptionKind::NoImplement, Minor::STREAMS_NOT_ORDERED);
                Dispatch::Done(call.refuse(SystemException::new(kind, minor, Completion::No)))
            }
            Some(operation) if operation.behaviour.kind != Kind::Query => self.seat.update(call),
            Some(_) => self.seat.query(call),
            None => Dispatch::Done(call.unknown_operation()),
        }
    }

    fn reactivate(&self) {
        let ((), effects) = self.seat.input(super::proto::Replica::reactivate);
        effects.into_iter().for_each(|effect| self.seat.carry_out(effect, None));
    }

    fn remembers(&self) -> bool {
        true
    }

    fn facet(&self, of: TypeId) -> Option<Facet> {
        self.seat.subject.servant().facet(of)
    }

    fn usher(&self) -> Option<Weak<dyn Usher>> {
        let seat: Weak<Seat> = Arc::downgrade(&self.seat);
        Some(seat)
    }
}

/// A query of this process reads the value where it is. It is inside, so that nothing is applied before it is out again, nor
/// brought ahead of what all have agreed on.
impl Usher for Seat {
    fn admits_query(&self) -> bool {
        self.is_current()
    }
}

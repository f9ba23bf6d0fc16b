//! The servant of a replicated object: it takes the calls of this member's clients.

use super::seat::Seat;
use quorb::Servant;
use quorb::adapter::{Dispatch, Facet, Invocation, Usher};
use quorb::model::{Interface, Kind};
use std::any::TypeId;
use std::sync::{Arc, Weak};

/// Hands updates to the group and queries to this member's copy. What it has executed is remembered by the group.
pub(super) struct GroupServant {
    pub(super) seat: Arc<Seat>,
    pub(super) interface: &'static Interface,
}

impl Servant for GroupServant {
    fn interface(&self) -> &'static Interface {
        self.interface
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        match self.interface.operation(call.operation()) {
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

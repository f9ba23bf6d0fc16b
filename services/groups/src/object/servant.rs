//! The servant of a replicated object: it takes the calls of this member's clients.

use super::seat::Seat;
use quorb::Servant;
use quorb::adapter::{Dispatch, Invocation};
use quorb::model::{Interface, Kind};
use std::sync::Arc;

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
}

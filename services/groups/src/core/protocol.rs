//! The version of the protocol that a domain runs at, and how it is raised while the domain runs.
//!
//! ```text
//!   every member says with its greeting, and with its place in the view, up to which version it speaks
//!   founded: the lowest of the seeds' ------> the registry keeps it
//!   all members of the view speak a higher one -> a reason for a view change
//!   all whom the next view keeps or admits do  -> the value says so, and from that view on it is so
//! ```
//!
//! Within a view all members run at the same version: it changes with views only, like everything in the registry. So
//! what a version brings may be used by whoever is in a view of that version, and nobody has to ask the others. It never
//! falls: a process that speaks only older ones is turned away with that reason
//! ([`Unwelcome::PROTOCOL`](super::Unwelcome::PROTOCOL)), also when it finds the version in its own log. A rolling upgrade
//! therefore needs no order: processes are replaced one by one, and with the last old one gone the domain goes up by
//! itself. Whoever wants to keep the way back open holds the new processes down ([`Config::protocol_max`]).

use super::event::{Unwelcome, Upcall};
use super::identity::{Member, ProcessId};
use super::mutation::Mutation;
use super::wire::item::tag;
use super::wire::{Reader, Wire, WireError};
use super::{Core, Stage};
use bytes::BytesMut;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Protocol(pub u16);

impl Protocol {
    /// The oldest that this build speaks.
    pub const OLDEST: Self = Self(1);
    /// The newest that this build speaks.
    pub const NEWEST: Self = Self(2);
    /// From here on the role of a sequencer may be handed over within a view.
    pub(crate) const HANDOVER: Self = Self(2);

    /// The version that brought an item.
    fn of_item(tag: u8) -> Self {
        match tag {
            tag::ORDER_OF_TURN | tag::HANDOVER => Self::HANDOVER,
            _ => Self::OLDEST,
        }
    }
}

impl Default for Protocol {
    fn default() -> Self {
        Self::OLDEST
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Wire for Protocol {
    fn write(&self, out: &mut BytesMut) {
        self.0.write(out);
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        Ok(Self(u16::read(input)?))
    }
}

impl Core {
    /// The version that the domain runs at, as far as this process knows.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        let remembered = self.restart.as_ref().map(|restart| restart.protocol());
        remembered.unwrap_or_default().max(self.registry.protocol())
    }

    /// Whether this process does not speak what its domain has come to run at.
    pub(super) fn is_too_old(&self) -> bool {
        self.config.protocol_max < self.protocol()
    }

    /// An item that came with a later version than this process speaks makes no sense to it.
    pub(super) fn check_spoken(&self, tag: u8) -> Result<(), WireError> {
        if Protocol::of_item(tag) > self.config.protocol_max { Err(WireError::Tag(tag)) } else { Ok(()) }
    }

    /// Whether all members speak a higher version than the domain runs at.
    pub(super) fn may_raise(&self) -> bool {
        self.raise_with(&self.view.members).is_some()
    }

    /// The version that a view of these members may run at, if it is a higher one.
    pub(super) fn raise_with(&self, members: &[Member]) -> Option<Protocol> {
        let spoken = members.iter().map(|m| m.speaks);
        let by_all = if self.bug(Mutation::RaisedBeforeAll) { spoken.max() } else { spoken.min() };
        by_all.filter(|version| *version > self.registry.protocol())
    }

    /// The domain runs at another version from the present view on.
    pub(super) fn raised(&mut self) {
        self.counters.raises += 1;
        self.tell(Upcall::Protocol { version: self.registry.protocol() });
    }

    /// A process that asks to be admitted speaks too old a version: it is told so.
    pub(super) fn refuse_old(&mut self, process: ProcessId) {
        for link in self.links_of(process) {
            self.turn_away(link, Unwelcome::PROTOCOL);
        }
    }

    /// This process finds in its log, or hears, that its domain runs at a version that it does not speak: it says so once, and
    /// takes no part.
    pub(super) fn keeps_out(&mut self) -> bool {
        let old = self.stage == Stage::Outside && self.is_too_old();
        if old && !std::mem::replace(&mut self.told_too_old, true) {
            self.tell(Upcall::Unwelcome { address: None, reason: Unwelcome::PROTOCOL });
        }
        old
    }
}

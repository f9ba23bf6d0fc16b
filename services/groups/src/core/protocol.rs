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
    /// From here on large messages travel in parts.
    pub(crate) const PARTS: Self = Self(2);

    /// From here on groups may share one order.
    pub(crate) const ORDERING: Self = Self(2);

    /// From here on a renewal says how long the lease is.
    pub(crate) const LEASES: Self = Self(2);

    /// The version that brought an item.
    fn of_item(tag: u8) -> Self {
        match tag {
            tag::ORDER_OF_TURN | tag::HANDOVER => Self::HANDOVER,
            tag::RENEW_FOR => Self::LEASES,
            tag::JOINT_ORDER | tag::JOINT_KNOWN | tag::TALLY => Self::ORDERING,
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

    /// This process finds in its log, or is told, that its domain runs at a version that it does not speak: it says so once,
    /// and takes no part.
    pub(super) fn keeps_out(&mut self) -> bool {
        let old = self.stage == Stage::Outside && self.is_too_old();
        if old {
            self.tell_too_old();
        }
        old
    }

    /// A process turned this one away because of the version that it speaks. To a member only strangers say so.
    pub(super) fn told_too_old(&mut self, reason: Unwelcome) {
        if reason == Unwelcome::PROTOCOL && self.stage == Stage::Outside {
            self.tell_too_old();
        }
    }

    fn tell_too_old(&mut self) {
        if !std::mem::replace(&mut self.too_old, true) {
            self.tell(Upcall::TooOld);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::identity::{DomainId, Time, View, ViewNumber};
    use crate::core::wire::frame::{FrameHead, FrameKind, Hello};
    use crate::core::{Config, Effect, Event, LinkId};
    use bytes::Bytes;

    fn member(process: u64, speaks: u16) -> Member {
        let (process, address) = (ProcessId(process), process.to_string().as_str().into());
        Member { process, address, weight: 1, durable: None, speaks: Protocol(speaks) }
    }

    /// A member of a view with these versions, in a domain that runs at the first.
    fn core(speaks: &[u16]) -> Core {
        let mut core = Core::new(Config::new("versions", ProcessId(1), "1", &["1", "2"]), Time(1));
        let members = (1..).zip(speaks).map(|(process, &speaks)| member(process, speaks)).collect();
        core.view = View { domain: DomainId(1), number: ViewNumber(3), members };
        core.stage = Stage::Member;
        core
    }

    #[test]
    fn the_version_is_raised_when_the_last_old_member_is_gone() {
        let core = core(&[2, 2, 1]);
        assert!(!core.may_raise());
        assert_eq!(core.raise_with(&core.view.members[..2]), Some(Protocol(2)));
        let joined = [member(1, 2), member(4, 1)];
        assert_eq!(core.raise_with(&joined), None, "nor may it be while an old one is admitted");
    }

    #[test]
    fn a_domain_is_founded_at_what_all_its_seeds_speak() {
        let core = core(&[3, 2, 7]);
        assert_eq!(crate::core::registry::Registry::founded(&core.view).protocol(), Protocol(2));
    }

    fn received(core: &mut Core, kind: FrameKind, body: &[u8]) {
        let mut frame = FrameHead { kind, sequence: 0, acknowledged: 0 }.encode().to_vec();
        frame.extend_from_slice(body);
        core.handle(Event::Received { link: LinkId(1), frame: frame.into() }, Time(2));
    }

    fn hello(newest: u16) -> Bytes {
        let hello = Hello {
            magic: Hello::MAGIC,
            oldest: Protocol::OLDEST,
            newest: Protocol(newest),
            name: "versions".into(),
            process: ProcessId(9),
            address: "9".into(),
            domain: DomainId(0),
            view: ViewNumber(0),
            durable: None,
            nonce: Bytes::new(),
        };
        hello.to_bytes()
    }

    /// What is done about a stranger of this version when the domain runs at the second.
    fn refused(newest: u16) -> bool {
        let mut core = core(&[2, 2]);
        core.registry = crate::core::registry::Registry::founded(&core.view);
        core.handle(Event::Opened { link: LinkId(1), dialled: None }, Time(2));
        received(&mut core, FrameKind::Hello, &hello(newest));
        let mut out = Vec::new();
        core.poll(Time(2), &mut out);
        out.iter().any(|effect| {
            matches!(effect, Effect::Send { head, body, .. }
            if head[0] == FrameKind::Refused as u8 && body[..] == [Unwelcome::PROTOCOL.0])
        })
    }

    #[test]
    fn who_speaks_too_old_a_version_is_turned_away_and_says_so_once() {
        assert!(refused(1) && !refused(2));
        let mut old = Core::new(Config::new("versions", ProcessId(9), "9", &["1"]), Time(1));
        for _ in 0..2 {
            old.handle(Event::Opened { link: LinkId(1), dialled: Some("1".into()) }, Time(2));
            received(&mut old, FrameKind::Refused, &[Unwelcome::PROTOCOL.0]);
        }
        let mut out = Vec::new();
        old.poll(Time(3), &mut out);
        assert_eq!(out.iter().filter(|effect| matches!(effect, Effect::Tell(Upcall::TooOld))).count(), 1);
    }

    #[test]
    fn items_of_later_versions_mean_nothing_to_an_older_process() {
        let mut core = core(&[2, 1]);
        assert_eq!(core.check_spoken(tag::HANDOVER), Ok(()));
        core.config.protocol_max = Protocol(1);
        assert_eq!(core.check_spoken(tag::HANDOVER), Err(WireError::Tag(tag::HANDOVER)));
        assert_eq!(core.check_spoken(tag::ORDER), Ok(()));
    }
}

//! Who is who: processes, domains, views, ranks, groups, and the time that is told to the core.
//!
//! A process is an endpoint and an incarnation, drawn at random at every start and never used again: a restarted process
//! is a new process (book L10640). A view is a numbered, ranked list of processes; rank is the order of joining, survivors
//! keep their order, joiners go last (book L11471).

use super::protocol::Protocol;
use super::wire::value::Value;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// One incarnation of a process: random, new at every start, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessId(pub u64);

impl fmt::Debug for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{:x}", self.0)
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The name on a process's disk: the same for all its incarnations, and never that of another disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DurableId(pub u64);

impl fmt::Debug for DurableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{:x}", self.0)
    }
}

impl fmt::Display for DurableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Where a process listens. Opaque to the core: it is compared, carried and handed to the driver for dialling.
pub type Address = Arc<str>;

/// What a domain is called in its configuration, the same at every member.
pub type DomainName = Arc<str>;

/// The identity of a domain, made by its founder; zero stands for none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DomainId(pub u64);

/// The number of a view: 1 at birth, one more with each agreed change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ViewNumber(pub u64);

impl ViewNumber {
    /// The number of the view that succeeds this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Debug for ViewNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// A lightweight group of the domain, numbered in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u32);

impl GroupId {
    /// The rank of the member that gives the places of the total order, among so many: groups spread over their members.
    #[must_use]
    pub fn sequencer(self, members: usize) -> usize {
        let mixed = (u64::from(self.0) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 33) as usize % members.max(1)
    }
}

/// A position in the ranked list of a view or of a group; 0 is the oldest.
pub type Rank = u16;

/// Microseconds on the process's own monotonic clock, from an origin of the driver's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub u64);

impl Time {
    /// The time this many microseconds later.
    #[must_use]
    pub fn after(self, span_us: u64) -> Self {
        Self(self.0.saturating_add(span_us))
    }

    /// Microseconds since an earlier time; none if it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// One member of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its incarnation.
    pub process: ProcessId,
    /// Where it listens.
    pub address: Address,
    /// What it weighs in a quorum; a member of weight zero votes on nothing.
    pub weight: u32,
    /// The name on its disk, if it has a log.
    pub durable: Option<DurableId>,
    /// The newest version of the protocol that it speaks.
    pub speaks: Protocol,
}

/// A view of the domain: everyone who installs this number installs this list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The domain.
    pub domain: DomainId,
    /// The number.
    pub number: ViewNumber,
    /// The members, by rank.
    pub members: Vec<Member>,
}

impl View {
    /// The rank of a process, if it is a member.
    #[must_use]
    pub fn rank(&self, process: ProcessId) -> Option<Rank> {
        self.members.iter().position(|m| m.process == process).map(|rank| rank as Rank)
    }

    /// Whether the process is a member.
    #[must_use]
    pub fn contains(&self, process: ProcessId) -> bool {
        self.rank(process).is_some()
    }

    /// The process of a rank.
    #[must_use]
    pub fn process(&self, rank: Rank) -> Option<ProcessId> {
        self.members.get(usize::from(rank)).map(|m| m.process)
    }

    /// The member whose disk bears this name, and its rank.
    #[must_use]
    pub fn member_named(&self, durable: DurableId) -> Option<(Rank, &Member)> {
        let found = self.members.iter().enumerate().find(|(_, m)| m.durable == Some(durable));
        found.map(|(rank, member)| (rank as Rank, member))
    }

    /// Whether these processes may decide the next view: they hold more than half of the weight, or exactly half and the
    /// oldest voter is among them. Any two such sets have a member in common.
    #[must_use]
    pub fn is_quorum(&self, present: impl Fn(ProcessId) -> bool) -> bool {
        self.is_quorum_of(|m| present(m.process))
    }

    /// The same by members: incarnations that share a disk are one acceptor.
    #[must_use]
    pub fn is_quorum_of(&self, present: impl Fn(&Member) -> bool) -> bool {
        match self.halves(&present) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => self.members.iter().find(|m| m.weight > 0).is_some_and(present),
            std::cmp::Ordering::Less => false,
        }
    }

    /// How the weight of those present compares with half of the whole.
    pub(crate) fn halves(&self, present: impl Fn(&Member) -> bool) -> std::cmp::Ordering {
        let weigh = |m: &Member| u64::from(m.weight);
        let whole: u64 = self.members.iter().map(weigh).sum();
        let held: u64 = self.members.iter().filter(|m| present(m)).map(weigh).sum();
        (2 * held).cmp(&whole)
    }

    /// The view that a decision makes of this one.
    pub(crate) fn succeeded_by(&self, value: &Value) -> Self {
        let domain = value.restart.unwrap_or(self.domain);
        Self { domain, number: self.number.next(), members: value.members.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(weights: &[u32]) -> View {
        let members = weights.iter().enumerate();
        let members = members
            .map(|(i, &weight)| Member {
                process: ProcessId(i as u64),
                address: "a".into(),
                weight,
                durable: None,
                speaks: Protocol::NEWEST,
            })
            .collect();
        View { domain: DomainId(1), number: ViewNumber(1), members }
    }

    #[test]
    fn half_is_enough_only_with_the_oldest_voter() {
        let two = view(&[1, 1]);
        assert!(two.is_quorum(|p| p.0 == 0));
        assert!(!two.is_quorum(|p| p.0 == 1));
        let observer_first = view(&[0, 1, 1]);
        assert!(observer_first.is_quorum(|p| p.0 == 1), "an observer breaks no tie");
        assert!(!observer_first.is_quorum(|p| p.0 == 2 || p.0 == 0));
    }

    #[test]
    fn any_two_quorums_intersect() {
        for weights in [&[1, 1, 1, 1][..], &[2, 1, 1], &[1, 0, 3, 2], &[1, 1, 1, 1, 1]] {
            let view = view(weights);
            for a in 0u64..1 << weights.len() {
                let b = !a;
                let held = |set: u64| view.is_quorum(|p| set >> p.0 & 1 == 1);
                assert!(!(held(a) && held(b)), "{weights:?} {a:b}");
            }
        }
    }
}

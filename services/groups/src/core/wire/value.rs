//! What is agreed on between views: ballots, flush reports, and the value that makes the next view.

use super::{Reader, Wire, WireError, wire_struct};
use crate::core::identity::{DomainId, DurableId, GroupId, Member, ProcessId, Rank, ViewNumber};
use crate::core::options::{GroupOptions, OrderingDomain};
use crate::core::protocol::Protocol;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// A try at deciding the next view; the higher one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ballot {
    pub(crate) counter: u32,
    pub(crate) rank: Rank,
}

/// So many consecutive total-ordered messages of one sender, named by its rank in the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) rank: Rank,
    pub(crate) count: u64,
}

/// What one member holds of a group's messages in the view that ends: its contiguous receptions by sender, and the order
/// it knows from the position `order_base` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) group: GroupId,
    pub(crate) received: Vec<u64>,
    pub(crate) order_base: u64,
    pub(crate) runs: Vec<Run>,
}

/// Where a group's messages of the view that ends are cut, by sender, and the order agreed on from `order_base` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) group: GroupId,
    pub(crate) lanes: Vec<u64>,
    pub(crate) order_base: u64,
    pub(crate) runs: Vec<Run>,
}

/// What is known, or agreed on, of the sequence that the groups of an ordering domain share, from the position `base` on. A run
/// names a sender: those of all groups are counted, by group and rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JointOrder {
    pub(crate) domain: OrderingDomain,
    pub(crate) base: u64,
    pub(crate) runs: Vec<Run>,
}

impl JointOrder {
    /// Where it ends.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.runs.iter().map(|run| run.count).sum::<u64>()
    }
}

/// A change of the registry of groups, or a payload ordered against everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Who asked.
    pub(crate) by: ProcessId,
    /// The asker's own number; later requests have higher ones.
    pub(crate) token: u64,
    pub(crate) what: ChangeKind,
}

/// What a process brings with it that enters a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Entrant {
    /// The name on its disk, if it has a log.
    pub(crate) durable: Option<DurableId>,
    /// How many messages its own copy of the group covers, if it has one.
    pub(crate) length: Option<u64>,
    /// The view its copy ends in, and how many messages of that view the copy has of each of the group's members.
    pub(crate) last: (ViewNumber, Vec<u64>),
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// Become a member of the group of this name, which is created if there is none.
    Enter { name: Arc<str>, options: GroupOptions, entrant: Entrant },
    /// Cease to be a member.
    Leave { group: GroupId },
    /// The asker has its state, as of this cut and what came after.
    Complete { group: GroupId, cut: ViewNumber },
    /// Give a dormant group a new life without its state.
    Reset { group: GroupId },
    /// End a group, whoever is in it: its state and its name are given up.
    Dissolve { group: GroupId },
    /// A payload that all members of the domain see at the same cut of all groups.
    Cast { payload: Bytes },
}

/// A whole transition from one view to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) members: Vec<Member>,
    /// Those of the old view that are not in the new one because they asked.
    pub(crate) left: Vec<ProcessId>,
    pub(crate) cuts: Vec<Cut>,
    /// The sequences of ordering domains.
    pub(crate) joint: Vec<JointOrder>,
    pub(crate) changes: Vec<Change>,
    /// How long the new view refrains from acting because of leases of the excluded.
    pub(crate) lease_wait_us: u64,
    /// The version of the protocol that the domain runs at from the new view on, if that is another one.
    pub(crate) raise: Option<Protocol>,
    /// Set when processes begin again from their logs: the members are new incarnations, nobody of the old view goes on,
    /// and this is the identity of the domain, another one if an operator forced it.
    pub(crate) restart: Option<DomainId>,
}

impl Value {
    /// Whether this process sees the end of the old view: it goes on, or leaves in an orderly way.
    pub(crate) fn keeps(&self, process: ProcessId) -> bool {
        self.members.iter().any(|m| m.process == process) || self.left.contains(&process)
    }

    /// Whether the group is asked to be ended with this view.
    pub(crate) fn dissolves(&self, id: GroupId) -> bool {
        self.changes.iter().any(|c| matches!(c.what, ChangeKind::Dissolve { group } if group == id))
    }
}

/// A value an acceptor has accepted, and at which ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) ballot: Ballot,
    pub(crate) value: Value,
}

wire_struct! {
    Ballot { counter, rank }
    Run { rank, count }
    Report { group, received, order_base, runs }
    Cut { group, lanes, order_base, runs }
    Change { by, token, what }
    JointOrder { domain, base, runs }
    Value { members, left, cuts, joint, changes, lease_wait_us, raise, restart }
    Entrant { durable, length, last }
    Accepted { ballot, value }
}

impl Wire for ChangeKind {
    fn write(&self, out: &mut BytesMut) {
        match self {
            Self::Enter { name, options, entrant } => {
                1u8.write(out);
                name.write(out);
                options.write(out);
                entrant.write(out);
            }
            Self::Leave { group } => {
                2u8.write(out);
                group.write(out);
            }
            Self::Complete { group, cut } => {
                3u8.write(out);
                group.write(out);
                cut.write(out);
            }
            Self::Reset { group } => {
                4u8.write(out);
                group.write(out);
            }
            Self::Cast { payload } => {
                5u8.write(out);
                payload.write(out);
            }
            Self::Dissolve { group } => {
                6u8.write(out);
                group.write(out);
            }
        }
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        Ok(match input.u8()? {
            1 => Self::Enter {
                name: Wire::read(input)?,
                options: Wire::read(input)?,
                entrant: Wire::read(input)?,
            },
            2 => Self::Leave { group: Wire::read(input)? },
            3 => Self::Complete { group: Wire::read(input)?, cut: Wire::read(input)? },
            4 => Self::Reset { group: Wire::read(input)? },
            5 => Self::Cast { payload: Wire::read(input)? },
            6 => Self::Dissolve { group: Wire::read(input)? },
            other => return Err(WireError::Tag(other)),
        })
    }
}

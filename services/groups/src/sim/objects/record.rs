//! What the replicas and their clients have done, as the object layer's invariants see it.

use crate::core::{DomainId, GroupId, ProcessId};
use crate::object::check::History;
use quorb::proto::head::RequestIdentity;
use std::collections::{BTreeMap, BTreeSet};

/// One life of the object: a domain that is founded anew, or a group that is created anew, begins to count anew.
pub(super) type Life = (DomainId, GroupId);

/// A whole run.
#[derive(Debug, Default)]
pub(in crate::sim) struct Record {
    /// What replicas agreed on, at equal places.
    pub(super) states: Vec<State>,
    /// Executions of the active style.
    pub(super) executions: Vec<(ProcessId, RequestIdentity)>,
    /// What was asked of timers and what they did, in the active style.
    pub(super) timers: Vec<(ProcessId, Life, Timer)>,
    /// The executors, as each replica came to know of them.
    pub(super) terms: Vec<Term>,
    /// Digests as they were taken: by life, place and replica.
    pub(super) digests: BTreeMap<(Life, u64, ProcessId), u128>,
    /// What replicas made of differing digests.
    pub(super) verdicts: Vec<Verdict>,
    /// What the clients have seen.
    pub(super) history: History,
    /// Everything came to rest in the domain that it began in and in one life of the object, and a replica with the state
    /// was left.
    pub(super) is_closed: bool,
    /// How the object ended at each replica.
    pub(super) ends: Vec<(ProcessId, u64)>,
    /// Calls that wait although everything else is at rest.
    pub(super) waiting: Option<String>,
    /// Replicas that went on from another one's state.
    pub(super) joins: u64,
    /// Calls of which nobody may know any more whether they were executed.
    pub(super) forgotten: u64,
    /// Clients that were sent away to begin another life.
    pub(super) begun_again: u64,
    /// Calls that were made again elsewhere under the same identity.
    pub(super) repeated: u64,
    /// Reads of a copy that was known to be current, without asking.
    pub(super) read_at_once: u64,
    /// Timers that executors fired.
    pub(super) fired_alone: u64,
    /// Effects of executors that others applied.
    pub(super) effects_applied: u64,
    /// Replicas whose servant did something of its own.
    pub(super) drifts: u64,
}

/// Everything that a replica would give to a joiner, folded, when so many requests had had their place.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) process: ProcessId,
    pub(super) life: Life,
    pub(super) place: u64,
    pub(super) fold: u64,
    /// It is the first one since the replica was given the state by another.
    pub(super) is_fresh: bool,
}

/// Something about a timer, as a replica executes it.
#[derive(Debug, Clone)]
pub(super) enum Timer {
    Set { name: String, due_us: u64 },
    Cancelled { name: String },
    Fired { name: String, at_us: u64 },
}

/// A term as a replica sees it.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) process: ProcessId,
    pub(super) life: Life,
    pub(super) number: u64,
    pub(super) executor: Option<ProcessId>,
    /// The one before, if this replica went from that term to this one, and is still a member with the state.
    pub(super) deposed: Option<ProcessId>,
}

/// What a replica made of differing digests.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) process: ProcessId,
    pub(super) life: Life,
    pub(super) place: u64,
    /// The members with the state, then.
    pub(super) members: Vec<ProcessId>,
    /// It must leave; otherwise it is said that nobody knows.
    pub(super) leaves: bool,
}

impl Record {
    /// How many lives of the object have executed anything.
    pub(super) fn lives(&self) -> usize {
        self.states.iter().map(|state| state.life).collect::<BTreeSet<_>>().len()
    }

    /// What has happened, for the coverage.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let count = |n: usize| n as u64;
        let takeovers = self.terms.iter().filter(|term| term.number > 1).count();
        let fired = self.timers.iter().filter(|(_, _, event)| matches!(event, Timer::Fired { .. })).count();
        let left = self.verdicts.iter().filter(|verdict| verdict.leaves).count();
        vec![
            ("object: calls", count(self.history.calls.len())),
            ("object: calls made again elsewhere", self.repeated),
            ("object: calls forgotten", self.forgotten),
            ("object: clients that began again", self.begun_again),
            ("object: reads at once", self.read_at_once),
            ("object: joins", self.joins),
            ("object: states compared", count(self.states.len())),
            ("object: runs at rest", u64::from(self.is_closed)),
            ("object, active: executions", count(self.executions.len())),
            ("object, active: timers fired", count(fired)),
            ("object, executor: timers fired", self.fired_alone),
            ("object, executor: effects applied", self.effects_applied),
            ("object, active: drifts", self.drifts),
            ("object, active: replicas that left for their digest", count(left)),
            ("object, active: disputes", count(self.verdicts.len() - left)),
            ("object, executor: takeovers", count(takeovers)),
        ]
    }
}

/// FNV-1a.
pub(super) fn fold(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |fold, &octet| {
        (fold ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

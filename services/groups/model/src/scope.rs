//! Scopes: how many of everything one exhaustive search has.

use crate::set::{PROCESSES_MAX, Pid, Set};
use std::cmp::Ordering;

/// Ticks that a lease runs from the sending of its renewal, on the holder's clock.
pub const LEASE_TICKS: u8 = 2;

/// Ticks that a promise runs from its acknowledgement, on the promiser's clock: the lease and the most that a slow clock
/// can lose meanwhile.
pub const PROMISE_TICKS: u8 = 3;

/// Ticks between two at which the slow clock may stand still.
pub const STEADY_TICKS: u8 = 2;

/// The bounds of one search.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is for.
    pub says: &'static str,
    /// Members of view 1.
    pub members: u8,
    /// What each process weighs.
    pub weights: [u8; PROCESSES_MAX],
    /// How many processes wait outside to join.
    pub joiners: u8,
    /// Who asks to leave.
    pub leavers: Set,
    /// The sender of each message that may be sent, in whatever view.
    pub messages: &'static [Pid],
    /// Who orders, in every view it is in; otherwise the oldest.
    pub sequencer: Pid,
    /// Whether delivery waits for every member.
    pub uniform: bool,
    /// How many processes may crash.
    pub crashes: u8,
    /// How many ballots may be begun, of which each may exclude anyone.
    pub ballots: u8,
    /// The highest view number that may be decided.
    pub views: u8,
    /// Whether the oldest may propose at ballot 0 without asking: sound only where nothing is multicast.
    pub straight: bool,
    /// Who holds a lease and answers queries.
    pub reader: Option<Pid>,
    /// Who has just acknowledged a lease of the reader when the search begins; it is then the only one. Nobody: it renews
    /// whenever it may.
    pub leased_by: Set,
    /// Whether the reader's clock keeps its bound.
    pub clock_bounded: bool,
    /// Whether M9 and L3 are looked at, the only properties that rest on clocks.
    pub authority: bool,
    /// Whether queries are followed step by step, or only the right to answer them.
    pub queries: bool,
    /// Whether it is checked of every state that the survivors recover from it.
    pub heals: bool,
}

impl Scope {
    /// A scope of so many members in which nothing happens yet.
    #[must_use]
    pub const fn of(name: &'static str, says: &'static str, members: u8) -> Self {
        Self {
            name,
            says,
            members,
            weights: [1; PROCESSES_MAX],
            joiners: 0,
            leavers: Set::EMPTY,
            messages: &[],
            sequencer: 0,
            uniform: true,
            crashes: 0,
            ballots: 0,
            views: 2,
            straight: false,
            reader: None,
            leased_by: Set::EMPTY,
            clock_bounded: true,
            authority: true,
            queries: false,
            heals: true,
        }
    }

    /// Whether these may decide what follows a view of these members: more than half of its weight, or exactly half and
    /// its oldest voter.
    #[must_use]
    pub fn is_quorum(&self, members: Set, present: Set) -> bool {
        match self.halves(members, present) {
            Ordering::Greater => true,
            Ordering::Equal => {
                let voters = members.iter().find(|&p| self.weights[usize::from(p)] > 0);
                voters.is_some_and(|p| present.contains(p))
            }
            Ordering::Less => false,
        }
    }

    /// How the weight of those present compares with half of the whole.
    #[must_use]
    pub fn halves(&self, members: Set, present: Set) -> Ordering {
        let weigh = |set: Set| set.iter().map(|p| u16::from(self.weights[usize::from(p)])).sum::<u16>();
        (2 * weigh(members.and(present))).cmp(&weigh(members))
    }

    /// Who orders the messages of a view.
    #[must_use]
    pub fn sequencer(&self, members: Set) -> Pid {
        if members.contains(self.sequencer) { self.sequencer } else { members.oldest().unwrap_or(0) }
    }

    /// How many messages the process may send in all.
    #[must_use]
    pub fn budget(&self, sender: Pid) -> u8 {
        self.messages.iter().filter(|&&s| s == sender).count() as u8
    }
}

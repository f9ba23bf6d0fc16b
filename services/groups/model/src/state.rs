//! The whole system in one value: every process, every ballot that was begun, and what the checker remembers.
//!
//! There are no message queues. What a process has said stays said (a ballot's question, its value, an answer, an
//! acceptance, a decision), and whoever it concerns may hear it at any later time, in any order, or never. What
//! processes multicast are streams, of which every receiver has taken a prefix.

use crate::set::{Lanes, PROCESSES_MAX, Pid, Seq, Set};
use std::fmt;

/// A ballot: a counter and its leader. Zero is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ballot(pub u8);

impl Ballot {
    /// No ballot.
    pub const NONE: Self = Self(0);

    /// The ballot of a leader with this counter.
    #[must_use]
    pub fn new(counter: u8, leader: Pid) -> Self {
        Self(1 + counter * 8 + leader)
    }

    /// Its counter.
    #[must_use]
    pub fn counter(self) -> u8 {
        self.0.saturating_sub(1) / 8
    }

    /// Who leads it.
    #[must_use]
    pub fn leader(self) -> Pid {
        self.0.saturating_sub(1) % 8
    }

    /// The counter that is above this ballot.
    #[must_use]
    pub fn next_counter(self) -> u8 {
        if self == Self::NONE { 0 } else { self.counter() + 1 }
    }
}

impl fmt::Debug for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("-");
        }
        write!(f, "{}.{}", self.counter(), crate::set::letter(self.leader()))
    }
}

/// What has become of a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Life {
    /// No such process in this scope.
    #[default]
    Absent,
    /// Running, in no view yet.
    Outside,
    /// Running, in the view it has installed.
    Member,
    /// Running, and it knows that the domain goes on without it.
    Gone,
    /// Stopped for ever.
    Crashed,
}

/// One process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Process {
    /// What has become of it.
    pub life: Life,
    /// The number of the view it has installed; 0 outside.
    pub view: u8,
    /// The members of that view.
    pub members: Set,
    /// The highest ballot it has answered, for the view after its own.
    pub promised: Ballot,
    /// Of whom it takes no multicasts any more.
    pub silenced: Set,
    /// The highest ballot whose value it has accepted.
    pub accepted: Ballot,
    /// How many messages of each sender of this view it holds.
    pub received: Lanes,
    /// The places it knows: a prefix of what the sequencer has ordered.
    pub order: Seq,
    /// How many of those it has delivered.
    pub delivered: u8,
    /// How many messages it had delivered, or had in its first state, before this view.
    pub base: u8,
    /// Ticks for which it has promised that no view without the reader acts.
    pub promise: u8,
    /// Ticks for which it does not act because of older leases.
    pub hold: u8,
}

impl Process {
    /// What is left of it when it stops: what it had multicast and acknowledged is still under way.
    #[must_use]
    pub fn stopped(&self, life: Life) -> Self {
        let Self { view, members, received, order, .. } = *self;
        Self { life, view, members, received, order, ..Self::default() }
    }

    /// Whether it runs and is in a view.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.life == Life::Member
    }

    /// Whether it has answered a flush and not yet installed what came of it.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.promised != Ballot::NONE
    }

    /// How many places, from the first, it holds with their messages: what it acknowledges.
    #[must_use]
    pub fn ready(&self) -> u8 {
        let held = |place: u8| {
            let sender = self.order.senders()[usize::from(place)];
            self.received[usize::from(sender)] >= self.order.count(sender, place + 1)
        };
        (0..self.order.len()).take_while(|&place| held(place)).count() as u8
    }

    /// How many messages it has applied in all.
    #[must_use]
    pub fn applied(&self) -> u8 {
        self.base + self.delivered
    }
}

/// How far a ballot has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// FLUSH is out, answers come in.
    Asking,
    /// The value is made; survivors obtain what they lack of its cut.
    Filling,
    /// PROPOSE is out.
    Proposing,
    /// COMMIT is out.
    Decided,
}

/// The transition from one view to the next. While answers come in it gathers them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Value {
    /// The members of the next view.
    pub members: Set,
    /// For each sender, its last message of the present view.
    pub cut: Lanes,
    /// The places of the present view: those agreed, then the order tail.
    pub order: Seq,
    /// Ticks for which the next view does not act.
    pub wait: u8,
}

/// One ballot for the view after `view`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Attempt {
    /// The view whose members decide.
    pub view: u8,
    /// Its ballot.
    pub ballot: Ballot,
    /// Whom it asks: all must answer.
    pub survivors: Set,
    /// Those among them who asked to leave.
    pub leaving: Set,
    /// Those outside who asked to join.
    pub joining: Set,
    /// Who has answered.
    pub answered: Set,
    /// Who has accepted its value.
    pub accepts: Set,
    /// How far it has come.
    pub phase: Phase,
    /// The accepted ballot that the answers tell to adopt.
    pub adopted: Ballot,
    /// What it proposes.
    pub value: Value,
}

/// What is left of a view when its processes have gone on, and what the checker remembers of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Epoch {
    /// The members that the first process installed.
    pub members: Set,
    /// How many messages had been delivered before it.
    pub base: u8,
    /// What has been delivered in it by anyone; the whole of it once it has ended.
    pub log: Seq,
    /// Whether someone has installed the next view.
    pub ended: bool,
    /// What each process that has gone on had sent.
    pub sent: Lanes,
    /// What each of them had acknowledged.
    pub ready: Lanes,
    /// What the sequencer had ordered, if it has gone on.
    pub order: Seq,
}

/// The query that the reader has not answered yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Query {
    /// Whether there is one.
    pub open: bool,
    /// The reader's view when it arrived.
    pub view: u8,
    /// What the reader had received then.
    pub received: Lanes,
    /// How many updates had been acknowledged or observed anywhere.
    pub visible: u8,
}

/// The lease of the one process that reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Reader {
    /// Ticks of its own clock that its lease still runs.
    pub lease: u8,
    /// Whether a renewal is out.
    pub renewing: bool,
    /// Ticks since the renewal was sent.
    pub age: u8,
    /// Who has acknowledged it.
    pub acked: Set,
    /// Ticks until its slow clock may stand still again.
    pub steady: u8,
    /// What it is asked.
    pub query: Query,
}

/// The whole system.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// Every process.
    pub processes: [Process; PROCESSES_MAX],
    /// The ballots that may still matter, by view and ballot.
    pub attempts: Vec<Attempt>,
    /// Every view that was installed, the first at index 0.
    pub epochs: Vec<Epoch>,
    /// The lease.
    pub reader: Reader,
    /// How many messages each process has sent in all.
    pub sent: Lanes,
    /// How many processes have crashed.
    pub crashes: u8,
    /// How many ballots were begun.
    pub begun: u8,
    /// How many updates have been acknowledged to clients.
    pub visible: u8,
}

impl State {
    /// A process.
    #[must_use]
    pub fn process(&self, process: Pid) -> &Process {
        &self.processes[usize::from(process)]
    }

    /// A process, to be changed.
    pub fn process_mut(&mut self, process: Pid) -> &mut Process {
        &mut self.processes[usize::from(process)]
    }

    /// What is remembered of a view.
    #[must_use]
    pub fn epoch(&self, view: u8) -> Epoch {
        self.epochs.get(usize::from(view).wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// What is remembered of a view, to be changed.
    pub fn epoch_mut(&mut self, view: u8) -> &mut Epoch {
        let index = usize::from(view) - 1;
        if self.epochs.len() <= index {
            self.epochs.resize(index + 1, Epoch::default());
        }
        &mut self.epochs[index]
    }

    /// Every running member, with its number.
    pub fn members(&self) -> impl Iterator<Item = (Pid, &Process)> {
        (0..PROCESSES_MAX as Pid).map(|p| (p, self.process(p))).filter(|(_, process)| process.is_member())
    }

    /// Processes that run and are in a view, or wait for one.
    #[must_use]
    pub fn running(&self) -> Set {
        let runs = |p: &Process| matches!(p.life, Life::Member | Life::Outside);
        let all = (0..PROCESSES_MAX as Pid).filter(|&p| runs(self.process(p)));
        all.fold(Set::EMPTY, |set, p| set.or(Set::of(p)))
    }

    /// Where a ballot stands in the list.
    #[must_use]
    pub fn find(&self, view: u8, ballot: Ballot) -> Option<usize> {
        self.attempts.iter().position(|a| a.view == view && a.ballot == ballot)
    }
}

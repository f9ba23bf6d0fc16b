//! The acceptor: what a member promises and accepts while the next view is decided (Paxos, one instance by view number;
//! book L10596 with the rule it leaves out).
//!
//! ```text
//!   FLUSH(b, survivors) -> promise b, and stand still: nothing more is sent, delivered or acknowledged in this view
//!                          ANSWER(b, accepted, what is here, lease promises)
//!   FILL(b, sources)    -> FETCH what is missing ... FILLED(b)
//!   PROPOSE(b, value)   -> accept if nothing higher was promised: ACCEPT(b)
//!   COMMIT(value)       -> deliver up to the cut, install (see `install`)
//! ```
//!
//! A promise is never taken back within a view, and from the first one on a member stands still: what it has delivered is
//! in every later answer, what it has acknowledged too, and it acknowledges no lease. So whichever value is decided, also
//! one of an earlier ballot that is adopted, its cut contains all that any of its members has delivered, and nothing that
//! arrives meanwhile can make a difference: it is dropped beyond the cut. A value is proposed only when every old member
//! that it keeps holds all messages of its cut; so whoever installs it, installs it completely, whatever fails meanwhile.

use super::Core;
use super::detector::Evidence;
use super::durable::record::Record;
use super::identity::{ProcessId, Time};
use super::mutation::Mutation;
use super::wire::item::{Answer, Fetch, Fill, Flush, Propose, Vote, tag};
use super::wire::value::{Accepted, Ballot};

/// What this member has promised for the view after the present one.
#[derive(Debug, Default)]
pub(crate) struct Acceptor {
    promised: Option<Ballot>,
    /// Who leads the promised ballot.
    asker: Option<ProcessId>,
    accepted: Option<Accepted>,
    /// What is still being fetched, and for whom.
    filling: Option<Fill>,
    /// When something last happened.
    moved: Time,
    /// When the leader was last told of the promise.
    reminded: Time,
    /// The decision that made the present view, for those who missed it.
    decision: Option<Propose>,
}

impl Acceptor {
    pub(crate) fn is_flushing(&self) -> bool {
        self.promised.is_some()
    }

    pub(crate) fn promised(&self) -> Option<Ballot> {
        self.promised
    }

    pub(crate) fn decision(&self) -> Option<&Propose> {
        self.decision.as_ref()
    }

    /// Begins anew with the next view, made by this decision.
    pub(crate) fn begin(&mut self, decision: Option<Propose>) {
        *self = Self { decision, ..Self::default() };
    }
}

impl Core {
    /// Whether this member stands still.
    pub(super) fn is_frozen(&self) -> bool {
        self.acceptor.is_flushing() && !self.bug(Mutation::DeliverAfterPromise)
    }

    /// A ballot begins.
    pub(super) fn flush_asked(&mut self, from: ProcessId, flush: Flush) {
        if !flush.survivors.contains(&self.me()) {
            return;
        }
        let follows = self.bug(Mutation::PromiseTakenBack);
        if let Some(promised) = self.acceptor.promised.filter(|&p| p > flush.ballot && !follows) {
            return self.send_item(from, tag::REFUSE, &Vote { view: self.view.number, ballot: promised });
        }
        self.leader.seen(flush.ballot);
        self.acceptor.promised = Some(flush.ballot);
        self.acceptor.asker = Some(from);
        self.acceptor.moved = self.now;
        self.acceptor.filling = None;
        self.write_loose();
        self.append(&Record::Promised { view: flush.view, ballot: flush.ballot });
        let reports = self.groups.values().filter(|g| g.touched).filter_map(|g| g.report()).collect();
        let joint = self.joint_reports();
        let now = self.now;
        let promises = self.lease.promises(now);
        let accepted = self.acceptor.accepted.clone();
        let answer = Answer { view: flush.view, ballot: flush.ballot, accepted, reports, joint, promises };
        self.send_when_synced(from, tag::ANSWER, &answer);
    }

    /// What must be here before the value is proposed, and where it is.
    pub(super) fn fill(&mut self, from: ProcessId, fill: Fill) {
        if self.acceptor.promised != Some(fill.ballot) {
            return;
        }
        self.acceptor.moved = self.now;
        self.acceptor.asker = Some(from);
        self.counters.fills += 1;
        for (id, sources) in &fill.groups {
            for source in sources {
                let wanted = self.groups.get(id).and_then(|g| g.lacks(source.rank, source.until));
                if let Some(wanted) = wanted {
                    self.send_item(source.holder, tag::FETCH, &wanted);
                }
            }
        }
        self.acceptor.filling = Some(fill);
        self.check_filled();
    }

    /// Says so when everything asked for is here.
    pub(super) fn check_filled(&mut self) {
        let Some(fill) = &self.acceptor.filling else { return };
        let lacking = |id, source: &super::wire::item::Source| {
            self.groups.get(id).is_some_and(|g| g.lacks(source.rank, source.until).is_some())
        };
        if fill.groups.iter().any(|(id, sources)| sources.iter().any(|s| lacking(id, s))) {
            return;
        }
        let vote = Vote { view: fill.view, ballot: fill.ballot };
        self.acceptor.filling = None;
        self.write_loose();
        if let Some(asker) = self.acceptor.asker {
            self.send_when_synced(asker, tag::FILLED, &vote);
        }
    }

    /// Another survivor lacks messages this one has.
    pub(super) fn fetch(&mut self, from: ProcessId, wanted: &Fetch) {
        let Some(group) = self.groups.get(&wanted.group) else { return };
        for octets in group.forward(wanted, self.config.limits.batch_bytes_max) {
            self.send_shared(from, &octets);
        }
    }

    /// A value is to be accepted.
    pub(super) fn proposed(&mut self, from: ProcessId, propose: Propose) {
        let follows = self.bug(Mutation::PromiseTakenBack);
        if let Some(promised) = self.acceptor.promised.filter(|&p| p > propose.ballot && !follows) {
            return self.send_item(from, tag::REFUSE, &Vote { view: self.view.number, ballot: promised });
        }
        if self.acceptor.promised != Some(propose.ballot) && !follows {
            return;
        }
        self.acceptor.moved = self.now;
        let accepted = Accepted { ballot: propose.ballot, value: propose.value };
        self.append(&Record::Accepted { view: propose.view, accepted: accepted.clone() });
        self.acceptor.accepted = Some(accepted);
        let vote = Vote { view: propose.view, ballot: propose.ballot };
        self.send_when_synced(from, tag::ACCEPT, &vote);
    }

    /// A flush that does not come to an end is evidence against its leader, unless this member sees itself that there is no
    /// quorum to end it.
    pub(super) fn watch_flush(&mut self) {
        let Some(asker) = self.acceptor.asker else { return };
        if self.blocked {
            self.acceptor.moved = self.now;
        }
        self.remind(asker);
        if asker != self.me() && self.now.since(self.acceptor.moved) > self.config.silence_us() * 5 / 2 {
            self.acceptor.moved = self.now;
            self.suspect(asker, Evidence::Unresponsive);
        }
    }

    /// Who led the ballot may have given it up because somebody older is heard again, who need not know of it: that one has to
    /// lead another, for whoever has promised stands still.
    fn remind(&mut self, asker: ProcessId) {
        let (leader, bound) = (self.presumed_leader(), self.config.silence_us());
        let acceptor = &mut self.acceptor;
        let waits = self.now.since(acceptor.moved) > bound && self.now.since(acceptor.reminded) > bound;
        let Some(ballot) = acceptor.promised.filter(|_| waits && leader != asker) else { return };
        acceptor.reminded = self.now;
        if leader != self.me() {
            self.send_item(leader, tag::REFUSE, &Vote { view: self.view.number, ballot });
        }
    }
}

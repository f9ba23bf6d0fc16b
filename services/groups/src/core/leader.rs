//! The leader: the oldest member that is not suspected proposes the next view.
//!
//! ```text
//!   reason (suspicion, join, leave, request, unfinished ballot) + quorum in reach
//!     -> Asking(b): FLUSH to the survivors; all must answer, else the next ballot is without them
//!     -> Filling(b): every survivor obtains the messages of the cut it lacks
//!     -> Proposing(b): the value; an accepted one that was reported is proposed again (highest ballot)
//!     -> a quorum of the view accepts: COMMIT to the survivors, WELCOME to the joiners
//! ```
//!
//! Any two quorums intersect, so two leaders cannot decide differently: the later one learns what the earlier may have
//! decided. A leader without a quorum in reach decides nothing and says that it is not primary.

use super::detector::Evidence;
use super::event::{Blocked, Upcall};
use super::identity::{GroupId, Member, ProcessId, Time};
use super::joint::longest;
use super::mutation::Mutation;
use super::registry::Registry;
use super::wire::item::{Answer, Fill, Flush, Propose, Request, Source, Vote, tag};
use super::wire::value::{Ballot, Change, Cut, Report, Value};
use super::{Core, Stage};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Where an attempt stands.
#[derive(Debug)]
enum Step {
    Asking(BTreeMap<ProcessId, Answer>),
    Filling { waiting: BTreeSet<ProcessId>, value: Value },
    Proposing { accepted: BTreeSet<ProcessId>, value: Value },
}

/// One ballot of this leader.
#[derive(Debug)]
struct Attempt {
    ballot: Ballot,
    survivors: Vec<ProcessId>,
    step: Step,
    since: Time,
}

/// What a leader has gathered, and what it is doing.
#[derive(Debug, Default)]
pub(crate) struct Leader {
    attempt: Option<Attempt>,
    highest: u32,
    joins: Vec<Member>,
    joins_since: Option<Time>,
    leaves: BTreeSet<ProcessId>,
    requests: BTreeMap<(ProcessId, u64), Change>,
}

impl Leader {
    /// A ballot exists; the next one must be higher.
    pub(crate) fn seen(&mut self, ballot: Ballot) {
        self.highest = self.highest.max(ballot.counter);
    }

    pub(crate) fn admit(&mut self, member: Member, now: Time) {
        if !self.joins.iter().any(|m| m.process == member.process) {
            let same_disk = |m: &Member| m.durable.is_some() && m.durable == member.durable;
            self.joins.retain(|m| m.address != member.address && !same_disk(m));
            self.joins.push(member);
            self.joins_since.get_or_insert(now);
        }
    }

    /// The next view is installed: what it has settled is forgotten.
    pub(crate) fn begin(
        &mut self,
        settled: impl Fn(ProcessId) -> bool,
        open: impl Fn(ProcessId, u64) -> bool,
    ) {
        self.attempt = None;
        self.highest = 0;
        self.joins.retain(|m| !settled(m.process));
        if self.joins.is_empty() {
            self.joins_since = None;
        }
        self.leaves.retain(|&p| settled(p));
        self.requests.retain(|&(p, n), _| settled(p) && open(p, n));
    }

    /// The last request of a process that is here or was decided.
    fn last_request_of(&self, by: ProcessId, registry: &Registry) -> u64 {
        let here = self.requests.range((by, 0)..=(by, u64::MAX)).next_back();
        here.map_or(0, |(&(_, token), _)| token).max(registry.last_decided(by))
    }
}

impl Core {
    /// The oldest member this one does not suspect.
    pub(super) fn presumed_leader(&self) -> ProcessId {
        let alive = |p: ProcessId| p == self.me() || !self.detector.suspects(p);
        self.view.members.iter().map(|m| m.process).find(|&p| alive(p)).unwrap_or(self.me())
    }

    /// Decides whether this member is to lead a ballot now.
    pub(super) fn consider(&mut self) {
        if self.stage != Stage::Member {
            return;
        }
        self.watch_flush();
        let unsuspected = |p: ProcessId| p == self.me() || !self.detector.suspects(p);
        let reachable = self.has_quorum(unsuspected);
        self.set_blocked(!reachable);
        if !reachable || self.presumed_leader() != self.me() {
            self.leader.attempt = None;
            return;
        }
        self.check_attempt();
        if self.leader.attempt.is_none() && self.has_reason() {
            self.begin_ballot();
        }
    }

    fn has_quorum(&self, present: impl Fn(ProcessId) -> bool) -> bool {
        let half_is_enough =
            self.bug(Mutation::HalfIsQuorum) && self.view.halves(|m| present(m.process)) == Ordering::Equal;
        half_is_enough || self.view.is_quorum(present)
    }

    fn set_blocked(&mut self, blocked: bool) {
        if std::mem::replace(&mut self.blocked, blocked) != blocked {
            self.counters.stalls += u64::from(blocked);
            let upcall = if blocked { Upcall::Blocked } else { Upcall::Unblocked };
            self.tell(upcall(Blocked::NotPrimary));
        }
    }

    fn has_reason(&self) -> bool {
        let gather = self.config.gather.as_micros() as u64;
        let joins = self.leader.joins_since.is_some_and(|since| self.now.since(since) >= gather);
        // Whoever has promised stands still until there is another view, also if it was to somebody else.
        let unfinished = self.acceptor.is_flushing() || self.leader.highest > 0;
        let accused = self.detector.standing(self.now, self.config.silence_us()).next().is_some();
        let wanted = !self.leader.leaves.is_empty() || !self.leader.requests.is_empty();
        self.detector.has_suspects() || joins || unfinished || accused || wanted || self.may_raise()
    }

    /// Gives an attempt up if a survivor is suspected; suspects those it has waited for too long. Where two do not hear
    /// each other, neither may be able to obtain what it lacks: which of them goes is decided by the next ballot, when
    /// the accusation has stood for a while.
    fn check_attempt(&mut self) {
        let Some(attempt) = &self.leader.attempt else { return };
        let suspected = attempt.survivors.iter().any(|&p| self.detector.suspects(p));
        let filling = matches!(attempt.step, Step::Filling { .. });
        let mut late = Vec::new();
        // Who fetches from one that has just fallen silent says so within the bound: it is not the one who is late.
        let silence = self.config.silence_us();
        let generous = filling && !self.bug(Mutation::FetcherBlamed);
        let patience = if generous { silence * 3 / 2 } else { silence };
        if self.now.since(attempt.since) > patience {
            late = match &attempt.step {
                Step::Asking(answers) => {
                    attempt.survivors.iter().filter(|p| !answers.contains_key(p)).copied().collect()
                }
                Step::Filling { waiting, .. } => waiting.iter().copied().collect(),
                Step::Proposing { accepted, .. } => {
                    attempt.survivors.iter().filter(|p| !accepted.contains(p)).copied().collect()
                }
            };
        }
        if suspected || !late.is_empty() {
            self.counters.restarts += 1;
            self.leader.attempt = None;
        }
        if filling && !self.bug(Mutation::DisputeIgnored) {
            late.retain(|&p| !self.detector.in_dispute(p));
        }
        for process in late {
            self.suspect(process, Evidence::Unresponsive);
        }
    }

    fn begin_ballot(&mut self) {
        let mut survivors: Vec<ProcessId> = self.view.members.iter().map(|m| m.process).collect();
        survivors.retain(|&p| !self.detector.suspects(p));
        let standing: Vec<_> = self.detector.standing(self.now, self.config.silence_us()).collect();
        for (accuser, accused) in standing {
            if survivors.contains(&accuser) && survivors.contains(&accused) {
                let younger = std::cmp::max_by_key(accuser, accused, |&p| self.view.rank(p));
                survivors.retain(|&p| p != younger);
            }
        }
        if !self.has_quorum(|p| survivors.contains(&p)) {
            return self.set_blocked(true);
        }
        let Some(rank) = self.view.rank(self.me()) else { return };
        let foreign = self.acceptor.promised().is_some_and(|b| b.rank != rank);
        self.counters.takeovers += u64::from(foreign || rank > 0);
        self.counters.attempts += 1;
        self.leader.highest += 1;
        let ballot = Ballot { counter: self.leader.highest, rank };
        let flush = Flush { view: self.view.number, ballot, survivors: survivors.clone() };
        for &process in &survivors {
            self.send_item(process, tag::FLUSH, &flush);
        }
        let step = Step::Asking(BTreeMap::new());
        self.leader.attempt = Some(Attempt { ballot, survivors, step, since: self.now });
    }

    /// Someone has promised a higher ballot: the next attempt goes above it.
    pub(super) fn refused_ballot(&mut self, vote: Vote) {
        self.leader.seen(vote.ballot);
        if self.leader.attempt.as_ref().is_some_and(|a| a.ballot < vote.ballot) {
            self.leader.attempt = None;
            self.counters.restarts += 1;
        }
    }

    pub(super) fn answered(&mut self, from: ProcessId, answer: Answer) {
        let Some(attempt) = self.leader.attempt.as_mut().filter(|a| a.ballot == answer.ballot) else {
            return;
        };
        let Step::Asking(answers) = &mut attempt.step else { return };
        if !attempt.survivors.contains(&from) {
            return;
        }
        answers.insert(from, answer);
        if answers.len() < attempt.survivors.len() {
            return;
        }
        let answers = std::mem::take(answers);
        let survivors = attempt.survivors.clone();
        let accepted = || answers.values().filter_map(|a| a.accepted.as_ref());
        let adopted = match self.bug(Mutation::LowestAdopted) {
            false => accepted().max_by_key(|a| a.ballot),
            true => accepted().min_by_key(|a| a.ballot),
        };
        match adopted.filter(|_| !self.bug(Mutation::TakeoverIgnoresAccepted)) {
            Some(accepted) => {
                let value = accepted.value.clone();
                self.counters.adopted += 1;
                self.propose(value);
            }
            None => self.compose(&survivors, &answers),
        }
    }

    /// Makes the value of the next view from all answers.
    fn compose(&mut self, survivors: &[ProcessId], answers: &BTreeMap<ProcessId, Answer>) {
        let mut reports: BTreeMap<GroupId, Vec<(ProcessId, &Report)>> = BTreeMap::new();
        for (&process, answer) in answers {
            for report in &answer.reports {
                reports.entry(report.group).or_default().push((process, report));
            }
        }
        let own_only = self.bug(Mutation::CutFromLeader);
        let mut fills: BTreeMap<ProcessId, Vec<(GroupId, Vec<Source>)>> = BTreeMap::new();
        let mut cuts = Vec::new();
        for (group, mut reports) in reports {
            let me = self.me();
            if own_only && reports.iter().any(|&(p, _)| p == me) {
                reports.retain(|&(p, _)| p == me);
            }
            let (cut, sources) = cut_of(group, &reports);
            for process in self.lacking(&cut, survivors, &reports) {
                fills.entry(process).or_default().push((group, sources.clone()));
            }
            cuts.push(cut);
        }
        let value = self.value_of(survivors, answers, cuts);
        if fills.is_empty() || self.bug(Mutation::ProposeBeforeFill) {
            return self.propose(value);
        }
        let Some(attempt) = &mut self.leader.attempt else { return };
        attempt.since = self.now;
        attempt.step = Step::Filling { waiting: fills.keys().copied().collect(), value };
        let (view, ballot) = (self.view.number, attempt.ballot);
        for (process, groups) in fills {
            self.send_item(process, tag::FILL, &Fill { view, ballot, groups });
        }
    }

    /// The survivors in a group that do not hold all of its cut.
    fn lacking(
        &self,
        cut: &Cut,
        survivors: &[ProcessId],
        reports: &[(ProcessId, &Report)],
    ) -> Vec<ProcessId> {
        let Some(record) = self.registry.get(cut.group) else { return Vec::new() };
        let complete = |p: ProcessId| reports.iter().any(|(from, r)| *from == p && r.received == cut.lanes);
        let members = record.members.iter().map(|m| m.process);
        members.filter(|&p| survivors.contains(&p) && !complete(p)).collect()
    }

    fn value_of(
        &self,
        survivors: &[ProcessId],
        answers: &BTreeMap<ProcessId, Answer>,
        cuts: Vec<Cut>,
    ) -> Value {
        let leaves = &self.leader.leaves;
        // The last voter does not leave: without one nothing could be decided ever again.
        let votes = |m: &&Member| m.weight > 0 && survivors.contains(&m.process);
        let last = match self.view.members.iter().filter(votes).all(|m| leaves.contains(&m.process)) {
            true => self.view.members.iter().find(votes).map(|m| m.process),
            false => None,
        };
        let leaves = |p: ProcessId| leaves.contains(&p) && Some(p) != last;
        let stays = |p: ProcessId| survivors.contains(&p) && !leaves(p);
        let mut members: Vec<Member> =
            self.view.members.iter().filter(|m| stays(m.process)).cloned().collect();
        let spoken = self.registry.protocol();
        let joins = self.leader.joins.iter().filter(|j| !self.view.contains(j.process) && j.speaks >= spoken);
        members.extend(joins.cloned());
        let excluded = |p: ProcessId| self.view.contains(p) && !survivors.contains(&p);
        let promises = answers.values().flat_map(|a| &a.promises).filter(|(p, _)| excluded(*p));
        let lease_wait_us = promises.map(|&(_, left)| left).max().unwrap_or(0);
        let left = survivors.iter().copied().filter(|&p| leaves(p)).collect();
        let open =
            self.leader.requests.values().filter(|c| stays(c.by) && self.registry.is_open(c.by, c.token));
        let joint = longest(answers.values().flat_map(|a| &a.joint));
        let raise = self.raise_with(&members);
        let changes = open.take(self.config.limits.changes_per_view_max).cloned().collect();
        Value { members, left, cuts, joint, changes, lease_wait_us, raise, restart: None }
    }

    pub(super) fn filled(&mut self, from: ProcessId, vote: Vote) {
        let Some(attempt) = self.leader.attempt.as_mut().filter(|a| a.ballot == vote.ballot) else { return };
        let Step::Filling { waiting, value } = &mut attempt.step else { return };
        waiting.remove(&from);
        if waiting.is_empty() {
            let value = value.clone();
            self.propose(value);
        }
    }

    fn propose(&mut self, value: Value) {
        let Some(attempt) = &mut self.leader.attempt else { return };
        attempt.since = self.now;
        attempt.step = Step::Proposing { accepted: BTreeSet::new(), value: value.clone() };
        let (ballot, survivors) = (attempt.ballot, attempt.survivors.clone());
        let propose = Propose { view: self.view.number, ballot, value };
        for process in survivors {
            self.send_item(process, tag::PROPOSE, &propose);
        }
    }

    pub(super) fn accepted(&mut self, from: ProcessId, vote: Vote) {
        let Some(attempt) = self.leader.attempt.as_mut().filter(|a| a.ballot == vote.ballot) else { return };
        let Step::Proposing { accepted, value } = &mut attempt.step else { return };
        accepted.insert(from);
        let (accepted, value, survivors) = (accepted.clone(), value.clone(), attempt.survivors.clone());
        if !self.has_quorum(|p| accepted.contains(&p)) {
            return;
        }
        let decision = Propose { view: self.view.number, ballot: vote.ballot, value };
        self.leader.attempt = None;
        for process in survivors {
            self.send_item(process, tag::COMMIT, &decision);
        }
    }

    /// Registry changes asked for, those of each process in the order it asked: one whose predecessor is not here, because it
    /// went to a former leader or came too early, waits until both are repeated. Decided before it, it would take its place.
    pub(super) fn requested(&mut self, request: Request) {
        if self.stage != Stage::Member {
            return;
        }
        if self.presumed_leader() != self.me() {
            return;
        }
        let careless = self.bug(Mutation::RequestsOvertake);
        for change in request.changes {
            let (by, token) = (change.by, change.token);
            let follows = careless || token <= self.leader.last_request_of(by, &self.registry) + 1;
            if self.view.contains(by) && self.registry.is_open(by, token) && follows {
                self.leader.requests.insert((by, token), change);
            }
        }
    }

    pub(super) fn wants_to_leave(&mut self, process: ProcessId) {
        if self.view.contains(process) {
            self.leader.leaves.insert(process);
        }
    }
}

/// The cut of a group: the furthest any of those who answered holds, and the longest order known; and who holds it.
fn cut_of(group: GroupId, reports: &[(ProcessId, &Report)]) -> (Cut, Vec<Source>) {
    let width = reports.iter().map(|(_, r)| r.received.len()).max().unwrap_or(0);
    let mut lanes = vec![0; width];
    let mut sources = Vec::new();
    for (rank, until) in lanes.iter_mut().enumerate() {
        for (process, report) in reports {
            let received = report.received.get(rank).copied().unwrap_or(0);
            if received > *until {
                *until = received;
                sources.retain(|s: &Source| usize::from(s.rank) != rank);
                sources.push(Source { rank: rank as u16, until: received, holder: *process });
            }
        }
    }
    let known = |r: &Report| r.order_base + r.runs.iter().map(|run| run.count).sum::<u64>();
    let longest = reports.iter().map(|(_, r)| *r).max_by_key(|r| known(r));
    let (order_base, runs) = longest.map(|r| (r.order_base, r.runs.clone())).unwrap_or_default();
    (Cut { group, lanes, order_base, runs }, sources)
}

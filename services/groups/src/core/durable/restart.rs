//! Restart after total failure: processes that have nothing but their logs decide the view that follows their last.
//!
//! ```text
//!   RECALL: "I was in view n" <-> everyone; who knows less than a view that lists it takes it over
//!   lowest rank of n present, a quorum of n present (and the rest waited for):
//!     GATHER(b)  -> promise on disk -> GATHERED(b, accepted)
//!     DECREE(b)  -> accepted on disk -> AGREED(b) ... quorum -> DECIDED(value)
//!   value accepted by a former life: it is view n+1, and everything begins again with its members
//!   otherwise: view n+1 consists of the incarnations that are here; durable groups are dormant until their copies return
//! ```
//!
//! It is the same consensus that would have decided the next view, among the same acceptors: a member of view n is known by
//! the name on its disk, whichever incarnation speaks for it. So whatever the processes may have decided before they died is
//! found by any quorum, and is what follows. A disk that has no record of a view was not heard in it, for everything is
//! written before it is said; it may therefore take the view over from another. A process that finds its domain alive joins
//! it like any other, under a new incarnation.

use super::record::Record;
use super::recovered::Recovered;
use crate::core::event::Upcall;
use crate::core::identity::{Address, DomainId, DurableId, Member, ProcessId, Time, View, ViewNumber};
use crate::core::mutation::Mutation;
use crate::core::protocol::Protocol;
use crate::core::registry::{Registry, Snapshot};
use crate::core::wire::item::{Propose, Vote, tag};
use crate::core::wire::value::{Accepted, Ballot, Value};
use crate::core::wire::wire_struct;
use crate::core::{Config, Core, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// What a process without a view knows of its last.
#[derive(Debug)]
pub(crate) struct Restart {
    identity: DurableId,
    /// Number 0 if none is known.
    view: View,
    registry: Registry,
    promised: Option<Ballot>,
    accepted: Option<Accepted>,
    others: BTreeMap<ProcessId, Other>,
    /// Since when a quorum is here.
    since: Option<Time>,
    counter: u32,
    attempt: Option<Attempt>,
    told: Vec<Address>,
}

/// Another process that says what it was in.
#[derive(Debug)]
struct Other {
    identity: DurableId,
    view: ViewNumber,
    force: bool,
}

/// A ballot of this process.
#[derive(Debug)]
struct Attempt {
    ballot: Ballot,
    since: Time,
    asked: Vec<ProcessId>,
    /// An operator wants it, though it is no quorum.
    forced: bool,
    /// Whoever was asked is enough.
    unbound: bool,
    promises: BTreeMap<ProcessId, Gathered>,
    proposed: Option<Value>,
    agreed: BTreeSet<ProcessId>,
}

/// What a process without a view remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recall {
    pub(crate) identity: DurableId,
    pub(crate) view: View,
    pub(crate) registry: Snapshot,
    pub(crate) force: bool,
}

/// A promise: who gives it, and what it has accepted before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gathered {
    pub(crate) vote: Vote,
    pub(crate) member: Member,
    pub(crate) accepted: Option<Accepted>,
}

wire_struct! {
    Recall { identity, view, registry, force }
    Gathered { vote, member, accepted }
}

impl Restart {
    fn new(recovered: &Recovered, config: &Config) -> Self {
        let unknown = View { domain: DomainId(0), number: ViewNumber(0), members: Vec::new() };
        let bug = |m| config.mutation == Some(m);
        Self {
            identity: recovered.identity,
            view: recovered.view.clone().unwrap_or(unknown),
            registry: recovered.registry.clone(),
            promised: recovered.promised,
            accepted: recovered.accepted.clone().filter(|_| !bug(Mutation::AcceptedForgotten)),
            others: BTreeMap::new(),
            since: None,
            counter: 0,
            attempt: None,
            told: Vec::new(),
        }
    }

    /// Whether there is a view to begin again from.
    pub(crate) fn knows_a_view(&self) -> bool {
        self.view.number > ViewNumber(0)
    }

    /// The version that the domain ran at.
    pub(crate) fn protocol(&self) -> Protocol {
        self.registry.protocol()
    }

    pub(crate) fn domain(&self) -> DomainId {
        self.view.domain
    }

    /// A view became known: nothing was said in the next one yet.
    fn take_over(&mut self, view: View, registry: Registry) {
        self.view = view;
        self.registry = registry;
        (self.promised, self.accepted, self.attempt, self.since) = (None, None, None, None);
        self.counter = 0;
    }
}

impl Core {
    /// A process with a log: it begins where its disk says that it was.
    #[must_use]
    pub fn recovered(config: Config, recovered: Recovered, now: Time) -> Self {
        let restart = Restart::new(&recovered, &config);
        let mut core = Self::new(config, now);
        core.log.identity = Some(recovered.identity);
        core.log.appended = recovered.number;
        core.log.synced = recovered.number;
        let whole = recovered.copies.into_iter().filter_map(|(id, v)| v.current.map(|copy| (id, copy)));
        core.log.copies = whole.collect();
        if !core.bug(Mutation::FoundsAnew) {
            core.view.domain = restart.view.domain;
            core.restart = Some(Box::new(restart));
        }
        core
    }

    /// Tells a process without a view what this one remembers.
    pub(in crate::core) fn recall_to(&mut self, process: ProcessId) {
        let Some(restart) = self.restart.as_ref().filter(|r| r.knows_a_view()) else { return };
        let recall = Recall {
            identity: restart.identity,
            view: restart.view.clone(),
            registry: restart.registry.snapshot(),
            force: self.config.force,
        };
        self.send_item(process, tag::RECALL, &recall);
    }

    /// Those between two connections have heard the former view when they were met, and hear this one when they are back.
    fn recall_to_all(&mut self) {
        let only_open = self.bug(Mutation::RecalledToOpen);
        let peers = self.links.peers.iter().filter(|(_, p)| !p.departed && (p.is_open() || !only_open));
        let those: Vec<ProcessId> = peers.map(|(&id, _)| id).collect();
        those.into_iter().for_each(|process| self.recall_to(process));
    }

    /// Another process without a view remembers this.
    pub(in crate::core) fn recalled(&mut self, from: ProcessId, recall: Recall) {
        if self.stage != Stage::Outside || self.has_promised_a_founder() {
            return;
        }
        let Some(restart) = &mut self.restart else { return };
        if restart.knows_a_view() && restart.view.domain != recall.view.domain {
            return;
        }
        let other = Other { identity: recall.identity, view: recall.view.number, force: recall.force };
        restart.others.insert(from, other);
        let newer = recall.view.number > restart.view.number;
        let lists = recall.view.member_named(restart.identity).is_some();
        // Whoever knows a view of the domain need not be listed to learn how it went on.
        if newer && (lists || restart.knows_a_view()) {
            let record = Record::Base { view: recall.view.clone(), registry: recall.registry.clone() };
            restart.take_over(recall.view, Registry::restore(recall.registry));
            self.view.domain = self.restart.as_ref().map_or(DomainId(0), |r| r.view.domain);
            self.append(&record);
            self.recall_to_all();
        }
    }

    /// Looks for the members of the last view, and leads them to the next if that falls to this process.
    pub(in crate::core) fn regather(&mut self) {
        let Some(restart) = &self.restart else { return };
        let addresses: Vec<Address> = restart.view.members.iter().map(|m| m.address.clone()).collect();
        for address in addresses {
            if !self.is_linked_to(&address) {
                self.dial(&address, false);
            }
        }
        self.tell_waiting();
        let Some(present) = self.presence() else { return };
        let (now, silence) = (self.now, self.config.silence_us());
        let forced = self.config.force;
        let (careless, seeds) = (self.bug(Mutation::RestartWithoutQuorum), self.config.seeds.len());
        let wrong_view = self.bug(Mutation::QuorumOfWrongView);
        let Some(restart) = &mut self.restart else { return };
        let here = |m: &Member| m.durable.is_some_and(|d| present.contains_key(&d));
        let forced = forced || restart.others.values().any(|o| o.force);
        let careless = careless || wrong_view && 2 * (restart.others.len() + 1) > seeds;
        let quorum = restart.view.is_quorum_of(here) || careless;
        if !quorum && !forced {
            restart.since = None;
            return;
        }
        let since = *restart.since.get_or_insert(now);
        let patience = if quorum { silence } else { 4 * silence };
        let all = restart.view.members.iter().all(here);
        let busy = restart.attempt.as_ref().is_some_and(|a| now.since(a.since) < 2 * silence);
        if busy || !all && now.since(since) < patience {
            return;
        }
        let Some((rank, _)) = restart.view.member_named(restart.identity) else { return };
        let highest = restart.promised.map_or(0, |b| b.counter).max(restart.counter);
        let ballot = Ballot { counter: highest + 1, rank };
        restart.counter = ballot.counter;
        let asked: Vec<ProcessId> = present.values().copied().collect();
        let vote = Vote { view: restart.view.number, ballot };
        restart.attempt = Some(Attempt {
            ballot,
            since: now,
            asked: asked.clone(),
            forced: !quorum,
            unbound: !quorum || careless,
            promises: BTreeMap::new(),
            proposed: None,
            agreed: BTreeSet::new(),
        });
        self.counters.regatherings += 1;
        for process in asked {
            self.send_item(process, tag::GATHER, &vote);
        }
    }

    /// Members of the last view that are here, by the names on their disks; none unless this one is to lead them.
    fn presence(&self) -> Option<BTreeMap<DurableId, ProcessId>> {
        let restart = self.restart.as_ref()?;
        let mut present = BTreeMap::from([(restart.identity, self.me())]);
        for (&process, other) in &restart.others {
            let open = self.links.peers.get(&process).is_some_and(super::super::links::Peer::is_open);
            if open
                && other.view == restart.view.number
                && restart.view.member_named(other.identity).is_some()
            {
                present.insert(other.identity, process);
            }
        }
        let first = restart.view.members.iter().find(|m| m.durable.is_some_and(|d| present.contains_key(&d)));
        (first?.durable == Some(restart.identity)).then_some(present)
    }

    /// Says whom it waits for, when that has changed.
    fn tell_waiting(&mut self) {
        let Some(restart) = &mut self.restart else { return };
        let here: BTreeSet<DurableId> = restart.others.values().map(|o| o.identity).collect();
        let missing = |m: &&Member| {
            m.durable.is_none_or(|d| !here.contains(&d) && d != restart.identity) && m.weight > 0
        };
        let addresses: Vec<Address> =
            restart.view.members.iter().filter(missing).map(|m| m.address.clone()).collect();
        if restart.told != addresses {
            restart.told.clone_from(&addresses);
            self.tell(Upcall::Waiting { addresses });
        }
    }

    /// A ballot about the view after the last.
    pub(in crate::core) fn gather(&mut self, from: ProcessId, vote: Vote) {
        if self.stage != Stage::Outside || self.is_too_old() {
            return;
        }
        let Some(restart) = self.restart.as_mut().filter(|r| r.view.number == vote.view) else { return };
        if let Some(promised) = restart.promised.filter(|&p| p > vote.ballot) {
            return self.send_item(from, tag::OUTBID, &Vote { view: vote.view, ballot: promised });
        }
        restart.promised = Some(vote.ballot);
        let accepted = restart.accepted.clone();
        self.append(&Record::Promised { view: vote.view, ballot: vote.ballot });
        let gathered = Gathered { vote, member: self.own_member(), accepted };
        self.send_when_synced(from, tag::GATHERED, &gathered);
    }

    pub(in crate::core) fn outbid(&mut self, vote: Vote) {
        if let Some(restart) = self.restart.as_mut().filter(|r| r.view.number == vote.view) {
            restart.counter = restart.counter.max(vote.ballot.counter);
            restart.attempt = None;
        }
    }

    /// A promise: when all that were asked have given theirs, the value is proposed.
    pub(in crate::core) fn gathered(&mut self, from: ProcessId, gathered: Gathered) {
        let founder = DomainId(self.me().0);
        let hold = self.config.promise_us(self.config.lease_max_us());
        let Some(restart) = &mut self.restart else { return };
        let Some(attempt) = restart.attempt.as_mut().filter(|a| a.ballot == gathered.vote.ballot) else {
            return;
        };
        if !attempt.asked.contains(&from) || attempt.proposed.is_some() {
            return;
        }
        attempt.promises.insert(from, gathered);
        let promises = || attempt.promises.values();
        let promised = |m: &Member| promises().any(|g| g.member.durable == m.durable && m.durable.is_some());
        let quorum = restart.view.is_quorum_of(promised) || attempt.unbound;
        if promises().len() < attempt.asked.len() || !quorum {
            return;
        }
        let adopted = promises().filter_map(|g| g.accepted.as_ref()).max_by_key(|a| a.ballot);
        let value = match adopted {
            Some(accepted) => accepted.value.clone(),
            None => {
                let here = |m: &Member| {
                    let found = promises().find(|g| g.member.durable == m.durable)?;
                    Some(Member { weight: m.weight, ..found.member.clone() })
                };
                let members: Vec<Member> =
                    restart.view.members.iter().filter(|m| m.durable.is_some()).filter_map(here).collect();
                let domain = if attempt.forced { founder } else { restart.view.domain };
                Value {
                    members,
                    left: Vec::new(),
                    cuts: Vec::new(),
                    joint: Vec::new(),
                    changes: Vec::new(),
                    lease_wait_us: hold,
                    raise: None,
                    restart: Some(domain),
                }
            }
        };
        attempt.proposed = Some(value.clone());
        let (asked, view, ballot) = (attempt.asked.clone(), restart.view.number, attempt.ballot);
        self.counters.adopted += u64::from(value.restart.is_none());
        for process in asked {
            self.send_item(process, tag::DECREE, &Propose { view, ballot, value: value.clone() });
        }
    }

    /// A value is to be accepted.
    pub(in crate::core) fn decreed(&mut self, from: ProcessId, decree: Propose) {
        if self.stage != Stage::Outside {
            return;
        }
        let Some(restart) = self.restart.as_mut().filter(|r| r.view.number == decree.view) else { return };
        if restart.promised != Some(decree.ballot) {
            return;
        }
        let accepted = Accepted { ballot: decree.ballot, value: decree.value };
        restart.accepted = Some(accepted.clone());
        self.append(&Record::Accepted { view: decree.view, accepted });
        self.send_when_synced(from, tag::AGREED, &Vote { view: decree.view, ballot: decree.ballot });
    }

    /// An acceptance: a quorum of them decides.
    pub(in crate::core) fn agreed_to_restart(&mut self, from: ProcessId, vote: Vote) {
        let Some(restart) = &mut self.restart else { return };
        let Some(attempt) = restart.attempt.as_mut().filter(|a| a.ballot == vote.ballot) else { return };
        let Some(value) = attempt.proposed.clone().filter(|_| attempt.asked.contains(&from)) else { return };
        attempt.agreed.insert(from);
        let agreed = |m: &Member| {
            let mut those = attempt.promises.iter().filter(|(p, _)| attempt.agreed.contains(p));
            m.durable.is_some() && those.any(|(_, g)| g.member.durable == m.durable)
        };
        let all = attempt.agreed.len() == attempt.asked.len();
        if !(restart.view.is_quorum_of(agreed) || attempt.unbound && all) {
            return;
        }
        let decision = Propose { view: restart.view.number, ballot: vote.ballot, value };
        let asked = std::mem::take(&mut attempt.asked);
        restart.attempt = None;
        for process in asked {
            self.send_item(process, tag::DECIDED, &decision);
        }
    }

    /// The view after the last is decided: either it begins, or it was begun in a former life and is the last one now.
    pub(in crate::core) fn decided(&mut self, decision: Propose) {
        if self.stage != Stage::Outside {
            return;
        }
        let Some(restart) = self.restart.as_mut().filter(|r| r.view.number == decision.view) else { return };
        let view = restart.view.succeeded_by(&decision.value);
        let mut registry = std::mem::take(&mut restart.registry);
        registry.advance(&restart.view, &decision.value);
        if !view.contains(self.config.process) {
            let record = Record::Base { view: view.clone(), registry: registry.snapshot() };
            restart.take_over(view, registry);
            self.append(&record);
            return self.recall_to_all();
        }
        self.counters.restarted += 1;
        self.restart = None;
        self.registry = registry;
        self.lease.hold(self.now, decision.value.lease_wait_us);
        self.enter_domain(view, None);
        for process in self.other_members() {
            self.welcome(process);
        }
    }
}

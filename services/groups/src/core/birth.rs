//! Birth and joining: how a process comes to its first view.
//!
//! ```text
//!   all seeds fresh:   founder -- FOUND(view 1) --> every seed -- FOUNDED --> founder -- WELCOME(view 1) --> every seed
//!   a seed is in a domain: seed -- SETTLED --> founder -- WITHDRAWN --> every seed
//!   a member is met:   joiner -- JOIN --> member -- JOIN --> leader ... next view ... WELCOME --> joiner
//! ```
//!
//! View 1 is formed once: the first seed offers it when every seed is connected and in no view, and installs it when
//! every seed has agreed to exactly that list of incarnations. So nobody founds a second domain while a seed remembers
//! the first one: it says that it is a member, and the others join. A process that is not a seed only joins, and has no
//! vote: so when all seeds have forgotten their domain, it cannot decide anything any more, and founding another one
//! splits nothing (no split brain after amnesia). Whoever is stranded in such a domain learns it from its seeds. Requests are repeated until a view answers them; admitting is idempotent by incarnation (M11).
//!
//! Whom a view has dropped no later one has (M6). Members remember whom they have seen dropped; those who joined later
//! have not seen it, and the welcome into the earlier view may still be under way. So a request says before which view its
//! sender enters none, and only a member that has seen all views since then takes it; to others the sender is told which view they are in.

use super::identity::{Address, DomainId, Member, ProcessId, Time, View, ViewNumber};
use super::mutation::Mutation;
use super::registry::Registry;
use super::wire::item::{Found, Join, Propose, Welcome, tag};
use super::{Core, Stage};
use std::collections::BTreeMap;

/// Requests to join are repeated at this interval.
const ASK_AGAIN_US: u64 = 200_000;

impl Welcome {
    /// Into the first view.
    fn first(view: View) -> Self {
        let registry = Registry::founded(&view).snapshot();
        Self { view, registry, hold_us: 0, decision: None }
    }
}

/// What a process outside the domain is doing about it.
#[derive(Debug, Default)]
pub(crate) struct Birth {
    /// The view this process offers as the founder, and who has agreed.
    offer: Option<View>,
    agreed: Vec<ProcessId>,
    asked: Time,
    /// The founder this process has agreed with, and its address: until that one is known to be gone, this process
    /// enters no other domain, for the founder may be counting on it.
    promised: Option<(ProcessId, Address)>,
    /// Of each domain whose members were asked: the view before which this process enters none.
    floors: BTreeMap<DomainId, ViewNumber>,
    /// The view with which this process became a member: whom later ones dropped it has seen.
    entered: ViewNumber,
}

impl Core {
    pub(super) fn own_member(&self) -> Member {
        let weight = if self.config.is_seed() { self.config.weight } else { 0 };
        let (process, address) = (self.me(), self.config.address.clone());
        Member { process, address, weight, durable: self.log.identity, speaks: self.config.protocol_max }
    }

    /// Looks for the seeds; asks to join, or founds.
    pub(super) fn seek(&mut self) {
        if self.keeps_out() {
            return;
        }
        let seeds = self.config.seeds.clone();
        let remembers = self.restart.as_ref().is_some_and(|r| r.knows_a_view());
        if !remembers && seeds.len() == 1 && seeds[0] == self.config.address {
            let members = vec![self.own_member()];
            let view = View { domain: DomainId(self.me().0), number: ViewNumber(1), members };
            return self.enter(Welcome::first(view));
        }
        for seed in &seeds {
            if *seed != self.config.address && (!self.is_linked_to(seed) || self.misses_founder_at(seed)) {
                self.dial(seed, false);
            }
        }
        let due = self.now.since(self.birth.asked) >= ASK_AGAIN_US || self.birth.asked == Time(0);
        if due {
            self.birth.asked = self.now;
            let open: Vec<ProcessId> =
                self.links.peers.iter().filter(|(_, p)| p.is_open()).map(|(&id, _)| id).collect();
            for process in open {
                self.ask_to_join(process);
            }
        }
        if remembers {
            self.regather();
        } else if seeds.first() == Some(&self.config.address) {
            self.found(due);
        }
    }

    /// Asks a process to be admitted. Of its domain this one has then entered no view before the latest that was heard of, and
    /// will not: whoever has seen all views since then knows whether one of them has dropped it.
    fn ask_to_join(&mut self, process: ProcessId) {
        let floor = self.raise_floor(process);
        let join = Join { member: self.own_member(), floor };
        self.send_item(process, tag::JOIN, &join);
    }

    /// What this process says of the domain of another one.
    fn raise_floor(&mut self, process: ProcessId) -> (DomainId, ViewNumber) {
        let nothing = (DomainId(0), ViewNumber(0));
        let Some(peer) = self.links.peers.get(&process) else { return nothing };
        let (domain, view) = (peer.domain, peer.view);
        let floors = &mut self.birth.floors;
        let many = floors.len() >= self.config.limits.strangers_max && !floors.contains_key(&domain);
        if many || view == ViewNumber(0) {
            return nothing;
        }
        let floor = floors.entry(domain).or_default();
        *floor = view.max(*floor);
        (domain, *floor)
    }

    pub(super) fn has_promised_a_founder(&self) -> bool {
        self.birth.promised.is_some()
    }

    /// A process was met: one outside asks it at once, a member welcomes those of its view who do not know of it.
    pub(super) fn met(&mut self, process: ProcessId) {
        match self.stage {
            Stage::Outside => {
                self.ask_to_join(process);
                self.recall_to(process);
            }
            Stage::Member => {
                let fresh = self.links.peers.get(&process).is_some_and(|p| p.view == ViewNumber(0));
                if fresh && self.view.contains(process) {
                    self.welcome(process);
                }
            }
            Stage::Gone => {}
        }
    }

    /// Offers view 1 if every seed is here and in no view; again when it is time, to those who have not agreed, for they may have
    /// been bound to a predecessor of this one.
    fn found(&mut self, again: bool) {
        let mut members = Vec::new();
        for seed in &self.config.seeds {
            if *seed == self.config.address {
                members.push(self.own_member());
                continue;
            }
            let there = self.links.peers.iter().find(|(_, p)| p.address == *seed && p.is_open());
            match there {
                Some((&process, peer)) if peer.view == ViewNumber(0) && peer.domain == DomainId(0) => {
                    let (durable, speaks) = (peer.durable, peer.speaks);
                    members.push(Member { process, address: seed.clone(), weight: 1, durable, speaks });
                }
                _ => return,
            }
        }
        let known = self.birth.offer.as_ref().is_some_and(|offer| offer.members == members);
        if known && (!again || self.bug(Mutation::OfferedOnce)) {
            return;
        }
        let view = View { domain: DomainId(self.me().0), number: ViewNumber(1), members };
        if !known {
            self.birth.agreed = vec![self.me()];
            self.birth.offer = Some(view.clone());
        }
        let seeds = view.members.iter().map(|m| m.process).filter(|p| !self.birth.agreed.contains(p));
        for process in seeds.collect::<Vec<_>>() {
            self.send_item(process, tag::FOUND, &Found { view: view.clone() });
        }
    }

    /// The founder's offer: agreed to if it lists this incarnation and the seeds this process was given. A member says that
    /// it is one: the founder believed its greeting, which is of before.
    pub(super) fn offered(&mut self, from: ProcessId, found: Found) {
        let says = !self.bug(Mutation::OfferStands);
        if says && self.stage == Stage::Member && found.view.domain != self.view.domain {
            return self.send_item(from, tag::SETTLED, &(self.view.domain, self.view.number));
        }
        let remembers = self.restart.as_ref().is_some_and(|r| r.knows_a_view());
        let listed = !remembers && found.view.members.iter().map(|m| &m.address).eq(self.config.seeds.iter());
        let free = self.birth.promised.as_ref().is_none_or(|(founder, _)| *founder == from);
        if self.stage == Stage::Outside && listed && free && found.view.contains(self.me()) {
            let Some(peer) = self.links.peers.get(&from) else { return };
            self.birth.promised = Some((from, peer.address.clone()));
            self.send_item(from, tag::FOUNDED, &found);
        }
    }

    /// The founder this process has agreed with, if it was at this address.
    pub(super) fn promised_founder_at(&self, address: &Address) -> Option<ProcessId> {
        self.birth.promised.as_ref().filter(|(_, at)| at == address).map(|(founder, _)| *founder)
    }

    /// Whether the founder this process has agreed with was at this address, and no connection leads to it any more: whoever is
    /// there now may have said so before the last one to its predecessor ended.
    fn misses_founder_at(&self, address: &Address) -> bool {
        let Some(founder) = self.promised_founder_at(address) else { return false };
        let linked = self.links.peers.get(&founder).is_some_and(super::links::Peer::is_linked);
        !linked && !self.bug(Mutation::FounderNotSought)
    }

    /// A process has ended: a promise to it as the founder is void.
    pub(super) fn vacant(&mut self, process: ProcessId) {
        if self.birth.promised.as_ref().is_some_and(|(founder, _)| *founder == process) {
            self.birth.promised = None;
        }
    }

    /// Another process is a member of a domain by now. One that was offered a first view has not agreed and never will, so the
    /// offer is void; and one that was asked for admission is asked again, with what it wants to hear.
    pub(super) fn is_settled_in(&mut self, from: ProcessId, (domain, view): (DomainId, ViewNumber)) {
        let Some(peer) = self.links.peers.get_mut(&from) else { return };
        let news = (peer.domain, peer.view) != (domain, view);
        (peer.domain, peer.view) = (domain, view);
        if self.stage != Stage::Outside {
            return;
        }
        let offered = self.birth.offer.as_ref().is_some_and(|offer| offer.contains(from));
        if offered && !self.bug(Mutation::OfferStands) {
            self.withdraw();
        }
        if news {
            self.ask_to_join(from);
        }
    }

    /// Sets those free who have agreed, or may have.
    fn withdraw(&mut self) {
        self.birth.agreed.clear();
        let Some(view) = self.birth.offer.take() else { return };
        let me = self.me();
        let others: Vec<ProcessId> = view.members.iter().map(|m| m.process).filter(|&p| p != me).collect();
        let found = Found { view };
        for process in others {
            self.send_item(process, tag::WITHDRAWN, &found);
        }
    }

    /// The founder this process has agreed with gives up.
    pub(super) fn withdrawn(&mut self, from: ProcessId, found: &Found) {
        let promised = self.birth.promised.as_ref().is_some_and(|(founder, _)| *founder == from);
        if promised && found.view.contains(self.me()) {
            self.birth.promised = None;
            self.birth.asked = Time(0);
        }
    }

    /// A seed agrees.
    pub(super) fn agreed(&mut self, from: ProcessId, found: Found) {
        let Some(offer) = self.birth.offer.clone().filter(|offer| *offer == found.view) else { return };
        if self.stage != Stage::Outside {
            return;
        }
        if !self.birth.agreed.contains(&from) {
            self.birth.agreed.push(from);
        }
        if offer.members.iter().all(|m| self.birth.agreed.contains(&m.process)) {
            self.enter(Welcome::first(offer));
            for process in self.other_members() {
                self.welcome(process);
            }
        }
    }

    /// Tells a member of the present view that it is one, and what it must know. Within a view the registry does not
    /// change, so any member may do this at any time.
    pub(super) fn welcome(&mut self, process: ProcessId) {
        let carried = !self.bug(Mutation::WaitNotCarried);
        let hold_us = if carried { self.lease.hold_until().since(self.now) } else { 0 };
        let decision = self.acceptor.decision().filter(|_| !self.bug(Mutation::DecisionNotCarried)).cloned();
        let (view, registry) = (self.view.clone(), self.registry.snapshot());
        let welcome = Welcome { view, registry, hold_us, decision };
        self.send_item(process, tag::WELCOME, &welcome);
    }

    /// A process wants to be admitted.
    pub(super) fn asked_to_join(&mut self, join: Join) {
        if self.stage != Stage::Member {
            return;
        }
        let process = join.member.process;
        if self.view.contains(process) {
            return self.welcome(process);
        }
        if self.was_dropped(process) {
            return self.expel(process);
        }
        if join.member.speaks < self.registry.protocol() {
            return self.refuse_old(process);
        }
        if !self.knows_all_of(&join) {
            return self.say_settled(process);
        }
        let same_disk = |m: &Member| m.durable.is_some() && m.durable == join.member.durable;
        if self.view.members.iter().any(same_disk) {
            // Its former incarnation is in the view: it goes first.
            return;
        }
        let leader = self.presumed_leader();
        if leader != self.me() {
            return self.send_item(leader, tag::JOIN, &join);
        }
        if self.ensure_peer(process, &join.member.address) {
            self.leader.admit(join.member, self.now);
        }
    }

    /// Whether this member would know if a view had dropped one that was in it.
    fn knows_all_of(&self, join: &Join) -> bool {
        let (domain, floor) = join.floor;
        domain == self.view.domain && floor >= self.birth.entered || self.bug(Mutation::LateWelcome)
    }

    fn say_settled(&mut self, process: ProcessId) {
        if self.links.peers.get(&process).is_some_and(super::links::Peer::is_open) {
            self.send_item(process, tag::SETTLED, &(self.view.domain, self.view.number));
        }
    }

    /// The first view of this process.
    pub(super) fn enter(&mut self, welcome: Welcome) {
        if self.stage != Stage::Outside || !welcome.view.contains(self.me()) {
            return;
        }
        let domain = welcome.view.domain;
        let floor = self.birth.floors.get(&domain).copied().unwrap_or_default();
        if welcome.view.number < floor && !self.bug(Mutation::LateWelcome) {
            return;
        }
        if self.restart.as_ref().is_some_and(|r| r.knows_a_view() && r.domain() != domain) {
            return;
        }
        if self.birth.promised.as_ref().is_some_and(|(founder, _)| DomainId(founder.0) != domain) {
            return;
        }
        self.restart = None;
        self.registry = Registry::restore(welcome.registry);
        self.lease.hold(self.now, welcome.hold_us);
        let number = welcome.view.number;
        self.enter_domain(welcome.view, welcome.decision.filter(|d| d.view.next() == number));
    }

    /// This process is a member from this view on.
    pub(super) fn enter_domain(&mut self, view: View, decision: Option<Propose>) {
        self.stage = Stage::Member;
        if self.birth.offer.as_ref().is_some_and(|offer| offer.domain != view.domain) {
            self.withdraw();
        }
        self.birth = Birth { entered: view.number, ..Birth::default() };
        self.begin_view(view, decision);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Config;
    use crate::core::wire::value::{Ballot, Value};

    /// What a member of view 2 says to whom that view admitted.
    fn welcomed(mutation: Option<Mutation>) -> Welcome {
        let config = Config { mutation, ..Config::new("admitted", ProcessId(1), "1", &["1"]) };
        let mut core = Core::new(config, Time(1));
        core.stage = Stage::Member;
        let members = vec![core.own_member()];
        core.view = View { domain: DomainId(1), number: ViewNumber(2), members: members.clone() };
        let value = Value {
            members,
            left: Vec::new(),
            cuts: Vec::new(),
            joint: Vec::new(),
            changes: Vec::new(),
            lease_wait_us: 0,
            raise: None,
            restart: None,
        };
        let ballot = Ballot { counter: 1, rank: 0 };
        core.acceptor.begin(Some(Propose { view: ViewNumber(1), ballot, value }));
        core.welcome(ProcessId(1));
        core.local.pop_front().unwrap().decode().unwrap()
    }

    /// Those who alone knew the decision may fail: then whom it admitted tells the member that missed it.
    #[test]
    fn who_is_admitted_is_told_what_was_decided() {
        assert_eq!(welcomed(None).decision.unwrap().view, ViewNumber(1));
        assert_eq!(welcomed(Some(Mutation::DecisionNotCarried)).decision, None);
    }
}

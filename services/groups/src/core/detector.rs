//! Evidence and suspicion (spec of the domain: only a decided view declares failure; all else is suspicion).
//!
//! ```text
//!   silence beyond the bound ----------------> suspect, until it is heard again
//!   last connection ended -> dial at once -> refused, or another incarnation answers -> suspect: gone
//!   member says so: gone --------------------> suspect: gone
//!   member says so: silent ------------------> told to the leader, who excludes the younger of the two after a grace
//!   no answer to the leader, no leader's word -> suspect: unresponsive, for a while; nobody is told
//! ```
//!
//! Before it suspects others a member looks at itself: if its own tick came late, everyone's bound is extended by as much
//! (it may have been stopped, and what it waits for may lie unread in its sockets).

use super::identity::{Address, ProcessId, Time};
use super::mutation::Mutation;
use super::wire::item::{Accuse, tag};
use super::{Core, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// Why a member is suspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// Nothing was heard for too long; withdrawn when it is heard again.
    Silent,
    /// It did not answer what it must answer; stands for a while.
    Unresponsive,
    /// Its process has ended.
    Gone,
}

/// Suspicions of this member and of others.
#[derive(Debug)]
pub(crate) struct Detector {
    last_tick: Time,
    next_tick: Time,
    suspects: BTreeMap<ProcessId, Evidence>,
    /// Those of the suspects that are not heard now. Only of these the others are told that they are silent: who does
    /// not answer in time may have been stopped, and must not cost those their place who waited for it.
    silent: BTreeSet<ProcessId>,
    /// Accused by accuser, and since when.
    accusations: BTreeMap<(ProcessId, ProcessId), Time>,
    /// Until when the unresponsive are left alone.
    pardons: BTreeMap<ProcessId, Time>,
    changed: bool,
}

impl Detector {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            last_tick: now,
            next_tick: now,
            suspects: BTreeMap::new(),
            silent: BTreeSet::new(),
            accusations: BTreeMap::new(),
            pardons: BTreeMap::new(),
            changed: false,
        }
    }

    pub(crate) fn next_tick(&self) -> Time {
        self.next_tick
    }

    pub(crate) fn last_tick(&self) -> Time {
        self.last_tick
    }

    pub(crate) fn suspects(&self, process: ProcessId) -> bool {
        self.suspects.contains_key(&process)
    }

    pub(crate) fn has_suspects(&self) -> bool {
        !self.suspects.is_empty()
    }

    /// Pairs of accuser and accused that have stood for a while.
    pub(crate) fn standing(
        &self,
        now: Time,
        grace_us: u64,
    ) -> impl Iterator<Item = (ProcessId, ProcessId)> + '_ {
        let old = move |(_, since): &(_, &Time)| now.since(**since) >= grace_us;
        self.accusations.iter().filter(old).map(|(&(accused, accuser), _)| (accuser, accused))
    }

    /// Whether a member accuses another, or is accused itself.
    pub(crate) fn in_dispute(&self, process: ProcessId) -> bool {
        self.accusations.keys().any(|&(accused, accuser)| accused == process || accuser == process)
    }

    /// A view was installed: only what is known of processes that have ended carries over.
    pub(crate) fn view_installed(&mut self, members: impl Fn(ProcessId) -> bool) {
        self.accusations.clear();
        self.pardons.clear();
        self.silent.clear();
        self.suspects.retain(|&p, evidence| members(p) && *evidence == Evidence::Gone);
        self.changed = true;
    }
}

impl Core {
    pub(super) fn tick(&mut self) {
        if self.now < self.detector.next_tick {
            return;
        }
        // Often enough for heartbeats, and for a lease that is renewed while it lasts.
        let interval = (self.config.heartbeat_us() / 2).min(self.config.lease_us() / 2);
        let late = self.now.since(self.detector.next_tick);
        let first = self.detector.last_tick == self.detector.next_tick;
        self.detector.last_tick = self.now;
        self.detector.next_tick = self.now.after(interval.max(1));
        if late > interval && !first {
            for peer in self.links.peers.values_mut() {
                peer.heard = peer.heard.after(late).min(self.now);
            }
        }
        match self.stage {
            Stage::Outside => self.seek(),
            Stage::Member => {
                self.watch();
                self.renew();
                self.keep_connected();
                self.repeat_calls();
                self.watch_slow();
                self.tell_suspicions();
            }
            Stage::Gone => {}
        }
    }

    /// Suspects whoever was silent too long.
    fn watch(&mut self) {
        let bound = self.config.silence_us();
        let now = self.now;
        let silent = |p: ProcessId| self.links.peers.get(&p).is_none_or(|peer| now.since(peer.heard) > bound);
        let others = self.view.members.iter().map(|m| m.process).filter(|&p| p != self.me());
        let silent: Vec<ProcessId> = others.filter(|&p| silent(p)).collect();
        for process in silent {
            self.suspect(process, Evidence::Silent);
        }
        self.pardon();
    }

    /// Whoever is heard is not held unresponsive for ever: partitions heal, and without it there may be no quorum.
    fn pardon(&mut self) {
        let due: Vec<ProcessId> =
            self.detector.pardons.iter().filter(|(_, at)| **at <= self.now).map(|(&p, _)| p).collect();
        for process in due {
            self.detector.pardons.remove(&process);
            if self.detector.suspects.get(&process) == Some(&Evidence::Unresponsive) {
                self.detector.suspects.insert(process, Evidence::Silent);
                if !self.detector.silent.contains(&process) {
                    self.heard_from(process);
                }
            }
        }
    }

    pub(super) fn suspect(&mut self, process: ProcessId, evidence: Evidence) {
        if process == self.me() || !self.view.contains(process) {
            return;
        }
        if evidence == Evidence::Silent && self.detector.silent.insert(process) {
            self.detector.changed = true;
        }
        let known = self.detector.suspects.get(&process).copied();
        if known.is_none_or(|k| k < evidence) {
            self.counters.suspicions += u64::from(known.is_none());
            self.detector.suspects.insert(process, evidence);
            if evidence == Evidence::Unresponsive {
                self.detector.pardons.insert(process, self.now.after(4 * self.config.silence_us()));
            }
            self.detector.changed |= evidence == Evidence::Gone || self.bug(Mutation::UnresponsiveAccused);
        }
        self.tell_suspicions();
    }

    /// A frame came: silence is over. Other evidence stands.
    pub(super) fn heard_from(&mut self, process: ProcessId) {
        if self.detector.suspects.is_empty() {
            return;
        }
        self.detector.changed |= self.detector.silent.remove(&process);
        if self.detector.suspects.get(&process) == Some(&Evidence::Silent) {
            self.detector.suspects.remove(&process);
            self.counters.retractions += 1;
            // Others may not have heard it yet: what they say of it is given time again.
            let now = self.now;
            let about = self.detector.accusations.iter_mut().filter(|((accused, _), _)| *accused == process);
            about.for_each(|(_, since)| *since = now);
        }
    }

    /// The last connection to a process ended: dial it, the answer is the evidence.
    pub(super) fn lost(&mut self, process: ProcessId) {
        let address = self.links.peers.get(&process).map(|p| p.address.clone());
        if let Some(address) = address.filter(|_| self.stage == Stage::Member && self.view.contains(process))
        {
            self.dial(&address, true);
        }
    }

    /// The host says that nobody listens at an address: those who were asked for have ended.
    pub(super) fn nobody_listens(&mut self, address: &Address, asked: &[ProcessId]) {
        self.gone_from(address, asked, None);
    }

    /// A process answered at an address: others that were asked for there have ended. If it came by itself it may be an old
    /// one whose word was long under way: then the address is asked.
    pub(super) fn answered_at(&mut self, address: &Address, process: ProcessId, asked: &[ProcessId]) {
        self.gone_from(address, asked, Some(process));
    }

    fn gone_from(&mut self, address: &Address, asked: &[ProcessId], there: Option<ProcessId>) {
        let unlinked = |p: ProcessId| !self.links.peers.get(&p).is_some_and(super::links::Peer::is_linked);
        let believed = self.believed_at(address);
        let (known, unknown): (Vec<ProcessId>, Vec<ProcessId>) = believed
            .into_iter()
            .filter(|&p| Some(p) != there && unlinked(p))
            .partition(|process| asked.contains(process));
        for process in known {
            self.vacant(process);
            self.suspect(process, Evidence::Gone);
        }
        if !unknown.is_empty() {
            self.dial(address, true);
        }
    }

    /// The processes this one counts on at an address: members of its view, and the founder it has promised.
    pub(super) fn believed_at(&self, address: &Address) -> Vec<ProcessId> {
        let members = self.view.members.iter().filter(|m| m.address == *address).map(|m| m.process);
        members.chain(self.promised_founder_at(address)).collect()
    }

    /// Tells the others what has changed in this member's suspicions.
    fn tell_suspicions(&mut self) {
        if !std::mem::take(&mut self.detector.changed) || self.stage != Stage::Member {
            return;
        }
        let all = self.bug(Mutation::UnresponsiveAccused);
        let told =
            |p: ProcessId, e: Evidence| e == Evidence::Gone || self.detector.silent.contains(&p) || all;
        let suspects = self.detector.suspects.iter().map(|(&p, &e)| (p, e));
        let accused = suspects.filter(|&(p, e)| told(p, e)).map(|(p, e)| (p, e == Evidence::Gone)).collect();
        let accuse = Accuse { view: self.view.number, accused };
        for process in self.other_members() {
            self.send_item(process, tag::ACCUSE, &accuse);
        }
    }

    /// Another member's suspicions: those of ended processes are believed, the others wait for the leader.
    pub(super) fn accused(&mut self, accuser: ProcessId, accuse: Accuse) {
        let named = |p: ProcessId| accuse.accused.iter().any(|&(accused, _)| accused == p);
        self.detector.accusations.retain(|&(accused, by), _| by != accuser || named(accused));
        for (accused, gone) in accuse.accused {
            if gone {
                self.suspect(accused, Evidence::Gone);
            } else if self.view.contains(accused) {
                self.detector.accusations.entry((accused, accuser)).or_insert(self.now);
            }
        }
    }

    /// Connections to all members are kept; the younger dials, either does after a while.
    pub(super) fn keep_connected(&mut self) {
        let me = self.view.rank(self.me());
        let mut addresses = Vec::new();
        for (rank, member) in self.view.members.iter().enumerate() {
            let Some(peer) = self.links.peers.get(&member.process) else { continue };
            let mine = me.is_some_and(|me| usize::from(me) > rank);
            if !peer.is_linked() && (mine || self.now.since(peer.heard) > self.config.heartbeat_us()) {
                addresses.push(member.address.clone());
            }
        }
        if self.blocked {
            let seeds = self.config.seeds.iter().filter(|s| !self.is_linked_to(s));
            addresses.extend(seeds.cloned());
        }
        for address in addresses {
            self.dial(&address, false);
        }
    }

    pub(super) fn other_members(&self) -> Vec<ProcessId> {
        let me = self.me();
        self.view.members.iter().map(|m| m.process).filter(|&p| p != me).collect()
    }
}

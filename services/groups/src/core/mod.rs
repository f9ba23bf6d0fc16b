//! The protocol core: one value per domain process.
//!
//! ```text
//!   Event ----> handle(event, now) --+                        +--> Effect::Dial, Send, Close   to the network
//!   calls ----> multicast, enter, .. +--> poll(now, &mut out) +--> Effect::Tell(Upcall)        to the application
//!   wake_at() <- the next time a Tick is due
//! ```
//!
//! **How it is driven.** Feed all events at hand with [`Core::handle`], make the application's calls, then call
//! [`Core::poll`] once: it delivers, packs everything for one peer and group into few frames, and appends the effects in
//! the order in which they are to be done. Feed [`Event::Tick`] when [`Core::wake_at`] has come. Nothing here knows a
//! clock, randomness or an executor; the same events at the same times give the same effects.
//!
//! **Why it holds** is argued, and searched exhaustively for small sizes, in `services/groups/model` (its README is the
//! argument; `acceptor`, `leader`, `install` and `lease` are its rules); where it goes beyond the papers, in
//! [`guide::beyond`](crate::guide::beyond).
//!
//! **The pipeline**, one concern a file: [`identity`], `channel` (streams that outlive connections), `links` (connections
//! and hello), `detector` (evidence and suspicion), `birth` (view 1, joining), `acceptor` and `leader` (agreement on the
//! next view), `install` (from one view to the next), `group` (lanes, parts, order, causal, stability, delivery, ending),
//! `joint` (groups that share one order), `registry` (lightweight groups), `sending` (credits, packing), `share` (what all windows share),
//! `lease` (local reads), `transfer` (state for joiners),
//! `future` (what arrives before its view), `parting` (leaving), `protocol` (its version, and raising it), `durable` (the log, and beginning again from it). The wire format is in `wire`; what can be set in [`options`].

mod acceptor;
mod birth;
mod calls;
mod channel;
mod detector;
mod dispatch;
pub(crate) mod durable;
pub mod event;
mod future;
mod group;
pub mod identity;
mod install;
mod joint;
mod key;
mod leader;
mod lease;
mod links;
mod mutation;
pub mod options;
mod parting;
mod protocol;
mod registry;
mod sending;
mod share;
mod transfer;
pub(crate) mod wire;

pub use durable::recovered::Recovered;
pub use event::{
    Blocked, CallError, Effect, Event, GroupMember, GroupView, LinkId, Refusal, Unwelcome, Upcall,
};
pub use identity::{Address, DomainId, DurableId, GroupId, Member, ProcessId, Rank, Time, View, ViewNumber};
pub use key::SharedKey;
#[doc(hidden)]
pub use mutation::Mutation;
pub use options::{Class, Config, GroupOptions, LEASE_MAX, Limits, OptionsError, Order, OrderingDomain};
pub use protocol::Protocol;
pub use registry::Forced;
pub use wire::WireError;
pub use wire::frame::FRAME_HEAD_BYTES;

use acceptor::Acceptor;
use birth::Birth;
use detector::Detector;
use future::Future;
use group::Group;
use leader::Leader;
use lease::Lease;
use links::Links;
use registry::Registry;
use std::collections::{BTreeMap, VecDeque};
use transfer::Transfers;
use wire::item::RawItem;

/// Whether this process is in the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Looking for the domain, or founding it.
    Outside,
    /// A member.
    Member,
    /// Left or excluded; only a new incarnation takes part again.
    Gone,
}

/// What happened so far, for metrics and for the coverage of simulations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say what is counted")]
pub struct Counters {
    pub views_installed: u64,
    pub attempts: u64,
    pub takeovers: u64,
    pub restarts: u64,
    pub adopted: u64,
    pub fills: u64,
    pub orphans: u64,
    pub lease_waits: u64,
    pub stalls: u64,
    pub suspicions: u64,
    pub retractions: u64,
    pub donor_failovers: u64,
    pub dormant: u64,
    pub refused: u64,
    pub frames_resent: u64,
    pub future_items: u64,
    pub parts: u64,
    pub begun_again: u64,
    pub records: u64,
    pub checkpoints: u64,
    pub snapshot_parts: u64,
    pub compactions: u64,
    pub regatherings: u64,
    pub restarted: u64,
    pub restored: u64,
    pub dissolved: u64,
    pub raises: u64,
    pub too_old: u64,
    pub handovers: u64,
}

/// One process of a domain.
#[derive(Debug)]
pub struct Core {
    config: Config,
    now: Time,
    stage: Stage,
    view: View,
    out: Vec<Effect>,
    told: Vec<Upcall>,
    /// Items this process sends to itself.
    local: VecDeque<RawItem>,
    links: Links,
    detector: Detector,
    birth: Birth,
    acceptor: Acceptor,
    leader: Leader,
    registry: Registry,
    groups: BTreeMap<GroupId, Box<Group>>,
    /// Orders that groups share.
    joints: BTreeMap<OrderingDomain, joint::Joint>,
    dirty: Vec<GroupId>,
    /// Groups of one class of messages in which something was received, sent or delivered, until the driver asks.
    stirred: Vec<GroupId>,
    future: Future,
    lease: Lease,
    transfers: Transfers,
    /// This process leaves and waits until it is heard.
    parting: Option<parting::Parting>,
    calls: calls::Calls,
    log: durable::Log,
    /// In no view yet, with a past.
    restart: Option<Box<durable::restart::Restart>>,
    receipts_due: Option<Time>,
    blocked: bool,
    share: share::Share,
    /// The application knows that this process does not speak what its domain runs at.
    too_old: bool,
    counters: Counters,
}

impl Core {
    /// A process that is in no view yet; it begins to look for the domain with the first tick.
    #[must_use]
    pub fn new(config: Config, now: Time) -> Self {
        let view = View { domain: DomainId(0), number: ViewNumber(0), members: Vec::new() };
        Self {
            detector: Detector::new(now),
            now,
            stage: Stage::Outside,
            view,
            out: Vec::new(),
            told: Vec::new(),
            local: VecDeque::new(),
            links: Links::default(),
            birth: Birth::default(),
            acceptor: Acceptor::default(),
            leader: Leader::default(),
            registry: Registry::default(),
            groups: BTreeMap::new(),
            joints: BTreeMap::new(),
            dirty: Vec::new(),
            stirred: Vec::new(),
            future: Future::default(),
            lease: Lease::default(),
            transfers: Transfers::default(),
            parting: None,
            calls: calls::Calls::default(),
            log: durable::Log::default(),
            restart: None,
            receipts_due: None,
            blocked: false,
            share: share::Share::default(),
            too_old: false,
            counters: Counters::default(),
            config,
        }
    }

    /// Takes in something that happened.
    pub fn handle(&mut self, event: Event, now: Time) {
        self.now = self.now.max(now);
        match event {
            Event::Opened { link, dialled } => self.opened(link, dialled),
            Event::Received { link, frame } => self.received(link, frame),
            Event::Closed { link } => self.closed(link),
            Event::DialFailed { address, refused } => self.dial_failed(&address, refused),
            Event::Tick => self.tick(),
            Event::Synced { number } => self.synced(number),
        }
        self.settle();
    }

    /// Does what has become possible, and appends what the driver is to do.
    pub fn poll(&mut self, now: Time, out: &mut Vec<Effect>) {
        self.now = self.now.max(now);
        self.settle();
        self.consider();
        self.settle();
        self.progress_groups();
        self.share_out();
        self.answer_queries();
        self.pump_state();
        self.compact();
        self.seal_groups();
        self.pump();
        self.check_parted();
        out.append(&mut self.out);
    }

    /// When the next [`Event::Tick`] is due.
    #[must_use]
    pub fn wake_at(&self) -> Time {
        let tick = self.detector.next_tick();
        self.receipts_due.map_or(tick, |due| due.min(tick))
    }

    /// Whether this process is a member.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The view installed last; number 0 before the first.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The time from which what this process does may be shown outside the domain: leases of processes excluded by the
    /// present view have run out then.
    #[must_use]
    pub fn acts_from(&self) -> Time {
        if self.bug(Mutation::AcknowledgedInWait) { Time(0) } else { self.lease.hold_until() }
    }

    /// Messages kept because not every member has acknowledged them, or because they wait for their turn.
    #[must_use]
    pub fn kept_messages(&self) -> usize {
        self.groups.values().map(|group| group.kept()).sum()
    }

    /// The groups of the domain: identity, name and members.
    pub fn groups(&self) -> impl Iterator<Item = GroupView> + '_ {
        self.registry.records().map(|record| record.view(record.changed))
    }

    /// What a group promises.
    #[must_use]
    pub fn options_of(&self, group: GroupId) -> Option<GroupOptions> {
        self.registry.get(group).map(|record| record.options)
    }

    /// The identity of a group, by its name.
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<GroupId> {
        self.registry.by_name(name).map(|record| record.id)
    }

    /// Durable groups that nobody has the state of any more, and that live on when this process starts again: it left them
    /// with one of the last copies, which is on its disk and nowhere else.
    pub fn wakes_by_starting_again(&self) -> impl Iterator<Item = GroupId> + '_ {
        let (me, disk) = (self.me(), self.log.identity);
        let waits = move |r: &&registry::Record| r.is_dormant() && !r.contains(me) && r.counts_on(disk);
        self.registry.records().filter(|r| r.options.durable).filter(waits).map(|r| r.id)
    }

    /// Beginnings that operators forced, the oldest first.
    #[must_use]
    pub fn forced(&self) -> &[Forced] {
        self.registry.forced()
    }

    /// Whether too little of the view is reachable for anything to be decided.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// What holds the next view up, for people.
    #[must_use]
    pub fn diagnosis(&self) -> String {
        let durable = self.registry.records().filter(|r| r.options.durable);
        let durable: Vec<String> =
            durable.map(|r| format!("{:?} {} {:?} {:?}", r.id, r.length, r.settled, r.keepers)).collect();
        format!(
            "{:?} {:?} {:?} {:?} {durable:?} {:?} {:?}",
            self.view.members, self.detector, self.acceptor, self.leader, self.log, self.restart
        )
    }

    fn me(&self) -> ProcessId {
        self.config.process
    }

    fn bug(&self, mutation: Mutation) -> bool {
        self.config.mutation == Some(mutation)
    }

    /// Handles the items this process sent to itself.
    fn settle(&mut self) {
        while let Some(item) = self.local.pop_front() {
            let me = self.me();
            self.dispatch(me, item);
        }
    }

    fn tell(&mut self, upcall: Upcall) {
        self.out.push(Effect::Tell(upcall));
    }
}

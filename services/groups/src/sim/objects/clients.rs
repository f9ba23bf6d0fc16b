//! The clients.

use super::record::Record;
use super::{Seat, invariants};
use crate::core::ProcessId;
use crate::object::check::{Call, Outcome};
use crate::object::proto::{Answer, ClientCall, Mistake, ReplicaLimits, Style};
use crate::sim::trace::Entry;
use crate::sim::world::{Due, World};
use bytes::Bytes;
use quorb::adapter::RelayedCall;
use quorb::proto::head::{ClientId, Completion, RequestIdentity};
use quorb::{Minor, SystemException};
use std::collections::BTreeSet;

/// Clients; every fourth numbers nothing.
const CLIENTS: usize = 8;

/// All clients, and what they have seen.
#[derive(Debug)]
pub(in crate::sim) struct Market {
    style: Style,
    /// The executor ships effects.
    ships_effects: bool,
    /// Requests ask for timers.
    pub(super) has_timers: bool,
    limits: ReplicaLimits,
    mistake: Option<Mistake>,
    clients: Vec<Client>,
    attempts: u64,
    pub(super) record: Record,
}

/// One client.
#[derive(Debug)]
struct Client {
    incarnation: u64,
    sequence: u64,
    open: Option<Open>,
}

/// How much the replicas have room to remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// All clients: then nothing may ever be forgotten.
    Ample,
    /// Some of them, and how far the others had come.
    Few,
    /// Some of them, and next to nothing of the others.
    Scant,
}

/// Its call.
#[derive(Debug)]
struct Open {
    begun: u64,
    reads: bool,
    is_repeated: bool,
    /// Where it is now, and as what.
    at: Option<(usize, ProcessId, u64)>,
}

impl Market {
    fn new(
        style: Style,
        (ships_effects, has_timers): (bool, bool),
        room: Room,
        mistake: Option<Mistake>,
    ) -> Self {
        let (clients_max, traces_max) = match room {
            Room::Ample => (1000, 1000),
            Room::Few => (5, 1000),
            Room::Scant => (5, 1),
        };
        let limits = ReplicaLimits {
            clients_max,
            traces_max,
            batch_requests_max: 3,
            checkpoint_requests: 16,
            executors_lost_max: 1000,
            ..ReplicaLimits::default()
        };
        let clients = (0..CLIENTS).map(|_| Client { incarnation: 1, sequence: 0, open: None }).collect();
        let record = Record::default();
        Self { style, ships_effects, has_timers, limits, mistake, clients, attempts: 0, record }
    }

    pub(in crate::sim) fn seat(&self, id: ProcessId) -> Seat {
        Seat::new(id, (self.style, self.ships_effects), self.limits.clone(), self.mistake)
    }

    fn may_forget(&self) -> bool {
        self.limits.clients_max < CLIENTS
    }
}

fn is_numbered(client: usize) -> bool {
    client % 4 != 3
}

impl World {
    pub(in crate::sim) fn open_market(&mut self, style: Style, mistake: Option<Mistake>) {
        let room = *self.random.pick(&[Room::Ample, Room::Ample, Room::Few, Room::Scant]);
        // What follows is drawn as if these had not been.
        let mut aside = self.random.clone();
        let (ships_effects, has_timers) = (aside.permille(500), aside.permille(500));
        let kind = (ships_effects && style == Style::Executor, has_timers);
        self.market = Some(Market::new(style, kind, room, mistake));
        for client in 0..CLIENTS {
            let at = self.random.between(200_000, 400_000);
            self.schedule(at, Due::Client { client });
        }
        // In some runs servants are not deterministic after all.
        for _ in 0..self.random.between(0, 5).saturating_sub(3) {
            let at = self.random.between(600_000, 4_000_000);
            let node = self.random.between(0, self.nodes.len() as u64 - 1) as usize;
            self.schedule(at, Due::Drift { node });
        }
    }

    /// A client begins a call, or sees how its call is doing.
    pub(in crate::sim) fn client(&mut self, client: usize, begins: bool) {
        let reads = self.random.permille(400);
        let now = self.now;
        let Some(market) = self.market.as_mut() else { return };
        let one = &mut market.clients[client];
        let open = match &mut one.open {
            Some(open) => open,
            None if !begins => return,
            none => {
                one.sequence += 1;
                none.insert(Open { begun: now, reads, is_repeated: false, at: None })
            }
        };
        if let Some((node, process, _)) = open.at
            && self.nodes[node].process.as_ref().is_none_or(|p| p.id != process)
        {
            // The connection has broken: nobody knows what became of the call.
            open.at = None;
            open.is_repeated = true;
            if !open.reads && !is_numbered(client) {
                self.ends(client, Outcome::Unknown);
            }
        }
        let unasked = |open: &Open| open.at.is_none();
        if self.market.as_ref().and_then(|market| market.clients[client].open.as_ref()).is_some_and(unasked) {
            self.attempt(client);
        }
        let at = self.now + self.random.between(5_000, 60_000);
        self.schedule(at, Due::Client { client });
    }

    /// Asks some process.
    fn attempt(&mut self, client: usize) {
        let node = self.random.between(0, self.nodes.len() as u64 - 1) as usize;
        let there = self.nodes[node].process.as_ref().filter(|_| !self.nodes[node].paused).map(|p| p.id);
        let (Some(process), Some(market)) = (there, self.market.as_mut()) else { return };
        market.attempts += 1;
        let ticket = market.attempts * CLIENTS as u64 + client as u64;
        let one = &mut market.clients[client];
        let Some(open) = &mut one.open else { return };
        open.at = Some((node, process, ticket));
        if open.reads {
            if !self.read_here(node, ticket) {
                self.refused(ticket, false);
            }
            return;
        }
        let key = RequestIdentity {
            client: ClientId(u64::MAX - client as u64),
            incarnation: one.incarnation,
            sequence: one.sequence,
        };
        market.record.repeated += u64::from(open.is_repeated);
        let call = ClientCall {
            call: RelayedCall::from_parts(Bytes::from_static(b"add"), Bytes::new()),
            identity: is_numbered(client).then_some(key),
            acknowledged_below: one.sequence,
            is_repeated: open.is_repeated,
        };
        if !self.update_here(node, ticket, call) {
            self.refused(ticket, false);
        }
    }

    /// A reply is to be shown, if the process still may.
    pub(in crate::sim) fn given(&mut self, node: usize, id: ProcessId, ticket: u64) {
        let now = self.now;
        let paused = self.nodes[node].paused;
        let Some(process) = self.nodes[node].process.as_mut().filter(|process| process.id == id) else {
            return;
        };
        let from = process.global(process.core.acts_from());
        if paused || from > now {
            let at = from.max(now + 1_000);
            return self.schedule(at, Due::Given { node, process: id, ticket });
        }
        let Some(answer) = process.seat.as_mut().and_then(|seat| seat.given.remove(&ticket)) else { return };
        match answer {
            Answer::Reply(reply) => {
                let value = reply.body().as_ref().try_into().ok().map_or(u64::MAX, u64::from_be_bytes);
                self.concludes(ticket, Outcome::Added(value));
            }
            Answer::BeginAgain(exception, incarnation) => self.begins_again(ticket, &exception, incarnation),
            Answer::Refusal(exception) => match exception.completed() {
                Completion::No => self.refused(ticket, false),
                Completion::Maybe if is_forgetting(&exception) => self.forgotten(ticket, &exception),
                Completion::Maybe => self.refused(ticket, true),
                Completion::Yes => self.complain("C1", format!("ticket {ticket}: {exception}")),
            },
        }
    }

    /// Nobody knows any more what the client had asked for before; this call was not executed.
    fn begins_again(&mut self, ticket: u64, exception: &SystemException, incarnation: u64) {
        let (Some(client), Some(market)) = (self.asks(ticket), self.market.as_mut()) else { return };
        if !market.may_forget() {
            return self.complain("C1", format!("client {client} is sent away: {exception}"));
        }
        market.record.begun_again += 1;
        market.clients[client].incarnation = incarnation;
        self.refused(ticket, false);
    }

    /// Nobody knows any more what became of the call.
    fn forgotten(&mut self, ticket: u64, exception: &SystemException) {
        let (Some(client), Some(market)) = (self.asks(ticket), self.market.as_mut()) else { return };
        if !market.may_forget() {
            return self.complain("C1", format!("a call of client {client} is forgotten: {exception}"));
        }
        market.record.forgotten += 1;
        self.ends(client, Outcome::Unknown);
    }

    pub(super) fn read(&mut self, ticket: u64, value: u64) {
        self.concludes(ticket, Outcome::Read(value));
    }

    /// The process that was asked does not do it; `may_have_run`: or cannot tell.
    pub(super) fn refused(&mut self, ticket: u64, may_have_run: bool) {
        let Some(client) = self.asks(ticket) else { return };
        if may_have_run && !is_numbered(client) {
            return self.ends(client, Outcome::Unknown);
        }
        let Some(open) = self.market.as_mut().and_then(|market| market.clients[client].open.as_mut()) else {
            return;
        };
        open.is_repeated |= may_have_run;
        open.at = None;
    }

    /// The client whose present attempt this is.
    fn asks(&self, ticket: u64) -> Option<usize> {
        let client = (ticket % CLIENTS as u64) as usize;
        let open = self.market.as_ref()?.clients[client].open.as_ref()?;
        open.at.filter(|(_, _, asked)| *asked == ticket).map(|_| client)
    }

    fn concludes(&mut self, ticket: u64, outcome: Outcome) {
        if let Some(client) = self.asks(ticket) {
            self.ends(client, outcome);
        }
    }

    fn ends(&mut self, client: usize, outcome: Outcome) {
        let now = self.now;
        let Some(market) = self.market.as_mut() else { return };
        let Some(open) = market.clients[client].open.take() else { return };
        let ended = (outcome != Outcome::Unknown).then_some(now);
        market.record.history.calls.push(Call { begun: open.begun, ended, outcome });
    }

    /// Calls that have no answer yet, and timers that have not fired.
    pub(in crate::sim) fn clients_waiting(&self) -> Option<String> {
        let market = self.market.as_ref()?;
        // Without a member that has the state nobody can answer.
        let seats = self.nodes.iter().filter_map(|node| node.process.as_ref()?.seat.as_ref());
        if !{ seats }.any(|seat| seat.agreed().is_some()) {
            return None;
        }
        if let Some(client) = market.clients.iter().position(|client| client.open.is_some()) {
            return Some(format!("client {client} waits: {:?}", market.clients[client].open));
        }
        let processes = self.nodes.iter().filter_map(|node| node.process.as_ref());
        { processes }.find_map(|process| process.seat.as_ref()?.timer_waiting())
    }

    /// The run is over: the object layer's invariants look at it. `unrest`: what has not come to rest; `is_founded_anew`: an
    /// operator had to begin again.
    pub(in crate::sim) fn close_market(&mut self, unrest: Option<&str>, is_founded_anew: bool) {
        // A domain that was founded anew has begun to count anew.
        let views = self.trace.logs.iter().flat_map(|log| &log.entries);
        let domains = views.filter_map(|entry| match entry {
            Entry::View(view) => Some(view.domain),
            _ => None,
        });
        let is_one = domains.collect::<BTreeSet<_>>().len() == 1 && !is_founded_anew;
        let waiting = self.clients_waiting();
        let processes = self.nodes.iter().filter_map(|node| node.process.as_ref());
        let ends = processes.filter_map(|process| Some((process.id, process.seat.as_ref()?.agreed()?)));
        let ends: Vec<(ProcessId, u64)> = ends.collect();
        let Some(market) = self.market.as_mut() else { return };
        let record = &mut market.record;
        // So has a group whose last member left in order before the next one had the state.
        let is_one = is_one && record.lives() <= 1;
        record.is_closed = unrest.is_none() && is_one && !ends.is_empty();
        record.history.last = ends.first().map_or(0, |(_, value)| *value);
        record.ends = ends;
        record.waiting = waiting.filter(|waiting| unrest == Some(waiting));
        if let Some(violation) = invariants::check(record) {
            self.complain(violation.code, violation.detail);
        }
    }

    /// What the object has gone through, for the coverage.
    pub(in crate::sim) fn object_counts(&self) -> Vec<(&'static str, u64)> {
        self.market.as_ref().map_or_else(Vec::new, |market| market.record.counts())
    }
}

fn is_forgetting(exception: &SystemException) -> bool {
    [Minor::OUTCOME_FORGOTTEN, Minor::CLIENT_FORGOTTEN].contains(&exception.minor())
}

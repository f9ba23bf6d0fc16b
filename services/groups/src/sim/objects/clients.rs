//! The clients.

use super::Seat;
use crate::core::ProcessId;
use crate::object::check::{Call, History, Outcome};
use crate::object::proto::{Answer, ClientCall, Mistake, Style};
use crate::sim::trace::Entry;
use crate::sim::world::{Due, World};
use bytes::Bytes;
use quorb::adapter::RelayedCall;
use quorb::proto::head::{ClientId, Completion, RequestIdentity};
use std::collections::BTreeSet;

/// Clients; every fourth numbers nothing.
const CLIENTS: usize = 10;

/// All clients, and what they have seen.
#[derive(Debug)]
pub(in crate::sim) struct Market {
    style: Style,
    mistake: Option<Mistake>,
    clients: Vec<Client>,
    history: History,
    attempts: u64,
}

/// One client.
#[derive(Debug, Default)]
struct Client {
    sequence: u64,
    open: Option<Open>,
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
    pub(in crate::sim) fn seat(&self, id: ProcessId) -> Seat {
        Seat::new(id, self.style, self.mistake)
    }
}

fn is_numbered(client: usize) -> bool {
    client % 4 != 3
}

impl World {
    pub(in crate::sim) fn open_market(&mut self, style: Style, mistake: Option<Mistake>) {
        let clients = (0..CLIENTS).map(|_| Client::default()).collect();
        self.market = Some(Market { style, mistake, clients, history: History::default(), attempts: 0 });
        for client in 0..CLIENTS {
            let at = self.random.between(200_000, 400_000);
            self.schedule(at, Due::Client { client });
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
        let at = self.now + self.random.between(5_000, 20_000);
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
            incarnation: 1,
            sequence: one.sequence,
        };
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
            Answer::BeginAgain(..) => {
                let detail = format!("ticket {ticket}: a client that is busy was forgotten");
                self.complain("C1", detail);
            }
            Answer::Refusal(exception) => match exception.completed() {
                Completion::No => self.refused(ticket, false),
                Completion::Maybe => self.refused(ticket, true),
                Completion::Yes => self.complain("C1", format!("ticket {ticket}: {exception}")),
            },
        }
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
        market.history.calls.push(Call { begun: open.begun, ended, outcome });
    }

    /// Calls that have no answer yet.
    pub(in crate::sim) fn clients_waiting(&self) -> Option<String> {
        let market = self.market.as_ref()?;
        // Without a member that has the state nobody can answer.
        let seats = self.nodes.iter().filter_map(|node| node.process.as_ref()?.seat.as_ref());
        if !{ seats }.any(|seat| seat.agreed().is_some()) {
            return None;
        }
        let client = market.clients.iter().position(|client| client.open.is_some())?;
        Some(format!("client {client} waits: {:?}", market.clients[client].open))
    }

    pub(in crate::sim) fn calls_made(&self) -> u64 {
        self.market.as_ref().map_or(0, |market| market.history.calls.len() as u64)
    }

    /// Everything has come to rest: all replicas are equal, and what the clients have seen is one counter.
    pub(in crate::sim) fn close_market(&mut self) {
        // A domain that was founded anew has begun to count anew.
        let views = self.trace.logs.iter().flat_map(|log| &log.entries);
        let domains = views.filter_map(|entry| match entry {
            Entry::View(view) => Some(view.domain),
            _ => None,
        });
        if domains.collect::<BTreeSet<_>>().len() > 1 {
            return;
        }
        let Some(market) = self.market.as_mut() else { return };
        let seats = self.nodes.iter().filter_map(|node| node.process.as_ref()?.seat.as_ref());
        let values: Vec<u64> = seats.filter_map(|seat| seat.agreed()).collect();
        let Some(&last) = values.first() else { return };
        if values.iter().any(|value| *value != last) {
            return self.complain("L3", format!("replicas end with {values:?}"));
        }
        market.history.last = last;
        if let Err(wrong) = market.history.check() {
            self.complain("C1", wrong.to_string());
        }
    }
}

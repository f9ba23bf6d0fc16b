//! At most once, for the whole group: which requests have been executed, and what they were answered.
//!
//! Members change it only at the same places of their common order, and by nothing but what is in the order: two members
//! that have executed the same requests have equal tables, down to what was dropped for want of room. So whichever member
//! is asked again gives the same answer. It travels to joiners with the object's state.
//!
//! # Why no request runs twice
//! Of a known client every executed sequence that is not below its watermark is held, or noted without its reply; the
//! watermark rises with what the client has the answers to. Nothing that it has not seen is taken for executed because later
//! requests were many: one that has lost its way is overtaken by thousands. Of clients that are dropped a trace is kept: above it, nothing was executed.
//! Of those whose trace is gone, too, it is known that their life did not begin after the floor: an unknown client of a
//! later life has never been here. One below is refused, and let in again under a new name. Lives that lie in the future of
//! the order's clock are not let in, or the floor would rise with them and keep everybody out.

mod client;
mod executed;
mod traces;

use super::limits::ReplicaLimits;
use crate::core::WireError;
use crate::core::wire::{Reader, Wire, put_varint, wire_struct};
use bytes::BytesMut;
use client::{Client, Entry};
use quorb::adapter::RelayedReply;
use quorb::proto::head::{ClientId, Completion, RequestIdentity};
use std::collections::BTreeMap;
use traces::Traces;

/// The requests that are remembered.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    clients: BTreeMap<u64, Client>,
    /// Clients by when they were heard of last.
    turns: BTreeMap<u64, u64>,
    /// Replies by age: client and sequence.
    replies: BTreeMap<u64, (u64, u64)>,
    /// Counts what happens: ages are its values.
    age: u64,
    reply_bytes: u64,
    traces: Traces,
}

/// A request, as its client says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Which it is.
    pub key: RequestIdentity,
    /// Lower sequences of this client have their answers.
    pub acknowledged_below: u64,
    /// The client has sent it before.
    pub is_repeated: bool,
    /// The order's clock, in microseconds since 1970.
    pub time_us: u64,
}

/// What is to be done with a request at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Execute it, then say [`Table::complete`].
    Execute,
    /// It was executed: this was the reply.
    Replay(RelayedReply),
    /// It has its place already, and is being executed.
    Running,
    /// Do not execute it.
    Refuse(Refusal),
}

/// Why a request is not executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It was executed, and its reply is not kept.
    #[error("it was executed, but its reply is no longer kept")]
    ReplyDropped,
    /// What was below the watermark is forgotten.
    #[error("requests below {0} of this client are answered or forgotten")]
    BelowWatermark(u64),
    /// The client has begun another life.
    #[error("its client goes on in a later life")]
    EarlierLife,
    /// The client is not known, and too old to be new.
    #[error("what this client has asked for is forgotten")]
    ClientForgotten,
    /// The client's life begins in the future.
    #[error("the client's clock is ahead")]
    ClientAhead,
    /// Too many requests of the client are being executed.
    #[error("too many requests of this client are under way")]
    ClientBusy,
}

impl Refusal {
    /// Whether the request was executed, as far as can be known.
    #[must_use]
    pub fn completion(self, is_repeated: bool) -> Completion {
        match self {
            Self::ReplyDropped => Completion::Yes,
            Self::ClientBusy => Completion::No,
            _ if is_repeated => Completion::Maybe,
            _ => Completion::No,
        }
    }

    /// Whether the client, rather than the request, is refused, and may come back under a new name.
    #[must_use]
    pub fn is_of_the_client(self) -> bool {
        matches!(self, Self::ClientForgotten | Self::ClientAhead | Self::EarlierLife)
    }
}

impl Table {
    /// What is known of a request here and now, without changing anything: it may have a place of which this member does not
    /// know yet.
    #[must_use]
    pub fn look(&self, key: RequestIdentity) -> Option<Admission> {
        let client =
            self.clients.get(&key.client.0).filter(|client| client.incarnation == key.incarnation)?;
        match client.entries.get(&key.sequence)? {
            Entry::Running => Some(Admission::Running),
            Entry::Done { reply, .. } => Some(Admission::Replay(reply.clone())),
            Entry::Dropped => Some(Admission::Refuse(Refusal::ReplyDropped)),
        }
    }

    /// Decides about a request at its place.
    pub fn admit(&mut self, asked: Asked, limits: &ReplicaLimits) -> Admission {
        let decided = self.meet(asked, limits).and_then(|()| self.decide(asked, limits));
        decided.unwrap_or_else(Admission::Refuse)
    }

    /// A request that was admitted has been executed. One that was not, as its reply says, may be asked for again.
    pub fn complete(&mut self, key: RequestIdentity, reply: &RelayedReply, limits: &ReplicaLimits) {
        self.age += 1;
        let age = self.age;
        let Some(client) = self.clients.get_mut(&key.client.0) else { return };
        if client.incarnation != key.incarnation || client.entries.get(&key.sequence) != Some(&Entry::Running)
        {
            return;
        }
        client.running -= 1;
        if reply.completed() == Completion::No {
            client.entries.remove(&key.sequence);
            return;
        }
        let entry = Entry::Done { age, reply: reply.clone() };
        self.reply_bytes += entry.bytes();
        client.entries.insert(key.sequence, entry);
        self.replies.insert(age, (key.client.0, key.sequence));
        self.drop_old_replies(limits.reply_bytes_max as u64);
    }

    /// A client is gone for good: nobody will ask for its replies.
    pub fn forget(&mut self, client: ClientId) {
        if let Some(gone) = self.clients.remove(&client.0) {
            self.turns.remove(&gone.heard);
            self.release(gone.entries.into_values());
        }
    }

    /// Clients that are remembered.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// Octets of the replies that are kept.
    #[must_use]
    pub fn reply_bytes(&self) -> u64 {
        self.reply_bytes
    }

    /// Makes sure that the client is known in this life.
    fn meet(&mut self, asked: Asked, limits: &ReplicaLimits) -> Result<(), Refusal> {
        let RequestIdentity { client: ClientId(id), incarnation, .. } = asked.key;
        self.age += 1;
        let mut watermark = 0;
        match self.clients.get_mut(&id) {
            Some(known) if known.incarnation == incarnation => {
                self.turns.remove(&known.heard);
                known.heard = self.age;
                self.turns.insert(self.age, id);
                return Ok(());
            }
            Some(known) if known.incarnation > incarnation => return Err(Refusal::EarlierLife),
            Some(_) => {
                Self::check_clock(asked)?;
                self.forget(ClientId(id));
            }
            None => {
                Self::check_clock(asked)?;
                watermark = self.traces.readmit(id, incarnation)?;
                self.make_room(limits);
            }
        }
        self.clients.insert(id, Client::new(incarnation, watermark, self.age));
        self.turns.insert(self.age, id);
        Ok(())
    }

    /// Foreign clients have no life's beginning: it is 0.
    fn check_clock(asked: Asked) -> Result<(), Refusal> {
        if asked.key.incarnation > asked.time_us { Err(Refusal::ClientAhead) } else { Ok(()) }
    }

    fn decide(&mut self, asked: Asked, limits: &ReplicaLimits) -> Result<Admission, Refusal> {
        let sequence = asked.key.sequence;
        let Some(client) = self.clients.get_mut(&asked.key.client.0) else { return Err(Refusal::ClientBusy) };
        let answered = client.acknowledge(asked.acknowledged_below);
        let known = match client.entries.get(&sequence) {
            Some(Entry::Running) => Some(Ok(Admission::Running)),
            Some(Entry::Done { reply, .. }) => Some(Ok(Admission::Replay(reply.clone()))),
            Some(Entry::Dropped) => Some(Err(Refusal::ReplyDropped)),
            None if sequence < client.watermark => Some(Err(Refusal::BelowWatermark(client.watermark))),
            None if client.executed.has(sequence) => Some(Err(Refusal::ReplyDropped)),
            // Above the last one nothing could be told to be new.
            None if sequence == u64::MAX => Some(Err(Refusal::ClientBusy)),
            None if client.running >= limits.requests_per_client_max => Some(Err(Refusal::ClientBusy)),
            None => None,
        };
        let mut gone = answered;
        let decided = known.unwrap_or_else(|| {
            if client.entries.len() >= limits.requests_per_client_max {
                gone.extend(client.drop_oldest(limits.runs_per_client_max));
                // The watermark has risen, perhaps above this very sequence: then it comes too late.
                if sequence < client.watermark {
                    return Err(Refusal::BelowWatermark(client.watermark));
                }
            }
            client.entries.insert(sequence, Entry::Running);
            client.running += 1;
            Ok(Admission::Execute)
        });
        self.release(gone.into_iter());
        decided
    }

    fn release(&mut self, gone: impl Iterator<Item = Entry>) {
        for entry in gone {
            self.reply_bytes -= entry.bytes();
            if let Entry::Done { age, .. } = entry {
                self.replies.remove(&age);
            }
        }
    }

    fn drop_old_replies(&mut self, bytes_max: u64) {
        while self.reply_bytes > bytes_max {
            let Some((_, (client, sequence))) = self.replies.pop_first() else { return };
            let entry = self.clients.get_mut(&client).and_then(|client| client.entries.get_mut(&sequence));
            if let Some(entry) = entry {
                self.reply_bytes -= entry.bytes();
                *entry = Entry::Dropped;
            }
        }
    }

    /// Drops the client that was quiet longest, if there are too many; one with a request under way stays.
    fn make_room(&mut self, limits: &ReplicaLimits) {
        if self.clients.len() < limits.clients_max {
            return;
        }
        let idle = |id: &u64| self.clients.get(id).is_some_and(|client| client.running == 0);
        let Some(id) = self.turns.values().copied().find(idle) else { return };
        if let Some(client) = self.clients.get(&id) {
            self.traces.note(id, client.incarnation, client.unseen_from(), limits.traces_max);
        }
        self.forget(ClientId(id));
    }
}

impl Wire for Table {
    fn write(&self, out: &mut BytesMut) {
        self.age.write(out);
        self.traces.write(out);
        put_varint(out, self.clients.len() as u64);
        for (id, client) in &self.clients {
            id.write(out);
            client.write(out);
        }
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let mut table = Self { age: Wire::read(input)?, traces: Wire::read(input)?, ..Self::default() };
        for _ in 0..input.count()? {
            let (id, client) = (u64::read(input)?, Client::read(input)?);
            for (&sequence, entry) in &client.entries {
                table.reply_bytes += entry.bytes();
                if let Entry::Done { age, .. } = entry {
                    table.replies.insert(*age, (id, sequence));
                }
            }
            table.turns.insert(client.heard, id);
            if table.clients.insert(id, client).is_some() {
                return Err(WireError::Contradiction);
            }
        }
        if table.turns.len() != table.clients.len() { Err(WireError::Contradiction) } else { Ok(table) }
    }
}

/// A request's identity in the group's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    client: u64,
    incarnation: u64,
    sequence: u64,
}

wire_struct! { Key { client, incarnation, sequence } }

impl From<RequestIdentity> for Key {
    fn from(identity: RequestIdentity) -> Self {
        let RequestIdentity { client: ClientId(client), incarnation, sequence } = identity;
        Self { client, incarnation, sequence }
    }
}

impl From<Key> for RequestIdentity {
    fn from(key: Key) -> Self {
        Self { client: ClientId(key.client), incarnation: key.incarnation, sequence: key.sequence }
    }
}

#[cfg(test)]
mod tests;

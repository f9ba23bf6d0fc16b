//! At most once: what a server remembers of its clients' requests, so that none is executed twice.
//!
//! A client numbers its updates. When it cannot know whether one was executed (the connection broke), it sends it again
//! under the same identity and says which server it was first sent to. The server executes what it has certainly not
//! executed, repeats the reply of what it has, and refuses what it cannot know.
//!
//! # Why this is safe
//! For a known client, the cache holds every executed sequence that is not below the client's watermark; the watermark
//! rises when entries go (acknowledged by the client, or evicted). So a sequence that is not held and not below the
//! watermark has not been executed here. Of clients that are evicted, a trace is kept: the last sequence, above which nothing
//! has been executed. Of those whose trace is gone, too, it is known that their incarnation is not above the floor, which
//! rises to it; so an unknown client above the floor has never been here. One below it is refused and goes on under a new
//! name, in the incarnation that the refusal names; the floor cannot run away from honest clients, because incarnations
//! that lie in the future are not let in. Foreign clients have no incarnation (it is 0) and know no floor: their traces are
//! all there is. A retry that was first sent to another
//! server, or to another life of this one, may have been executed there: nobody here can know.
//!
//! Oneway requests are numbered apart, under a name of their own, since nobody acknowledges them: a window of the
//! last ones tells which have come.

mod client;
mod forgotten;
#[cfg(test)]
mod tests;
mod window;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;

use self::client::{Client, Entry, Held};
use self::forgotten::Forgotten;
use self::window::Window;
use super::head::{ClientId, Completion, ReplyHead, RequestIdentity, Time};

/// What a [`ReplyCache`] remembers at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyCacheLimits {
    /// Clients. When they are all here and another comes, the one that was quiet longest is evicted.
    pub clients_max: usize,
    /// Requests of one client, running or answered and not acknowledged. When they are all here, the oldest answered one
    /// is evicted.
    pub entries_per_client_max: usize,
    /// Octets of all replies. When they are exceeded, the oldest replies go; that they were given is remembered.
    pub bytes_max: usize,
    /// A client that was quiet so long is evicted by [`ReplyCache::forget`].
    pub client_idle_max: Duration,
    /// Clients that were evicted and of whom is kept up to which sequence they have come, so that they can come back.
    pub traces_max: usize,
}

impl Default for ReplyCacheLimits {
    fn default() -> ReplyCacheLimits {
        ReplyCacheLimits {
            clients_max: 10_000,
            entries_per_client_max: 2048,
            bytes_max: 64 * 1024 * 1024,
            client_idle_max: Duration::from_secs(15 * 60),
            traces_max: 50_000,
        }
    }
}

/// A reply as it was given. Its body should be a buffer of its own: the cache counts its octets, not what it keeps alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedReply {
    /// Everything but the results.
    pub head: ReplyHead,
    /// The results.
    pub body: Bytes,
}

/// What is to be done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Execute it; then say [`ReplyCache::complete`], or [`ReplyCache::withdraw`] if it was not executed after all.
    Execute,
    /// It was executed; this was the reply.
    Replay(CachedReply),
    /// It is being executed: reply when that ends. Who waits is the runtime's business.
    Attach,
    /// Do not execute it.
    Refuse(Refusal),
}

/// Why a request is not executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It was executed, but its reply is no longer here.
    #[error("it was executed, but its reply is no longer kept")]
    ReplyEvicted,
    /// What was below the watermark is forgotten: acknowledged or evicted.
    #[error("requests below {watermark} of this client are answered or forgotten")]
    BelowWatermark {
        /// The least sequence that is not forgotten.
        watermark: u64,
    },
    /// It was first sent to another server, or to another life of this one.
    #[error("it was first sent to incarnation {first} of the server, this is {this}")]
    OtherServer {
        /// Where it was first sent.
        first: u64,
        /// Where it is.
        this: u64,
    },
    /// Its client is ahead of the time: if it were evicted, nobody could come in any more.
    #[error("the client's incarnation lies in the future")]
    IncarnationAhead {
        /// The least incarnation that is refused no more is one above.
        floor: u64,
    },
    /// A oneway request that has come before, or is so late that nobody knows.
    #[error("it has come before, or is too late to know")]
    Repeated,
    /// A later life of the client is here.
    #[error("the client is in incarnation {current} by now")]
    OldIncarnation {
        /// The later life.
        current: u64,
    },
    /// The client may have been here and be forgotten. It takes an incarnation above the floor to go on.
    #[error("clients up to incarnation {floor} may be forgotten: go on with a later one")]
    ClientForgotten {
        /// The least incarnation that is refused no more is one above.
        floor: u64,
    },
    /// The sequence is `u64::MAX`, which is not used: the client begins another incarnation before.
    #[error("the client has used up its sequences")]
    SequenceExhausted,
    /// As many requests of the client are running as are remembered.
    #[error("entries_per_client_max = {limit} requests of this client are running")]
    ClientBusy {
        /// The limit.
        limit: usize,
    },
    /// As many clients are remembered as can be, and requests of all of them are running.
    #[error("requests of clients_max = {limit} clients are running")]
    TooManyClients {
        /// The limit.
        limit: usize,
    },
}

impl Refusal {
    /// Whether the refused request was executed, at any time and by anybody, as far as can be known; `is_retry` if it says
    /// that it was sent before.
    pub fn completion(&self, is_retry: bool) -> Completion {
        match self {
            Refusal::ReplyEvicted => Completion::Yes,
            Refusal::OtherServer { .. } => Completion::Maybe,
            // Whatever became of the first one: nobody waits for an answer.
            Refusal::Repeated => Completion::Maybe,
            Refusal::ClientBusy { .. } | Refusal::TooManyClients { .. } | Refusal::SequenceExhausted => {
                Completion::No
            }
            Refusal::BelowWatermark { .. }
            | Refusal::OldIncarnation { .. }
            | Refusal::IncarnationAhead { .. }
            | Refusal::ClientForgotten { .. } => {
                if is_retry {
                    Completion::Maybe
                } else {
                    Completion::No
                }
            }
        }
    }

    /// The incarnation in which a new client is let in, if it is the client that is refused and not the request.
    /// `incarnation_now` is that of [`Circumstances`].
    pub fn begin_again_in(&self, incarnation_now: u64) -> Option<u64> {
        match self {
            Refusal::ClientForgotten { floor } | Refusal::IncarnationAhead { floor } => {
                Some(floor.saturating_add(1).max(incarnation_now))
            }
            _ => None,
        }
    }
}

/// How far the clock of a client may be ahead of the server's, in microseconds: a day.
pub const INCARNATION_AHEAD_MAX_US: u64 = 86_400_000_000;

/// The incarnation of clients that have none.
pub const INCARNATION_OF_FOREIGN: u64 = 0;

/// What a server remembers of the requests of its clients. See the [module](self).
///
/// Admitting and completing cost O(log clients + log entries), plus amortised constant time for what goes.
#[derive(Debug, Clone)]
pub struct ReplyCache {
    limits: ReplyCacheLimits,
    clients: BTreeMap<ClientId, Client>,
    /// Clients that have been here.
    forgotten: Forgotten,
    /// All clients; the one in front is evicted next, unless it was heard of since it was put there.
    turns: VecDeque<(ClientId, Time)>,
    /// Replies in the order in which they were given, and some that are gone.
    given: VecDeque<RequestIdentity>,
    held: Held,
}

/// What a request is, besides its [`RequestIdentity`], to a [`ReplyCache`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// Every sequence below is answered and not asked for again.
    pub acknowledged_below: u64,
    /// Set on a retry: the server incarnation that it was first sent to.
    pub retry_of_server: Option<u64>,
    /// The incarnation of this server.
    pub this_server: u64,
    /// The incarnation of a client that begins its life now: microseconds since 1970, by the server's clock.
    pub incarnation_now: u64,
}

impl Circumstances {
    /// Why a request that nothing is known of is not executed here: it was first sent to somebody else.
    fn elsewhere(&self) -> Result<(), Refusal> {
        let this = self.this_server;
        match self.retry_of_server {
            Some(first) if first != this => Err(Refusal::OtherServer { first, this }),
            _ => Ok(()),
        }
    }
}

impl ReplyCache {
    /// A cache that knows nobody.
    pub fn new(limits: ReplyCacheLimits) -> ReplyCache {
        ReplyCache {
            limits,
            clients: BTreeMap::new(),
            forgotten: Forgotten::default(),
            turns: VecDeque::new(),
            given: VecDeque::new(),
            held: Held::default(),
        }
    }

    /// Decides what becomes of a request.
    pub fn admit(&mut self, identity: RequestIdentity, request: Circumstances, now: Time) -> Admission {
        let met = self.meet(identity, request, now);
        let decided = met.and_then(|()| self.decide(identity, request, now));
        decided.unwrap_or_else(Admission::Refuse)
    }

    /// Decides whether a oneway request is executed. Nothing is remembered but that it has come.
    ///
    /// # Errors
    /// Why it must not be executed.
    pub fn admit_oneway(
        &mut self,
        identity: RequestIdentity,
        request: Circumstances,
        now: Time,
    ) -> Result<(), Refusal> {
        self.meet(identity, request, now)?;
        let limit = self.limits.entries_per_client_max;
        let client = self.clients.get_mut(&identity.client).ok_or(Refusal::ClientBusy { limit })?;
        client.heard = now;
        client.take_oneway(identity.sequence)
    }

    /// The request was executed, and this is its reply. Nothing happens if it is not in progress (its client has begun
    /// another life).
    pub fn complete(&mut self, identity: RequestIdentity, reply: CachedReply) {
        let Some(client) = self.client_in_progress(identity) else {
            return;
        };
        client.running -= 1;
        if identity.sequence < client.acknowledged {
            client.entries.remove(&identity.sequence);
            return;
        }
        let bytes = reply.body.len();
        client.entries.insert(identity.sequence, Entry::Done(reply));
        self.held.replies += 1;
        self.held.bytes += bytes;
        self.given.push_back(identity);
        self.evict_oldest_replies();
        self.drop_stale_replies();
    }

    /// The request was not executed and will not be: should it come again, it is a new one.
    pub fn withdraw(&mut self, identity: RequestIdentity) {
        if let Some(client) = self.client_in_progress(identity) {
            client.running -= 1;
            client.entries.remove(&identity.sequence);
        }
    }

    /// Evicts clients that were quiet for `client_idle_max`. O(clients).
    pub fn forget(&mut self, now: Time) {
        let quiet_max = self.limits.client_idle_max;
        let is_gone = |client: &Client| client.running == 0 && now.since(client.heard) >= quiet_max;
        let gone = self.clients.iter().filter(|(_, client)| is_gone(client));
        let gone: Vec<ClientId> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            self.evict_client(id);
        }
        self.turns.retain(|(id, _)| self.clients.contains_key(id));
    }

    /// Clients that are remembered.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// Octets of the replies that are held.
    pub fn bytes(&self) -> usize {
        self.held.bytes
    }

    /// Makes sure that the client is known in this incarnation, or says why it cannot be.
    fn meet(&mut self, identity: RequestIdentity, request: Circumstances, now: Time) -> Result<(), Refusal> {
        let RequestIdentity { client, incarnation, .. } = identity;
        let mut watermark = 0;
        match self.clients.get(&client) {
            Some(known) if known.incarnation == incarnation => return Ok(()),
            Some(known) if known.incarnation > incarnation => {
                let current = known.incarnation;
                return Err(Refusal::OldIncarnation { current });
            }
            // A known client in a later life: the earlier one is over, and refused from now on. The later one was never
            // evicted, whatever the floor: had it been, the floor would have kept the earlier one out.
            Some(known) => {
                self.forgotten.check_clock(incarnation, request.incarnation_now)?;
                known.release_all(&mut self.held);
            }
            None => {
                request.elsewhere()?;
                self.forgotten.check_clock(incarnation, request.incarnation_now)?;
                self.forgotten.check(client, incarnation)?;
                // Its trace must not be what gives way to that of the one that makes room.
                let trace = self.forgotten.readmit(client, incarnation);
                watermark = trace.unwrap_or(0);
                if let Err(refusal) = self.make_room_for_client() {
                    if trace.is_some() {
                        self.forgotten.note(client, incarnation, watermark, self.limits.traces_max);
                    }
                    return Err(refusal);
                }
                self.turns.push_back((client, now));
            }
        }
        self.clients.insert(client, Client::new(incarnation, watermark, now));
        Ok(())
    }

    /// Decides about a request of a known client.
    fn decide(
        &mut self,
        identity: RequestIdentity,
        request: Circumstances,
        now: Time,
    ) -> Result<Admission, Refusal> {
        let sequence = identity.sequence;
        let limit = self.limits.entries_per_client_max;
        let known = self.clients.get_mut(&identity.client);
        let client = known.ok_or(Refusal::ClientBusy { limit })?;
        client.heard = now;
        client.acknowledge(request.acknowledged_below, &mut self.held);
        match client.entries.get(&sequence) {
            Some(Entry::InProgress) => return Ok(Admission::Attach),
            Some(Entry::Done(reply)) => return Ok(Admission::Replay(reply.clone())),
            Some(Entry::Evicted) => return Err(Refusal::ReplyEvicted),
            None => request.elsewhere()?,
        }
        client.check_watermark(sequence)?;
        if sequence == u64::MAX {
            return Err(Refusal::SequenceExhausted);
        }
        if client.running >= limit {
            return Err(Refusal::ClientBusy { limit });
        }
        if client.entries.len() >= limit {
            client.evict_oldest_entry(&mut self.held);
            // The watermark has risen, perhaps above this very sequence: then it comes too late.
            client.check_watermark(sequence)?;
        }
        client.entries.insert(sequence, Entry::InProgress);
        client.running += 1;
        Ok(Admission::Execute)
    }

    fn client_in_progress(&mut self, identity: RequestIdentity) -> Option<&mut Client> {
        let client = self.clients.get_mut(&identity.client)?;
        let in_progress = matches!(client.entries.get(&identity.sequence), Some(Entry::InProgress));
        (client.incarnation == identity.incarnation && in_progress).then_some(client)
    }

    fn evict_oldest_replies(&mut self) {
        while self.held.bytes > self.limits.bytes_max {
            let Some(oldest) = self.given.pop_front() else {
                return;
            };
            if let Some(client) = self.clients.get_mut(&oldest.client)
                && client.incarnation == oldest.incarnation
                && let Some(entry @ Entry::Done(_)) = client.entries.get_mut(&oldest.sequence)
            {
                self.held.release(entry);
                *entry = Entry::Evicted;
            }
        }
    }

    /// Keeps `given` from growing by what is gone.
    fn drop_stale_replies(&mut self) {
        if self.given.len() > 64 && self.given.len() > 2 * self.held.replies {
            let clients = &self.clients;
            self.given.retain(|identity| {
                clients.get(&identity.client).is_some_and(|client| {
                    client.incarnation == identity.incarnation
                        && matches!(client.entries.get(&identity.sequence), Some(Entry::Done(_)))
                })
            });
        }
    }

    /// Evicts the client that was quiet longest, about, if there are too many.
    fn make_room_for_client(&mut self) -> Result<(), Refusal> {
        let limit = self.limits.clients_max;
        if self.clients.len() < limit {
            return Ok(());
        }
        // Each client is passed over at most once because it was heard of; the busy ones are passed over every time.
        for _ in 0..2 * self.turns.len() {
            let Some((id, since)) = self.turns.pop_front() else {
                break;
            };
            match self.clients.get(&id) {
                None => {}
                Some(client) if client.running > 0 || client.heard > since => {
                    self.turns.push_back((id, client.heard));
                }
                Some(_) => {
                    self.evict_client(id);
                    return Ok(());
                }
            }
        }
        Err(Refusal::TooManyClients { limit })
    }

    fn evict_client(&mut self, id: ClientId) {
        if let Some(client) = self.clients.remove(&id) {
            client.release_all(&mut self.held);
            self.forgotten.note(id, client.incarnation, client.unseen_from(), self.limits.traces_max);
        }
    }
}

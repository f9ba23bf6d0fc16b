//! Who may be inside an object: queries together, updates alone, and no call in the way of its own chain.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use thiserror::Error;

use super::head::ChainId;

/// The admission state of one object, as a value. It only counts: who is granted runs, who is queued waits, and both are
/// the driver's business.
///
/// # Rules
/// * Any number of holders share, or one is exclusive.
/// * Nobody overtakes: who cannot enter at once queues, and so does everybody after him. An exclusive request therefore
///   waits for those who came before, and for nobody who comes later.
/// * But a request whose own chain is inside, sharing, and that would share as well, enters at once: its chain's holder
///   waits for it, and would never leave.
/// * A request whose own chain is inside, and that conflicts with it, can never be granted: it is refused at once.
/// * A poisoned object takes no updates until it is restored.
///
/// # Driving it
/// [`request`](Self::request); with a token, run, then [`release`](Self::release); with a ticket, wait until a grant names
/// it, or [`cancel`](Self::cancel). Every method that can make room returns the grants that follow; each of them holds
/// the object from then on. Times are O(holders), and O(queue) for `cancel` and `poison`.
#[derive(Debug, Clone)]
pub struct Gate {
    queue_max: usize,
    holders: Vec<Visitor>,
    queue: VecDeque<Visitor>,
    poisoned: bool,
    /// The number of the last request that was not refused.
    last: u64,
}

/// How a request wants to be inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Beside others: a query.
    Shared,
    /// Beside others, though it changes the object: an update whose servant locks for itself.
    SharedUpdate,
    /// Alone: an update.
    Exclusive,
}

/// Says that a request is inside, until it is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u64);

/// Says that a request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It is inside.
    Granted(Token),
    /// It waits for a grant.
    Queued(Ticket),
    /// It will not be let in.
    Refused(GateRefusal),
}

/// Who waited is inside now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What it waited with.
    pub ticket: Ticket,
    /// What it holds.
    pub token: Token,
}

/// What poisoning an object did to those who waited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Poisoning {
    /// Updates: they are refused, as [`GateRefusal::Poisoned`].
    pub refused: Vec<Ticket>,
    /// Who is inside because they are gone.
    pub granted: Vec<Grant>,
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GateRefusal {
    /// Its own chain is inside, and would wait for it while it waits for the chain.
    #[error("chain {chain} holds the object already: the call would wait for itself")]
    Reentrant {
        /// The chain.
        chain: ChainId,
    },
    /// An update failed in the middle: the object takes no further ones.
    #[error("an update failed in the middle: the object takes no updates until it is restored")]
    Poisoned,
    /// Too many wait already.
    #[error("{limit} calls wait for the object already")]
    QueueFull {
        /// The limit.
        limit: usize,
    },
}

/// A request that waits or is inside.
#[derive(Debug, Clone)]
struct Visitor {
    number: u64,
    chain: ChainId,
    mode: Mode,
}

impl Gate {
    /// The gate of an object that nobody is in, and for which at most `queue_max` may wait.
    pub fn new(queue_max: usize) -> Gate {
        Gate { queue_max, holders: Vec::new(), queue: VecDeque::new(), poisoned: false, last: 0 }
    }

    /// A request of `chain` wants to be inside. [`ChainId::NONE`] is nobody's own chain.
    pub fn request(&mut self, chain: ChainId, mode: Mode) -> Entry {
        if self.poisoned && mode.is_update() {
            return Entry::Refused(GateRefusal::Poisoned);
        }
        let own = self.holders.iter().find(|holder| holder.chain == chain && chain != ChainId::NONE);
        match own {
            Some(own) if own.mode.excludes(mode) => {
                return Entry::Refused(GateRefusal::Reentrant { chain });
            }
            Some(_) => return Entry::Granted(self.enter(chain, mode)),
            None => {}
        }
        if self.queue.is_empty() && self.admits(mode) {
            return Entry::Granted(self.enter(chain, mode));
        }
        if self.queue.len() >= self.queue_max {
            return Entry::Refused(GateRefusal::QueueFull { limit: self.queue_max });
        }
        let visitor = self.visitor(chain, mode);
        let ticket = Ticket(visitor.number);
        self.queue.push_back(visitor);
        Entry::Queued(ticket)
    }

    /// Lets a request in if nothing is in its way; else nothing has happened, and [`request`](Self::request) says what is.
    pub fn request_at_once(&mut self, chain: ChainId, mode: Mode) -> Option<Token> {
        let is_free = self.queue.is_empty() && self.admits(mode) && !(self.poisoned && mode.is_update());
        is_free.then(|| self.enter(chain, mode))
    }

    /// A holder leaves. A token that is not held changes nothing.
    pub fn release(&mut self, token: Token) -> Vec<Grant> {
        match self.holders.iter().position(|holder| holder.number == token.0) {
            Some(at) => {
                self.holders.swap_remove(at);
                self.grant()
            }
            None => Vec::new(),
        }
    }

    /// Who waited gives up. `None` if nobody waits with that ticket: it was granted, or refused, before.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<Vec<Grant>> {
        let at = self.queue.binary_search_by_key(&ticket.0, |waiter| waiter.number).ok()?;
        self.queue.remove(at);
        Some(self.grant())
    }

    /// An update failed in the middle: updates are refused from now on, those who wait included. Who is inside stays.
    pub fn poison(&mut self) -> Poisoning {
        self.poisoned = true;
        let updates = self.queue.iter().filter(|waiter| waiter.mode.is_update());
        let refused = updates.map(|waiter| Ticket(waiter.number)).collect();
        self.queue.retain(|waiter| !waiter.mode.is_update());
        Poisoning { refused, granted: self.grant() }
    }

    /// The object is sound again: it takes updates.
    pub fn restore(&mut self) {
        self.poisoned = false;
    }

    /// Whether updates are refused.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// How many are inside.
    pub fn holders(&self) -> usize {
        self.holders.len()
    }

    /// How many wait.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Lets in who is first in the queue, as long as there is room for him.
    fn grant(&mut self) -> Vec<Grant> {
        let mut grants = Vec::new();
        while self.queue.front().is_some_and(|first| self.admits(first.mode))
            && let Some(first) = self.queue.pop_front()
        {
            grants.push(Grant { ticket: Ticket(first.number), token: Token(first.number) });
            self.holders.push(first);
        }
        grants
    }

    fn enter(&mut self, chain: ChainId, mode: Mode) -> Token {
        let visitor = self.visitor(chain, mode);
        let token = Token(visitor.number);
        self.holders.push(visitor);
        token
    }

    fn visitor(&mut self, chain: ChainId, mode: Mode) -> Visitor {
        self.last += 1;
        let number = self.last;
        Visitor { number, chain, mode }
    }

    /// Whether those who are inside leave room for `mode`. They do not exclude each other, so one of them speaks for all.
    fn admits(&self, mode: Mode) -> bool {
        self.holders.first().is_none_or(|holder| !holder.mode.excludes(mode))
    }
}

impl Mode {
    fn is_update(self) -> bool {
        matches!(self, Mode::SharedUpdate | Mode::Exclusive)
    }

    fn excludes(self, other: Mode) -> bool {
        self == Mode::Exclusive || other == Mode::Exclusive
    }
}

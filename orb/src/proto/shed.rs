//! Which calls run, which wait, and which are shed when there are more than can be served.
//!
//! The rule is that of the controlled delay for servers (B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015; after CoDel, RFC
//! 8289): up to `running_max` calls run and the others queue, first come first served. A queue absorbs a burst, so that a
//! call may wait for `queue_time_max`; but a queue that has not been empty for as long is not a burst but an overload, and
//! then a call may wait for `standing_time_max` only. Who would have to wait longer is shed, so that those that are served
//! are served in time, and a server at ten times its capacity still answers at its capacity.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::head::{ChainId, Time};

/// What a [`ShedQueue`] admits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShedLimits {
    /// Calls that run at the same time.
    pub running_max: usize,
    /// Calls that wait.
    pub queue_max: usize,
    /// How long a call may wait while there is no overload; a queue that has not been empty for as long is one.
    pub queue_time_max: Duration,
    /// How long a call may wait in an overload.
    pub standing_time_max: Duration,
}

impl ShedLimits {
    /// `running_max` calls run; four times as many may wait, for 100 milliseconds; for 5 in an overload.
    pub fn running(running_max: usize) -> ShedLimits {
        ShedLimits {
            running_max,
            queue_max: running_max.saturating_mul(4),
            queue_time_max: Duration::from_millis(100),
            standing_time_max: Duration::from_millis(5),
        }
    }
}

/// The admission of calls to something that can serve so many at a time.
///
/// [`arrive`](Self::arrive) takes a call, [`finish`](Self::finish) and [`leave`](Self::leave) take its end. A call of a chain
/// that is inside already is let in at once and not counted: its chain would wait for itself.
#[derive(Debug)]
pub struct ShedQueue {
    limits: ShedLimits,
    running: usize,
    /// How many calls of each chain run.
    inside: BTreeMap<ChainId, usize>,
    queue: VecDeque<Waiting>,
    next_ticket: u64,
    /// When the queue was last empty.
    empty_at: Time,
}

#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    chain: ChainId,
    since: Time,
}

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What becomes of a call that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It runs; [`ShedQueue::finish`] gets the pass back.
    Run(Pass),
    /// It waits, but no longer than until then: who is still waiting must [`leave`](ShedQueue::leave).
    Wait {
        /// Its place.
        ticket: Ticket,
        /// When its wait is over.
        until: Time,
    },
    /// It is shed.
    Shed(ShedReason),
}

/// What becomes of a call that waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It runs.
    Run(Ticket, Pass),
    /// It is shed.
    Shed(Ticket),
}

/// The right to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a call that has ended must finish"]
pub struct Pass {
    chain: ChainId,
    /// It takes one of the places.
    counted: bool,
}

/// Why a call is shed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShedReason {
    /// The queue is full.
    QueueFull,
    /// It has waited for too long.
    WaitedTooLong,
}

impl ShedQueue {
    /// Nobody is inside at `now`.
    pub fn new(limits: ShedLimits, now: Time) -> ShedQueue {
        ShedQueue {
            limits,
            running: 0,
            inside: BTreeMap::new(),
            queue: VecDeque::new(),
            next_ticket: 0,
            empty_at: now,
        }
    }

    /// Calls that take a place.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Calls that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The limits.
    pub fn limits(&self) -> &ShedLimits {
        &self.limits
    }

    /// Whether the queue stands: it has not been empty for `queue_time_max`.
    pub fn is_overloaded(&self, now: Time) -> bool {
        !self.queue.is_empty() && now.since(self.empty_at) >= self.limits.queue_time_max
    }

    /// Takes a call. Constant time but for the chains inside, of which it takes the logarithm.
    pub fn arrive(&mut self, chain: ChainId, now: Time) -> Arrival {
        if chain != ChainId::NONE && self.inside.contains_key(&chain) {
            return Arrival::Run(self.admit(chain, false));
        }
        if self.queue.is_empty() {
            self.empty_at = now;
            if self.running < self.limits.running_max {
                return Arrival::Run(self.admit(chain, true));
            }
        }
        if self.queue.len() >= self.limits.queue_max {
            return Arrival::Shed(ShedReason::QueueFull);
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.queue.push_back(Waiting { ticket, chain, since: now });
        Arrival::Wait { ticket, until: now + self.allowance(now) }
    }

    /// Takes the end of a call that ran, and says what becomes of those that waited for it: at most one of them runs.
    pub fn finish(&mut self, pass: Pass, now: Time) -> Vec<Verdict> {
        if let Some(count) = self.inside.get_mut(&pass.chain) {
            *count -= 1;
            if *count == 0 {
                self.inside.remove(&pass.chain);
            }
        }
        if pass.counted {
            self.running -= 1;
        }
        let mut verdicts = Vec::new();
        while self.running < self.limits.running_max {
            let allowance = self.allowance(now);
            let Some(first) = self.queue.pop_front() else { break };
            if now.since(first.since) > allowance {
                verdicts.push(Verdict::Shed(first.ticket));
            } else {
                let pass = self.admit(first.chain, true);
                verdicts.push(Verdict::Run(first.ticket, pass));
            }
        }
        if self.queue.is_empty() {
            self.empty_at = now;
        }
        verdicts
    }

    /// A call stops waiting. Answers whether it was still in the queue. Linear in the queue.
    pub fn leave(&mut self, ticket: Ticket, now: Time) -> bool {
        let place = self.queue.binary_search_by_key(&ticket, |waiting| waiting.ticket);
        if let Ok(place) = place {
            self.queue.remove(place);
            if self.queue.is_empty() {
                self.empty_at = now;
            }
        }
        place.is_ok()
    }

    fn admit(&mut self, chain: ChainId, counted: bool) -> Pass {
        if chain != ChainId::NONE {
            *self.inside.entry(chain).or_default() += 1;
        }
        self.running += usize::from(counted);
        Pass { chain, counted }
    }

    /// How long a call may wait at present.
    fn allowance(&self, now: Time) -> Duration {
        match self.is_overloaded(now) {
            true => self.limits.standing_time_max,
            false => self.limits.queue_time_max,
        }
    }
}

#[cfg(test)]
mod tests;

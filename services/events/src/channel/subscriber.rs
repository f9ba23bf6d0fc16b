//! One subscriber: what waits for it, and what happens when that is too much.

use std::sync::Arc;

use super::conflated::Conflated;
use super::queue::Queue;
use super::{Channel, Delivery, Losses, Stored, SubscriberId, Time};
use crate::native::{Overflow, Start, SubscribeOptions, WhyEjected};
use crate::subject::Pattern;

/// A subscriber.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) pattern: Pattern,
    overflow: Overflow,
    pub(super) mode: Mode,
    queue_events_max: usize,
    queue_bytes_max: usize,
    /// The last answer, until the next one is asked for.
    pub(super) last: Option<Arc<Delivery>>,
    /// The number of the last answer.
    pub(super) number: u64,
    /// Everything in front of it is settled, and the subscriber knows.
    pub(super) told: u64,
    /// What was dropped and not told yet.
    pub(super) untold: Losses,
    /// Its queue was full: behind what is in it, it goes on in history, from this position on.
    pub(super) behind_from: Option<u64>,
    pub(super) ended: Option<(WhyEjected, u64)>,
    /// Its queue may be full when something comes, though publishers wait for it: others have given that its place.
    may_lag: bool,
    /// It has fallen behind where publishers were to wait for it.
    pub(super) is_lagging: bool,
    /// When it was heard; none for those who live here, and are heard all the time.
    heard: Option<Time>,
    pub(super) counts: Counts,
}

/// Where its events come from.
#[derive(Debug)]
pub(super) enum Mode {
    /// From its queue: it follows the channel.
    Live(Queue),
    /// From its queue, one for each key.
    Conflating(Conflated),
    /// From history, beginning with this position.
    Behind(u64),
}

/// What became of the events that have matched.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) matched: u64,
    pub(super) delivered: u64,
    pub(super) all: Losses,
}

/// Why a subscription does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeRefused {
    /// Too many.
    #[error("subscribers_max subscribers")]
    TooMany,
    /// A queue that is too long.
    #[error("a queue above queue_events_max")]
    Queue,
}

impl Subscriber {
    pub(super) fn overflow(&self) -> Overflow {
        self.overflow
    }

    pub(super) fn is_behind(&self) -> bool {
        matches!(self.mode, Mode::Behind(_))
    }

    /// How many more events its queue takes; none if it is not to be waited for now.
    pub(super) fn room(&self) -> Option<usize> {
        match &self.mode {
            Mode::Live(queue) if self.ended.is_none() => Some(queue.room()),
            _ => None,
        }
    }

    pub(super) fn queued(&self) -> usize {
        match &self.mode {
            Mode::Live(queue) => queue.events(),
            Mode::Conflating(conflated) => conflated.events(),
            Mode::Behind(_) => 0,
        }
    }

    pub(super) fn hear(&mut self, now: Time) {
        if let Some(heard) = &mut self.heard {
            *heard = now;
        }
    }

    pub(super) fn is_silent(&self, now: Time, silence: Time) -> bool {
        self.heard.is_some_and(|heard| now.saturating_sub(heard) >= silence)
    }

    /// Begins to follow the channel.
    pub(super) fn go_live(&mut self) {
        self.is_lagging = false;
        self.mode = match self.overflow {
            Overflow::Conflate => {
                Mode::Conflating(Conflated::new(self.queue_events_max, self.queue_bytes_max))
            }
            _ => Mode::Live(Queue::new(self.queue_events_max, self.queue_bytes_max)),
        };
    }

    /// Takes the events of a block. Answers whether somebody is to be told.
    pub(super) fn offer(&mut self, stored: &Arc<Stored>) -> bool {
        if self.ended.is_some() || self.is_behind() || self.behind_from.is_some() {
            return false;
        }
        let count = stored.len();
        self.counts.matched += count as u64;
        let mut losses = Losses::default();
        match &mut self.mode {
            Mode::Behind(_) => {}
            Mode::Conflating(conflated) => {
                let dropped = conflated.push(stored);
                losses.conflated = dropped.replaced as u64;
                losses.oldest = dropped.oldest as u64;
            }
            Mode::Live(queue) => match self.overflow {
                Overflow::DropOldest | Overflow::Conflate => {
                    losses.oldest = queue.push_dropping_oldest(stored) as u64;
                }
                Overflow::DropNewest => {
                    losses.newest = (count - queue.push_what_fits(stored)) as u64;
                }
                // There was room when it got its place.
                Overflow::SlowPublisher if !self.may_lag => queue.push(stored),
                Overflow::Eject | Overflow::Replay | Overflow::SlowPublisher => {
                    let taken = queue.push_what_fits(stored);
                    if taken < count {
                        self.overflowed(stored, taken);
                    }
                }
            },
        }
        self.untold.add(losses);
        self.counts.all.add(losses);
        true
    }

    /// An event of a block has found no room, and is not to be dropped.
    fn overflowed(&mut self, stored: &Stored, taken: usize) {
        self.counts.matched -= (stored.len() - taken) as u64;
        match self.overflow {
            Overflow::Replay => self.behind_from = Some(stored.position(taken)),
            Overflow::SlowPublisher => {
                (self.behind_from, self.is_lagging) = (Some(stored.position(taken)), true);
            }
            _ => self.ended = Some((WhyEjected::TooSlow, stored.position(taken))),
        }
    }

    /// Ends the subscription. What is in the queue is lost to it, and it is told from where on.
    pub(super) fn eject(&mut self, why: WhyEjected) {
        let next = match &self.mode {
            Mode::Live(queue) => queue.oldest(),
            Mode::Conflating(conflated) => conflated.oldest(),
            Mode::Behind(next) => Some(*next),
        };
        self.ended.get_or_insert((why, next.unwrap_or_default()));
    }
}

impl Channel {
    /// Subscribes to what matches. `is_local` is one that cannot fall silent. [`Start::Time`] is looked up in memory only: a
    /// driver with a disk turns it into a position first. Answers the number of the subscriber and the first position
    /// that it may get.
    ///
    /// # Errors
    /// Limits.
    pub fn subscribe(
        &mut self,
        pattern: Pattern,
        options: SubscribeOptions,
        is_local: bool,
        now: Time,
    ) -> Result<(SubscriberId, u64), SubscribeRefused> {
        if self.subscribers.len() >= self.limits.subscribers_max {
            return Err(SubscribeRefused::TooMany);
        }
        let wanted = if options.queue_events == 0 { self.options.queue_events } else { options.queue_events };
        if wanted > self.limits.queue_events_max {
            return Err(SubscribeRefused::Queue);
        }
        let next = self.begin(options.start, &pattern).clamp(1, self.distributed);
        let mut subscriber = Subscriber {
            pattern: pattern.clone(),
            overflow: options.overflow.unwrap_or(self.options.default_overflow()),
            mode: Mode::Behind(next),
            queue_events_max: wanted.max(1) as usize,
            queue_bytes_max: self.limits.queue_bytes_max,
            last: None,
            number: 0,
            told: next,
            untold: Losses::default(),
            behind_from: None,
            ended: None,
            may_lag: self.agreed.is_some(),
            is_lagging: false,
            heard: (!is_local).then_some(now),
            counts: Counts::default(),
        };
        if next >= self.distributed {
            subscriber.go_live();
        }
        let id = SubscriberId(self.next_subscriber);
        self.next_subscriber += 1;
        self.subscribers.insert(id, subscriber);
        self.patterns.entry(pattern).or_default().push(id);
        Ok((id, next))
    }

    /// Where a subscription begins.
    fn begin(&self, start: Start, pattern: &Pattern) -> u64 {
        match start {
            Start::Now => self.distributed,
            Start::First => self.oldest(),
            Start::Position(position) => position,
            Start::Time(time) => self.history.since(time).unwrap_or_else(|| self.history.oldest()),
            Start::Last(count) => self.last_matching(count, pattern).unwrap_or_else(|| self.history.oldest()),
        }
    }

    /// The position of the oldest of the last events that match; none if so many are not in memory.
    pub fn last_matching(&self, count: u64, pattern: &Pattern) -> Option<u64> {
        let mut left = count;
        if left == 0 {
            return Some(self.distributed);
        }
        for stored in self.history.backwards() {
            let wanted: Vec<bool> = stored.block.subjects().map(|subject| pattern.matches(subject)).collect();
            let matching: Vec<usize> = stored
                .block
                .events()
                .enumerate()
                .filter(|(_, event)| wanted.get(event.subject).copied().unwrap_or_default())
                .map(|(place, _)| place)
                .collect();
            match matching.len() as u64 {
                here if here >= left => {
                    let place = matching[(here - left) as usize];
                    return Some(stored.position(place));
                }
                here => left -= here,
            }
        }
        None
    }

    /// How many events in memory match.
    pub fn count_matching(&self, pattern: &Pattern) -> u64 {
        let matching = |stored: &Arc<Stored>| {
            let events = stored.block.events();
            events.filter(|event| pattern.matches(stored.block.subject(event.subject))).count() as u64
        };
        self.history.backwards().map(matching).sum()
    }

    /// Whether somebody is subscribed.
    pub fn has_subscriber(&self, id: SubscriberId) -> bool {
        self.subscribers.contains_key(&id)
    }

    /// The first position since a time; none if it may be older than what is in memory.
    pub fn position_since(&self, time: Time) -> Option<u64> {
        self.history.since(time)
    }

    /// The oldest position in memory.
    pub fn oldest_in_memory(&self) -> u64 {
        self.history.oldest()
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, id: SubscriberId, now: Time, effects: &mut super::Effects) {
        self.forget(id);
        // Somebody may have waited for it.
        self.admit(now, effects);
    }

    pub(super) fn forget(&mut self, id: SubscriberId) {
        let Some(subscriber) = self.subscribers.remove(&id) else { return };
        if let Some(others) = self.patterns.get_mut(&subscriber.pattern) {
            others.retain(|&other| other != id);
            if others.is_empty() {
                self.patterns.remove(&subscriber.pattern);
            }
        }
    }
}

//! How everybody is doing.

use super::Channel;
use crate::native::SubscriberReport;

/// A channel in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Events that have got their places.
    pub published: u64,
    /// Events that were sent again.
    pub repeated: u64,
    /// Blocks that wait for their places or for the disk.
    pub waiting: usize,
    /// The subscribers.
    pub subscribers: Vec<SubscriberReport>,
}

impl Channel {
    /// The channel in numbers.
    pub fn report(&self) -> Report {
        let subscribers = self.subscribers.iter().map(|(id, subscriber)| SubscriberReport {
            subscription: id.0,
            pattern: subscriber.pattern.as_str().to_owned(),
            overflow: subscriber.overflow(),
            matched: subscriber.counts.matched,
            delivered: subscriber.counts.delivered,
            queued: subscriber.queued() as u64,
            dropped_oldest: subscriber.counts.all.oldest,
            dropped_newest: subscriber.counts.all.newest,
            conflated: subscriber.counts.all.conflated,
            is_behind: subscriber.is_behind(),
        });
        Report {
            published: self.published,
            repeated: self.repeated,
            waiting: self.parked.len() + self.due.len(),
            subscribers: subscribers.collect(),
        }
    }
}

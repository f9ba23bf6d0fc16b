//! What is wanted, and from where on.

use std::time::{SystemTime, UNIX_EPOCH};

use quorb::IdlType;

use super::error::{About, EventError};
use super::events::{Events, shortened};
use super::feed::{Feed, Source};
use crate::channel::micros;
use crate::native::{Overflow, Start, SubscribeOptions};
use crate::subject::Pattern;

/// A subscription that has not begun.
#[derive(Debug, Clone)]
#[must_use]
pub struct Subscription {
    events: Events,
    pattern: String,
    options: SubscribeOptions,
    until_now: bool,
    name: Option<String>,
}

impl Subscription {
    pub(super) fn new(events: Events, pattern: &str) -> Subscription {
        Subscription {
            events,
            pattern: pattern.to_owned(),
            options: SubscribeOptions::default(),
            until_now: false,
            name: None,
        }
    }

    /// Gives the subscriber a name, under which the channel remembers how far it has come: it begins where
    /// [`Feed::settle`] has said last, whatever program has said it, and where it is told here only the first time. The name is
    /// its own: of two with the same name each goes on where the other has settled.
    pub fn named(mut self, name: &str) -> Subscription {
        self.name = Some(name.to_owned());
        self
    }

    /// Where it begins; with the next event unless it says so. History goes over into what comes then: no event is missing,
    /// and none comes twice.
    pub fn from(mut self, start: Start) -> Subscription {
        self.options.start = start;
        self
    }

    /// Begins with the first event since a time.
    pub fn since(self, time: SystemTime) -> Subscription {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.from(Start::Time(micros(since)))
    }

    /// Begins with so many of the newest events that match.
    pub fn last(self, count: u64) -> Subscription {
        self.from(Start::Last(count))
    }

    /// Begins with the event at a position: the next one of the last that was processed, for instance.
    pub fn at(self, position: u64) -> Subscription {
        self.from(Start::Position(position))
    }

    /// Ends with the last event that there is when it begins, instead of going on with what comes.
    pub fn until_now(mut self) -> Subscription {
        self.until_now = true;
        self
    }

    /// What happens when its queue is full; what the channel says unless it says so.
    pub fn overflow(mut self, overflow: Overflow) -> Subscription {
        self.options.overflow = Some(overflow);
        self
    }

    /// The events in its queue; what the channel says unless it says so.
    pub fn queue(mut self, events: u32) -> Subscription {
        self.options.queue_events = events;
        self
    }

    /// Begins it. With `T` = [`Any`](quorb::Any) events of every type come.
    ///
    /// # Errors
    /// [`EventError::NoChannel`], among others.
    pub async fn open<T: IdlType>(self) -> Result<Feed<T>, EventError> {
        let Subscription { events, pattern, mut options, until_now, name } = self;
        let checked = Pattern::new(&pattern, &events.shared.limits)
            .map_err(|cause| EventError::Subject { text: shortened(&pattern), cause })?;
        let service = events.service().clone();
        if let Some(name) = &name {
            let settled = service.settled(checked.channel(), name).await;
            let settled = settled.map_err(|fault| fault.about(checked.channel()))?;
            if settled > 0 {
                options.start = Start::Position(settled);
            }
        }
        let begun =
            service.subscribe(&pattern, &options).await.map_err(|fault| fault.about(checked.channel()))?;
        let channel = service.describe(checked.channel()).await;
        let channel = channel.map_err(|fault| fault.about(checked.channel()))?.info;
        let source = Source {
            service,
            limits: events.shared.limits.clone(),
            pattern,
            options,
            begun,
            channel: channel.name,
            made: channel.options,
            until: until_now.then_some(channel.next),
            name,
        };
        Feed::start(source)
    }
}

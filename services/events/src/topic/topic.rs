//! Publishing values of a type under a subject.

use std::borrow::Borrow;
use std::sync::Arc;

use quorb::IdlType;

use super::error::EventError;
use super::events::Events;
use super::sender::{Appended, Mode, Sender};
use super::typed::Writer;
use super::{Feed, Subscription};
use crate::native::Guarantee;
use crate::subject::Subject;

/// A subject with the type of what is published under it.
///
/// Events that are published while the last ones are on their way go together with the next message. What is published
/// through one [`Events`] arrives in the order in which it was published.
#[derive(Debug)]
pub struct Topic<T> {
    events: Events,
    subject: Subject,
    sender: Arc<Sender>,
    writer: Writer<T>,
}

impl<T: IdlType> Topic<T> {
    pub(super) fn new(events: Events, subject: Subject, sender: Arc<Sender>) -> Result<Topic<T>, EventError> {
        Ok(Topic { events, subject, sender, writer: Writer::new()? })
    }

    /// The subject.
    pub fn subject(&self) -> &str {
        self.subject.as_str()
    }

    /// What its channel promises.
    pub fn guarantee(&self) -> Guarantee {
        self.sender.guarantee()
    }

    /// Publishes a value. On a durable channel it is on the disk on return. On others it is on its way: it waits for room,
    /// and on a channel of best effort not even for that. If it cannot be published after all, a later call says so.
    ///
    /// Cancellation safe: a value whose call was dropped may be published or not.
    ///
    /// # Errors
    /// See [`EventError`]; also for values that were published before.
    pub async fn publish(&self, value: impl Borrow<T>) -> Result<(), EventError> {
        self.send(value.borrow(), &[], self.usual()).await.map(drop)
    }

    /// Publishes a value with a key: subscribers that want only the newest value of each key get that.
    ///
    /// # Errors
    /// As for [`publish`](Topic::publish).
    pub async fn publish_keyed(
        &self,
        key: impl AsRef<[u8]>,
        value: impl Borrow<T>,
    ) -> Result<(), EventError> {
        self.send(value.borrow(), key.as_ref(), self.usual()).await.map(drop)
    }

    /// Publishes a value without waiting until it is on the disk; [`flush`](Topic::flush) waits for many at once.
    ///
    /// # Errors
    /// As for [`publish`](Topic::publish).
    pub async fn post(&self, value: impl Borrow<T>) -> Result<(), EventError> {
        self.send(value.borrow(), &[], Mode::Waiting).await.map(drop)
    }

    /// Publishes a value, and waits until the channel has it, whatever it promises.
    ///
    /// # Errors
    /// As for [`publish`](Topic::publish).
    pub async fn confirm(&self, value: impl Borrow<T>) -> Result<(), EventError> {
        self.send(value.borrow(), &[], Mode::Confirmed).await.map(drop)
    }

    /// Publishes the value with this number of a publisher with a name, unless that was done already: by this program, or by
    /// another one with the same name that has failed. Answers whether it was published now. It is in the channel on return.
    ///
    /// ```text
    /// for (number, tick) in (1..).zip(ticks) { topic.publish_numbered(number, tick).await?; }
    /// ```
    ///
    /// # Errors
    /// As for [`publish`](Topic::publish); [`EventError::Refused`] if numbers are left out.
    pub async fn publish_numbered(&self, number: u64, value: impl Borrow<T>) -> Result<bool, EventError> {
        let next = self.next_number();
        if number < next {
            return Ok(false);
        }
        if number > next {
            return Err(EventError::Refused(format!("the number {number}, where {next} is the next one")));
        }
        self.send(value.borrow(), &[], Mode::Confirmed).await.map(|_| true)
    }

    /// The number that the next value of this publisher gets.
    pub fn next_number(&self) -> u64 {
        self.sender.next_sequence()
    }

    /// Waits until everything that was published so far is where its channel promises.
    ///
    /// # Errors
    /// As for [`publish`](Topic::publish).
    pub async fn flush(&self) -> Result<(), EventError> {
        self.sender.flushed().await.map(drop)
    }

    /// Values that were dropped here since there was no room, which happens on channels of best effort only.
    pub fn dropped(&self) -> u64 {
        self.sender.dropped()
    }

    /// The events whose subjects match a pattern, which need not be this topic's: see [`Events::subscribe`].
    ///
    /// # Errors
    /// As there.
    pub async fn subscribe(&self, pattern: &str) -> Result<Feed<T>, EventError> {
        self.events.subscribe(pattern).await
    }

    /// The events of this topic.
    pub fn subscription(&self) -> Subscription {
        self.events.subscription(self.subject.as_str())
    }

    fn usual(&self) -> Mode {
        if self.guarantee() == Guarantee::Durable { Mode::Confirmed } else { Mode::Waiting }
    }

    async fn send(&self, value: &T, key: &[u8], mode: Mode) -> Result<u64, EventError> {
        let (ty, payload) = self.writer.write(value)?;
        let ty = ty.as_deref().unwrap_or(self.writer.ty());
        let event = Appended { subject: self.subject.as_str(), ty, key, payload: &payload };
        let sent = self.sender.send(&event, mode).await;
        Writer::<T>::recycle(payload);
        sent
    }
}

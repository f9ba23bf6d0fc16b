//! A member's place in a group: entering, events, sending, flushing, leaving.

use super::authority::Authority;
use super::call::{Call, Entered};
use super::error::{Ended, EnterError, Gone, SendError};
use super::event::Event;
use super::gate::Gate;
use super::inbox::InboxReader;
use super::lives::Life;
use super::outbox::{Outbox, Sending};
use crate::core::{Class, GroupId, GroupOptions, Order};
use bytes::Bytes;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{Semaphore, TryAcquireError, mpsc, oneshot};
use tokio::time::Instant;

type Encode<M> = fn(&M) -> Result<Bytes, ciborium::ser::Error<std::io::Error>>;
type Decode<M> = fn(&Bytes) -> Option<M>;

/// A group about to be entered; await it.
#[derive(Debug)]
pub struct EnterGroup<M> {
    calls: mpsc::Sender<Call>,
    outbox: Arc<Outbox>,
    name: Arc<str>,
    options: GroupOptions,
    message_bytes_max: usize,
    encode: Encode<M>,
    decode: Decode<M>,
}

impl<M> EnterGroup<M> {
    pub(super) fn new(
        life: &Life,
        name: &str,
        message_bytes_max: usize,
        encode: Encode<M>,
        decode: Decode<M>,
    ) -> Self {
        let (calls, outbox) = (life.calls.clone(), Arc::clone(&life.outbox));
        let options = GroupOptions::PLAIN;
        Self { calls, outbox, name: name.into(), options, message_bytes_max, encode, decode }
    }

    /// What the group promises, by default [`GroupOptions::PLAIN`]. All members must name the same.
    #[must_use]
    pub fn options(mut self, options: GroupOptions) -> Self {
        self.options = options;
        self
    }

    async fn enter(self) -> Result<Group<M>, EnterError> {
        self.options.check()?;
        let (reply, answer) = oneshot::channel();
        let call = Call::Enter { name: self.name, options: self.options, reply };
        self.calls.send(call).await.map_err(|_| Gone)?;
        let Entered { group, events, credit, authority, gate } = answer.await.map_err(|_| Gone)??;
        let sender = GroupSender {
            group,
            only: self.options.only,
            calls: self.calls,
            outbox: self.outbox,
            credit,
            authority,
            gate,
            message_bytes_max: self.message_bytes_max,
            encode: self.encode,
        };
        Ok(Group { sender, events, decode: self.decode, ended: false })
    }
}

impl EnterGroup<Bytes> {
    /// A group whose messages are octets.
    pub(super) fn octets(life: &Life, name: &str, message_bytes_max: usize) -> Self {
        let encode = |octets: &Bytes| Ok(octets.clone());
        let decode = |octets: &Bytes| Some(octets.clone());
        Self::new(life, name, message_bytes_max, encode, decode)
    }
}

impl<M: 'static> IntoFuture for EnterGroup<M> {
    type Output = Result<Group<M>, EnterError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Returns with the first view of the group, which is also its first event.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.enter())
    }
}

/// A member of a group. Read its events: while too many wait, nobody can send to the group, and if none is read for a while
/// this member leaves it ([`DriverLimits`](super::DriverLimits)). Dropping it leaves the group.
#[derive(Debug)]
pub struct Group<M> {
    sender: GroupSender<M>,
    events: InboxReader,
    decode: Decode<M>,
    ended: bool,
}

impl<M> Group<M> {
    /// The group's number in the domain.
    #[must_use]
    pub fn id(&self) -> GroupId {
        self.sender.group
    }

    /// The next event; none after [`Event::Ended`]. Cancellation safe: no event is lost.
    pub async fn next(&mut self) -> Option<Event<M>> {
        let Some(event) = self.events.next().await else {
            // An owner that was dropped had no time for a last word.
            return (!std::mem::replace(&mut self.ended, true)).then_some(Event::Ended(Ended::Dropped));
        };
        self.ended |= matches!(event, Event::Ended(_));
        Some(event.read(self.decode))
    }

    /// A handle to send with from elsewhere, while events are read here.
    #[must_use]
    pub fn sender(&self) -> GroupSender<M> {
        self.sender.clone()
    }

    /// See [`GroupSender::send`].
    ///
    /// # Errors
    /// As there.
    pub async fn send(&self, order: Order, uniform: bool, message: &M) -> Result<(), SendError> {
        self.sender.send(order, uniform, message).await
    }

    /// See [`GroupSender::flush`].
    ///
    /// # Errors
    /// As there.
    pub async fn flush(&self) -> Result<u64, Gone> {
        self.sender.flush().await
    }

    /// Leaves the group: returns when a view without this member is decided. Events that come until then are dropped.
    pub async fn leave(mut self) -> Ended {
        if self.sender.calls.send(Call::LeaveGroup { group: self.sender.group }).await.is_err() {
            return Ended::Dropped;
        }
        while let Some(event) = self.next().await {
            if let Event::Ended(why) = event {
                return why;
            }
        }
        Ended::Dropped
    }
}

impl<M> Drop for Group<M> {
    fn drop(&mut self) {
        // If the owner is too busy to hear it, it notices with the next event that nobody reads.
        let _ = self.sender.calls.try_send(Call::LeaveGroup { group: self.sender.group });
    }
}

/// Sends to a group; clones share its window.
#[derive(Debug)]
pub struct GroupSender<M> {
    group: GroupId,
    only: Option<Class>,
    calls: mpsc::Sender<Call>,
    outbox: Arc<Outbox>,
    credit: Arc<Semaphore>,
    authority: Arc<Authority>,
    gate: Arc<Gate>,
    message_bytes_max: usize,
    encode: Encode<M>,
}

impl<M> Clone for GroupSender<M> {
    fn clone(&self) -> Self {
        Self {
            calls: self.calls.clone(),
            outbox: self.outbox.clone(),
            credit: self.credit.clone(),
            authority: self.authority.clone(),
            gate: self.gate.clone(),
            ..*self
        }
    }
}

impl<M> GroupSender<M> {
    /// Multicasts a message to the group, this member included, and waits while members lag behind. When it returns, the
    /// message is on its way: it is delivered to everyone, once, if this process stays a member; to know that everyone has
    /// it, [`flush`](Self::flush). Cancelled, it has sent nothing or all.
    ///
    /// # Errors
    /// When the group allows only another class, the message is too long or cannot be encoded, or the membership ended.
    pub async fn send(&self, order: Order, uniform: bool, message: &M) -> Result<(), SendError> {
        let (class, payload) = self.encoded(order, uniform, message)?;
        let cost = Sending::cost(&payload);
        match self.credit.try_acquire_many(cost) {
            Ok(credit) => credit.forget(),
            Err(_) => self.credit.acquire_many(cost).await.map_err(|_| Gone)?.forget(),
        }
        if self.outbox.push(Sending { group: self.group, class, payload })? {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// As [`send`](Self::send), but without waiting.
    ///
    /// # Errors
    /// As there; none if it would have to wait: the message is in the result, and was not sent.
    pub fn try_send<'a>(
        &self,
        order: Order,
        uniform: bool,
        message: &'a M,
    ) -> Result<Option<&'a M>, SendError> {
        let (class, payload) = self.encoded(order, uniform, message)?;
        match self.credit.try_acquire_many(Sending::cost(&payload)) {
            Ok(credit) => credit.forget(),
            Err(TryAcquireError::NoPermits) => return Ok(Some(message)),
            Err(TryAcquireError::Closed) => return Err(Gone.into()),
        }
        self.outbox.push(Sending { group: self.group, class, payload })?;
        Ok(None)
    }

    fn encoded(&self, order: Order, uniform: bool, message: &M) -> Result<(Class, Bytes), SendError> {
        let class = Class::new(order, uniform);
        if self.only.is_some_and(|only| only != class) {
            return Err(SendError::ClassNotAllowed);
        }
        let payload = (self.encode)(message)?;
        if payload.len() > self.message_bytes_max {
            return Err(SendError::TooLong { octets: payload.len(), max: self.message_bytes_max });
        }
        Ok((class, payload))
    }

    /// Asks to read this member's copy as if the group were one object: [`Event::MayRead`] with this number says when, once
    /// everything is delivered that this member had received when it was asked, and its lease holds. That costs no
    /// message. Only in groups with queries.
    ///
    /// # Errors
    /// When the membership ended.
    pub async fn ask_to_read(&self, read: u64) -> Result<(), Gone> {
        self.calls.send(Call::Query { group: self.group, token: read }).await.map_err(|_| Gone)
    }

    /// Whether this member's copy may be read now, without asking: nothing that it has received is missing in what the events
    /// taken from [`Group::next`] say, all of those but the last taken have been applied, and its lease holds. If not,
    /// [`ask_to_read`](Self::ask_to_read). Only in groups with queries.
    ///
    /// Whoever takes an event applies it before taking the next: taking the next says so.
    #[must_use]
    pub fn may_read(&self) -> bool {
        self.gate.is_passed() && self.authority.reads_now()
    }

    /// Whether the application has applied every update that this member has received; as with
    /// [`may_read`](Self::may_read), but whoever else may have seen more.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.gate.is_passed()
    }

    /// The moment from which on what this process has been told may be shown outside of the domain: the leases of
    /// processes that the present view has excluded have run out then. Most often it has passed.
    #[must_use]
    pub fn acts_from(&self) -> Instant {
        self.authority.acts_from()
    }

    /// Waits until everything this process has sent and seen in the group is at every member, and gives the number of the
    /// flush: [`Event::Stable`] with that number marks its place among the events.
    ///
    /// # Errors
    /// When the membership ended first.
    pub async fn flush(&self) -> Result<u64, Gone> {
        let (reply, answer) = oneshot::channel();
        self.calls.send(Call::Flush { group: self.group, reply }).await.map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }
}

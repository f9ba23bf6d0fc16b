//! The calls on a connection: handing them over, answering, giving up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use bytes::Bytes;
use quorb_giop::message::AddressingDisposition;
use tokio::sync::oneshot;

use super::{Connection, State};
use crate::adapter::Context;
use crate::exception::SystemException;
use crate::proto::head::{CallId, Delivery, ReplyHead, RequestHead};
use crate::runtime::outgoing::{Encoded, Outgoing};
use crate::runtime::wire::Refused;
use crate::value::Body;

/// What became of a call that was handed to a connection.
#[derive(Debug)]
pub(crate) enum CallOutcome {
    /// A reply came.
    Reply(Box<ReplyHead>, Body),
    /// The server wants the object to be named in another way; nothing was executed.
    NeedsAddressing(AddressingDisposition),
    /// A reply came whose body is not taken.
    Refused(Box<SystemException>),
    /// The connection ended first.
    Lost {
        /// How much of the request had left.
        delivery: Delivery,
        /// Why it ended.
        cause: Arc<str>,
        /// The peer broke the protocol.
        violated: bool,
    },
    /// Its deadline has passed. Whoever minds deadlines by itself never sees this.
    Late,
}

/// A caller that waits for a reply.
#[derive(Debug)]
pub(super) struct Waiter {
    sender: oneshot::Sender<CallOutcome>,
    /// When the connection gives it up; never, where its caller minds the deadline.
    deadline: Option<Instant>,
}

impl Waiter {
    /// Ends the wait. A caller that has just given up does not want to know.
    pub(super) fn end(self, outcome: CallOutcome) {
        let _ = self.sender.send(outcome);
    }
}

/// What handing a call to a connection came to.
pub(crate) enum Sent {
    /// Nobody waits for an end.
    Oneway,
    /// The reply will come here.
    Waiting(Waiting),
    /// The connection ended before anything left.
    Lost { cause: Arc<str> },
}

impl Sent {
    /// How the call has ended, where nothing is to be waited for; none if nobody wants to know.
    pub(crate) fn outcome(self) -> Option<CallOutcome> {
        match self {
            Sent::Oneway | Sent::Waiting(_) => None,
            Sent::Lost { cause } => {
                Some(CallOutcome::Lost { delivery: Delivery::NotSent, cause, violated: false })
            }
        }
    }
}

impl Connection {
    /// Hands a call to the connection if there is room for it now, and gives it up at its deadline.
    pub(in crate::runtime) fn send_now(
        self: &Arc<Self>,
        outgoing: &Outgoing<'_>,
        deadline: Instant,
    ) -> Option<Result<Sent, SystemException>> {
        if !self.room.is_uncontended() {
            return None;
        }
        let head = outgoing.head();
        match outgoing.encode(&head, &self.orb) {
            Ok(encoded) => self.try_send(&head, &encoded, outgoing.request.behaviour.oneway, Some(deadline)),
            Err(exception) => Some(Err(exception)),
        }
    }

    /// The same for a call that goes alone, and not if its body is large.
    pub(in crate::runtime) fn send_small(
        self: &Arc<Self>,
        outgoing: &Outgoing<'_>,
        deadline: Instant,
    ) -> Option<Result<Sent, SystemException>> {
        let head = outgoing.head();
        match outgoing.encode(&head, &self.orb) {
            Ok(encoded) if encoded.body.is_small() => self.try_send(&head, &encoded, false, Some(deadline)),
            Ok(_) => None,
            Err(exception) => Some(Err(exception)),
        }
    }

    /// Gives up the calls whose deadline has passed.
    pub(in crate::runtime) fn give_up_late_calls(&self, now: Instant) {
        let mut state = self.lock();
        if state.due.is_none_or(|due| due > now) {
            return;
        }
        let is_late = |waiter: &Waiter| waiter.deadline.is_some_and(|deadline| deadline <= now);
        let late: Vec<(CallId, Waiter)> = state.waiting.extract_if(|_, waiter| is_late(waiter)).collect();
        state.due = state.waiting.values().filter_map(|waiter| waiter.deadline).min();
        for (id, waiter) in late {
            state.core.cancel(id);
            waiter.end(CallOutcome::Late);
        }
        self.offer_room(&state);
    }

    /// Hands a call to the connection. Waits while too many calls are in flight. Cancellation safe: a call that has not been
    /// handed over leaves no trace.
    pub(in crate::runtime) async fn send(
        self: &Arc<Self>,
        outgoing: &Outgoing<'_>,
    ) -> Result<Sent, SystemException> {
        let head = outgoing.head();
        let encoded = outgoing.encode(&head, &self.orb)?;
        let oneway = outgoing.request.behaviour.oneway;
        if self.room.is_uncontended()
            && let Some(end) = self.try_send(&head, &encoded, oneway, None)
        {
            return end;
        }
        let seat = self.room.join();
        let mut turn = seat.turn();
        self.offer_room(&self.lock());
        loop {
            turn.await;
            turn = seat.turn();
            if let Some(end) = self.try_send(&head, &encoded, oneway, None) {
                drop(turn);
                drop(seat);
                self.offer_room(&self.lock());
                return end;
            }
        }
    }

    /// Wakes the next caller in the queue if there is room for its call.
    pub(super) fn offer_room(&self, state: &State) {
        if !self.room.is_uncontended() && (state.core.has_room() || !self.is_usable()) {
            self.room.wake_one();
        }
    }

    /// Hands the call over, unless there is no room for it now.
    fn try_send(
        self: &Arc<Self>,
        head: &RequestHead,
        encoded: &Encoded,
        oneway: bool,
        deadline: Option<Instant>,
    ) -> Option<Result<Sent, SystemException>> {
        let mut state = self.lock();
        let lost = |cause: String| Some(Ok(Sent::Lost { cause: cause.into() }));
        if !self.is_usable() {
            return lost("the connection is closing".to_owned());
        }
        let id = match state.core.request(head, &encoded.addressing, encoded.body.payload()) {
            Ok(id) => id,
            Err(Refused::Full) => return None,
            Err(Refused::Unusable(cause)) => return lost(cause),
            Err(Refused::Impossible(exception)) => return Some(Err(*exception)),
        };
        state.uses += 1;
        let mut is_first_due = false;
        let sent = if oneway {
            state.order.told(id);
            Sent::Oneway
        } else {
            let (sender, receiver) = oneshot::channel();
            state.waiting.insert(id, Waiter { sender, deadline });
            if let Some(deadline) = deadline.filter(|deadline| state.due.is_none_or(|due| *deadline < due)) {
                state.due = Some(deadline);
                is_first_due = true;
            }
            Sent::Waiting(Waiting { receiver, connection: self.clone(), id, ended: false })
        };
        // A single call is written at once. When there are more, others are about to be made too: the driver runs after
        // them and writes all together.
        let writes_now = match oneway {
            true => {
                !std::mem::replace(&mut state.gathers, true) || state.waiting_output() > GATHERED_BYTES_MAX
            }
            false => state.core.calls_outbound() <= 1,
        };
        if writes_now {
            self.flush_locked(&mut state);
        }
        if oneway || !writes_now || is_first_due {
            self.bell.ring();
        }
        Some(Ok(sent))
    }

    /// Hands the reply to a call of the peer to the connection. `gather`: the driver flushes when its batch is done.
    pub(in crate::runtime) fn send_reply(&self, id: CallId, head: &ReplyHead, body: Bytes, gather: bool) {
        let mut state = self.lock();
        if !state.running.is_empty() {
            state.running.remove(&id);
        }
        if let Err(refused) = state.core.reply(id, head, body) {
            tracing::debug!(peer = %self.peer, %refused, "a reply finds nobody");
        }
        if gather {
            return;
        }
        if state.core.calls_inbound() <= 1 {
            self.flush_locked(&mut state);
        } else {
            self.bell.ring();
        }
        self.wake_if_held(&state);
    }

    /// The driver looks again whether it may read, or whether the connection is over.
    fn wake_if_held(&self, state: &State) {
        if state.held || state.core.is_closed() {
            self.bell.ring();
        }
    }

    /// Notes a call of the peer that goes on in a task.
    pub(in crate::runtime) fn call_runs(&self, id: CallId, context: Context) {
        self.lock().running.insert(id, context);
    }

    /// Forgets a call that ended without a reply. `gather`: the driver is at work, and looks again by itself.
    pub(in crate::runtime) fn call_dropped(&self, id: CallId, gather: bool) {
        let mut state = self.lock();
        if !state.running.is_empty() {
            state.running.remove(&id);
        }
        state.core.abandon(id);
        if !gather {
            self.bell.ring();
        }
    }

    /// Gives up waiting for a reply.
    fn cancel(&self, id: CallId) {
        let mut state = self.lock();
        if state.waiting.remove(&id).is_some() {
            state.core.cancel(id);
            self.bell.ring();
            self.offer_room(&state);
        }
    }

    /// A reply came.
    pub(in crate::runtime) fn complete(&self, id: CallId, outcome: CallOutcome) {
        let waiter = {
            let mut state = self.lock();
            self.offer_room(&state);
            state.order.answered(id);
            state.waiting.remove(&id)
        };
        if let Some(waiter) = waiter {
            waiter.end(outcome);
        }
    }

    /// The peer's caller gave up.
    pub(in crate::runtime) fn cancelled(&self, id: CallId) {
        let context = self.lock().running.get(&id).cloned();
        if let Some(context) = context {
            context.0.cancel();
        }
    }
}

/// Octets of calls without an answer that are gathered before they are written.
const GATHERED_BYTES_MAX: u64 = 16 * 1024;

impl Waiting {
    /// What the call has come to, if it has ended. It is asked no more then.
    pub(in crate::runtime) fn take(&mut self) -> Option<CallOutcome> {
        match self.receiver.try_recv() {
            Ok(outcome) => {
                self.ended = true;
                Some(outcome)
            }
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => {
                self.ended = true;
                Some(CallOutcome::dropped())
            }
        }
    }
}

impl CallOutcome {
    /// Nobody is left who could tell.
    fn dropped() -> CallOutcome {
        CallOutcome::Lost {
            delivery: Delivery::Sent,
            cause: "the connection's driver was stopped".into(),
            violated: false,
        }
    }
}

/// Waits for the reply to a call. Dropping it cancels the call.
pub(crate) struct Waiting {
    receiver: oneshot::Receiver<CallOutcome>,
    connection: Arc<Connection>,
    id: CallId,
    ended: bool,
}

impl Future for Waiting {
    type Output = CallOutcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<CallOutcome> {
        let polled = Pin::new(&mut self.receiver).poll(cx);
        polled.map(|received| {
            self.ended = true;
            received.unwrap_or_else(|_| CallOutcome::dropped())
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.cancel(self.id);
        }
    }
}

//! A connection: a protocol core, a transport, and the calls on it.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context as TaskContext, Poll};

use bytes::{Buf, Bytes, BytesMut};
use quorb_giop::message::AddressingDisposition;
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;

use super::Orb;
use super::driver;
use super::endpoint::{Endpoint, WireChoice};
use super::outgoing::{Encoded, Outgoing};
use super::pool::PoolKey;
use super::shutdown::Entry;
use super::stream::{Stream, WriteEnd};
use super::wire::{Core, CoreEvent, Refused};
use crate::adapter::{Context, Peer, Protocol};
use crate::exception::SystemException;
use crate::proto::head::{CallId, Delivery, ReplyHead, Time};
use crate::proto::native::{CloseCode, OutBuffer};
use crate::value::{Body, Encoding};

/// A connection to a peer, in either direction.
///
/// Its state is behind one lock, which is held for the time of encoding a head or of one write to the socket that does not
/// wait; never across a wait. Callers append their request and, when theirs is the only call, write it themselves; when
/// there are more, the driver gathers them into one write.
pub(crate) struct Connection {
    pub(super) orb: Orb,
    pub(super) number: u64,
    pub(super) peer: Peer,
    /// What an outgoing connection is shared for; none for accepted ones.
    pub(super) key: Option<PoolKey>,
    pub(super) write: WriteEnd,
    /// Wakes the driver: output waits, or the connection is to close.
    pub(super) wake: Notify,
    /// A slot for another call may have become free.
    slot_freed: Notify,
    /// No new calls: it is closed, closing or draining.
    unusable: AtomicBool,
    peer_incarnation: OnceLock<u64>,
    driver: OnceLock<AbortHandle>,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) core: Core,
    /// What the transport has not taken yet.
    out: OutBuffer,
    /// The transport takes nothing now: the driver waits until it does.
    blocked: bool,
    /// Callers that wait for a reply.
    waiting: HashMap<CallId, oneshot::Sender<CallOutcome>>,
    /// Calls of the peer that go on in tasks, for their cancellation.
    running: HashMap<CallId, Context>,
    write_error: Option<io::Error>,
}

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
    },
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

/// What the driver should wait for.
pub(super) struct Posture {
    pub(super) blocked: bool,
    /// Reading pauses: the peer does not take what it is sent, or has too many calls under way.
    pub(super) paused: bool,
    /// Input that was left while reading paused can be taken now.
    pub(super) ready: bool,
    /// Everything is said and written.
    pub(super) finished: bool,
    pub(super) timeout: Option<Time>,
    pub(super) idle: bool,
}

impl Connection {
    /// Takes over a stream that this side opened.
    pub(super) fn client(orb: &Orb, stream: Stream, key: PoolKey) -> Arc<Connection> {
        let core = Core::client(orb, key.wire);
        let protocol = match key.wire {
            WireChoice::Native => Protocol::Native,
            WireChoice::Iiop { .. } => Protocol::Iiop,
        };
        let entry = orb.shared.lifecycle.enter();
        Connection::start(orb, stream, protocol, core, Some(key), BytesMut::new(), entry)
    }

    /// Takes over a stream that was accepted, with the octets that have arrived already.
    pub(super) fn server(orb: &Orb, stream: Stream, protocol: Protocol, input: BytesMut, entry: Entry) {
        let core = Core::server(orb, protocol);
        Connection::start(orb, stream, protocol, core, None, input, entry);
    }

    fn start(
        orb: &Orb,
        stream: Stream,
        protocol: Protocol,
        core: Core,
        key: Option<PoolKey>,
        input: BytesMut,
        entry: Entry,
    ) -> Arc<Connection> {
        let state = State {
            core,
            out: OutBuffer::new(),
            blocked: false,
            waiting: HashMap::new(),
            running: HashMap::new(),
            write_error: None,
        };
        let lifecycle = &orb.shared.lifecycle;
        let connection = Arc::new(Connection {
            orb: orb.clone(),
            number: lifecycle.number(),
            peer: Peer { protocol, address: stream.peer.into() },
            key,
            write: stream.write,
            wake: Notify::new(),
            slot_freed: Notify::new(),
            unusable: AtomicBool::new(false),
            peer_incarnation: OnceLock::new(),
            driver: OnceLock::new(),
            state: Mutex::new(state),
        });
        lifecycle.register(connection.number, connection.clone());
        let driver = orb.shared.runtime.spawn(driver::drive(connection.clone(), stream.read, input, entry));
        // Nobody else sets it.
        let _ = connection.driver.set(driver.abort_handle());
        connection
    }

    /// Whether new calls may be made on it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.unusable.load(Ordering::Acquire)
    }

    pub(super) fn make_unusable(&self) {
        self.unusable.store(true, Ordering::Release);
    }

    /// Whether calls through `endpoint` may go over it.
    pub(super) fn serves(&self, endpoint: &Endpoint) -> bool {
        self.key.as_ref().is_some_and(|key| key.wire == endpoint.wire && key.address == endpoint.address)
    }

    /// The peer's life, once it has said it.
    pub(crate) fn peer_incarnation(&self) -> Option<u64> {
        self.peer_incarnation.get().copied()
    }

    pub(super) fn learn_peer(&self, incarnation: u64) {
        // A peer says it once.
        let _ = self.peer_incarnation.set(incarnation);
    }

    /// Hands a call to the connection. Waits while too many calls are in flight. Cancellation safe: a call that has not been
    /// handed over leaves no trace.
    pub(super) async fn send(self: &Arc<Self>, outgoing: &Outgoing<'_>) -> Result<Sent, SystemException> {
        let encoded = outgoing.encode()?;
        let oneway = outgoing.request.behaviour.oneway;
        loop {
            let freed = self.slot_freed.notified();
            match self.try_send(&encoded, oneway) {
                Ok(sent) => return Ok(sent),
                Err(Refused::Full) => freed.await,
                Err(Refused::Unusable(cause)) => return Ok(Sent::Lost { cause: cause.into() }),
                Err(Refused::Impossible(exception)) => return Err(*exception),
            }
        }
    }

    fn try_send(self: &Arc<Self>, encoded: &Encoded, oneway: bool) -> Result<Sent, Refused> {
        let mut state = self.lock();
        if !self.is_usable() {
            return Err(Refused::Unusable("the connection is closing".to_owned()));
        }
        let id = state.core.request(&encoded.head, &encoded.addressing, encoded.body.clone())?;
        let sent = if oneway {
            Sent::Oneway
        } else {
            let (sender, receiver) = oneshot::channel();
            state.waiting.insert(id, sender);
            Sent::Waiting(Waiting { receiver, connection: self.clone(), id, ended: false })
        };
        // A single call is written at once. When there are more, others are about to be made too: the driver runs after
        // them and writes all together.
        if state.core.calls_outbound() <= 1 {
            self.flush_locked(&mut state);
        } else {
            self.wake.notify_one();
        }
        Ok(sent)
    }

    /// Hands the reply to a call of the peer to the connection. `gather`: the driver flushes when its batch is done.
    pub(super) fn send_reply(&self, id: CallId, head: &ReplyHead, body: Bytes, gather: bool) {
        let mut state = self.lock();
        state.running.remove(&id);
        if let Err(refused) = state.core.reply(id, head, body) {
            tracing::debug!(peer = %self.peer, %refused, "a reply finds nobody");
        }
        if gather {
            return;
        }
        if state.core.calls_inbound() <= 1 {
            self.flush_locked(&mut state);
        } else {
            self.wake.notify_one();
        }
        self.wake_if_ready(&state);
    }

    /// The driver has left input, and need not any more.
    fn wake_if_ready(&self, state: &State) {
        if state.core.is_ready() {
            self.wake.notify_one();
        }
    }

    /// Notes a call of the peer that goes on in a task.
    pub(super) fn call_runs(&self, id: CallId, context: Context) {
        self.lock().running.insert(id, context);
    }

    /// Forgets a call that has no reply: it was oneway, or its caller gave up.
    pub(super) fn call_dropped(&self, id: CallId) {
        let mut state = self.lock();
        state.running.remove(&id);
        state.core.abandon(id);
        self.wake_if_ready(&state);
    }

    /// Gives up waiting for a reply.
    fn cancel(&self, id: CallId) {
        let mut state = self.lock();
        if state.waiting.remove(&id).is_some() {
            state.core.cancel(id);
            self.wake.notify_one();
            self.slot_freed.notify_waiters();
        }
    }

    /// Asks the peer to finish: no further calls in either direction.
    pub(super) fn begin_drain(&self) {
        let mut state = self.lock();
        state.core.drain();
        self.flush_locked(&mut state);
        self.wake.notify_one();
    }

    /// Ends the connection in order: what is queued is written, then it closes.
    pub(super) fn close(&self) {
        self.make_unusable();
        let mut state = self.lock();
        state.core.close(CloseCode::SHUTDOWN, "the server goes out of service");
        self.flush_locked(&mut state);
        self.wake.notify_one();
    }

    /// Stops the driver where it stands. Whoever waits for a reply learns that it will not come.
    pub(super) fn cut(&self) {
        if let Some(driver) = self.driver.get() {
            driver.abort();
        }
        self.end("the broker has been shut down");
    }

    /// Writes what the transport takes now.
    pub(super) fn flush(&self) {
        let mut state = self.lock();
        self.flush_locked(&mut state);
    }

    fn flush_locked(&self, state: &mut State) {
        while !state.blocked && state.write_error.is_none() {
            if state.out.is_empty() {
                state.core.transmit(&mut state.out);
                if state.out.is_empty() {
                    return;
                }
                // The core has room again for callers that found it full.
                self.slot_freed.notify_waiters();
            }
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = state.out.chunks_vectored(&mut slices);
            match self.write.try_write(&slices[..count]) {
                Ok(written) => state.out.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.blocked = true;
                    self.wake.notify_one();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    state.write_error = Some(error);
                    self.wake.notify_one();
                }
            }
        }
    }

    /// The transport takes octets again.
    pub(super) fn unblock(&self) {
        self.lock().blocked = false;
        self.slot_freed.notify_waiters();
    }

    pub(super) fn posture(&self) -> Result<Posture, io::Error> {
        let mut state = self.lock();
        if let Some(error) = state.write_error.take() {
            return Err(error);
        }
        let limits = self.orb.limits();
        let waiting_output = state.out.len() as u64 + state.core.output_bytes();
        Ok(Posture {
            blocked: state.blocked,
            paused: state.blocked && waiting_output > limits.output_bytes_max as u64
                || state.core.is_congested(),
            ready: state.core.is_ready(),
            finished: state.core.is_closed() && state.out.is_empty() && !state.core.has_output(),
            timeout: state.core.next_timeout(),
            idle: state.core.calls_outbound() == 0 && state.core.calls_inbound() == 0,
        })
    }

    /// Feeds the core; the next event, if the input holds a whole one.
    pub(super) fn receive(&self, input: &mut BytesMut) -> Result<Option<CoreEvent>, super::wire::Violation> {
        self.lock().core.receive(input, self.now())
    }

    pub(super) fn handle_timeout(&self) -> Option<CoreEvent> {
        self.lock().core.handle_timeout(self.now())
    }

    /// A reply came.
    pub(super) fn complete(&self, id: CallId, outcome: CallOutcome) {
        let waiter = self.lock().waiting.remove(&id);
        if let Some(waiter) = waiter {
            // A caller that has just given up does not want it.
            let _ = waiter.send(outcome);
        }
        self.slot_freed.notify_waiters();
    }

    /// The peer's caller gave up.
    pub(super) fn cancelled(&self, id: CallId) {
        let context = self.lock().running.get(&id).cloned();
        if let Some(context) = context {
            context.0.cancel();
        }
    }

    /// The connection is over: whoever waits learns it, and what runs for the peer is cancelled.
    pub(super) fn end(&self, cause: &str) {
        self.make_unusable();
        let (waiting, running, lost) = {
            let mut state = self.lock();
            let unwritten = state.out.len();
            let lost: HashMap<CallId, Delivery> = state.core.on_eof(unwritten).into_iter().collect();
            (std::mem::take(&mut state.waiting), std::mem::take(&mut state.running), lost)
        };
        let cause: Arc<str> = cause.into();
        for (id, waiter) in waiting {
            let delivery = lost.get(&id).copied().unwrap_or(Delivery::Sent);
            let _ = waiter.send(CallOutcome::Lost { delivery, cause: cause.clone() });
        }
        for context in running.into_values() {
            context.0.cancel();
        }
        self.slot_freed.notify_waiters();
        if let Some(key) = &self.key {
            self.orb.shared.pool.forget(key, self.number);
        }
        self.orb.shared.lifecycle.deregister(self.number);
        self.write.shutdown();
    }

    /// How many more octets the message needs that `input` begins with.
    pub(super) fn wanted_bytes(&self, input: &[u8]) -> usize {
        self.lock().core.wanted_bytes(input)
    }

    /// How answers are written that belong to no readable request.
    pub(super) fn answer_encoding(&self) -> Encoding {
        self.lock().core.answer_encoding()
    }

    pub(super) fn now(&self) -> Time {
        self.orb.shared.clock.now()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pieces of output that are given to one write.
const SLICES_MAX: usize = 16;

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("number", &self.number)
            .field("peer", &self.peer)
            .field("usable", &self.is_usable())
            .finish_non_exhaustive()
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
            received.unwrap_or_else(|_| CallOutcome::Lost {
                delivery: Delivery::Sent,
                cause: "the connection's driver was stopped".into(),
            })
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

//! A connection: a protocol core, a transport, and the calls on it.

mod back;
mod beside;
mod calls;
mod io;
mod order;

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use bytes::BytesMut;
use quorb_giop::cdr::Endian;
use socket2::Socket;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use self::back::Back;
use self::beside::Beside;
use self::calls::Waiter;
pub(crate) use self::calls::{CallOutcome, Sent, Waiting};
pub(super) use self::io::{Heard, Posture};
use self::order::Order;
use super::Orb;
use super::bell::Bell;
use super::budget::Holding;
use super::driver;
use super::endpoint::WireChoice;
use super::pool::PoolKey;
use super::room::Room;
use super::shutdown::Entry;
use super::stream::{Stream, WriteEnd};
use super::wire::Core;
use crate::adapter::{Context, Peer, Protocol};
use crate::proto::head::{CallId, Delivery};
use crate::proto::native::{CloseCode, OutBuffer};

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
    pub(super) bell: Bell,
    /// Callers that wait until another call is taken.
    room: Room,
    /// No new calls: it is closed, closing or draining.
    unusable: AtomicBool,
    peer_incarnation: OnceLock<u64>,
    /// When something of the peer was heard last, as a [`Time`](crate::proto::head::Time).
    heard_at: AtomicU64,
    back: Back,
    driver: OnceLock<AbortHandle>,
    /// What it counts for in the budget of the broker.
    pub(super) holding: Holding,
    state: Mutex<State>,
}

struct State {
    core: Core,
    /// What the transport has not taken yet.
    out: OutBuffer,
    /// The transport takes nothing now: the driver waits until it does.
    blocked: bool,
    /// The peer calls here: its replies must not pile up. A connection for calls to a peer is always read: the peer may wait
    /// for that with its own reading.
    serves: bool,
    /// The driver does not read: it must be woken when the reason has gone.
    held: bool,
    /// Calls without an answer have been written since the driver's last turn: it will write those that come until then.
    gathers: bool,
    /// Calls in either direction since the beginning.
    uses: u64,
    /// Callers that wait for a reply.
    waiting: HashMap<CallId, Waiter, BuildHasherDefault<OwnIdHasher>>,
    /// No deadline of theirs is earlier; where it has passed, it may have been that of a call that is over.
    due: Option<Instant>,
    /// Calls of the peer that go on in tasks, for their cancellation.
    running: HashMap<CallId, Context>,
    /// What calls beside this connection must not overtake.
    order: Order,
    /// The connection beside this one that callers drive by themselves.
    beside: Beside,
    write_error: Option<std::io::Error>,
}

/// Hashes the ids of this side's own calls. They are consecutive numbers that no peer chooses: one multiplication spreads
/// them, and nobody can make them collide.
#[derive(Debug, Default)]
struct OwnIdHasher(u64);

impl Hasher for OwnIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        octets.iter().for_each(|octet| self.write_u64((*octet).into()));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
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

    /// Takes over a socket that this side has opened beside another connection to the same peer. Its callers drive it.
    pub(super) fn beside(orb: &Orb, socket: Arc<Socket>, peer: Peer, key: PoolKey) -> Arc<Connection> {
        let core = Core::uncalled_client(orb, key.wire);
        let connection = Connection::assemble(orb, WriteEnd::Direct(socket), peer, core, Some(key));
        orb.shared.lifecycle.register(connection.number, connection.clone());
        connection.ends_with_its_broker();
        connection
    }

    /// Takes over a stream that was accepted, with the octets that have arrived already.
    pub(super) fn server(orb: &Orb, stream: Stream, protocol: Protocol, input: BytesMut, entry: Entry) {
        let core = Core::server(orb, protocol);
        let Some(seat) = orb.shared.seats.take(orb.limits().connection_threads_max) else {
            Connection::start(orb, stream, protocol, core, None, input, entry);
            return;
        };
        let peer = Peer { protocol, address: stream.peer.as_str().into() };
        let socket = match stream.into_socket() {
            Ok(Ok(socket)) => Arc::new(socket),
            Ok(Err(cause)) => {
                tracing::debug!(%peer, %cause, "a connection was gone before it was served");
                return;
            }
            Err(stream) => {
                Connection::start(orb, stream, protocol, core, None, input, entry);
                return;
            }
        };
        let connection = Connection::assemble(orb, WriteEnd::Direct(socket.clone()), peer, core, None);
        orb.shared.lifecycle.register(connection.number, connection.clone());
        driver::drive_by_thread(connection.clone(), socket, input, entry, seat);
        connection.ends_with_its_broker();
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
        let peer = Peer { protocol, address: stream.peer.into() };
        let connection = Connection::assemble(orb, stream.write, peer, core, key);
        let lifecycle = &orb.shared.lifecycle;
        lifecycle.register(connection.number, connection.clone());
        let driver = orb.shared.runtime.spawn(driver::drive(connection.clone(), stream.read, input, entry));
        connection.is_driven_by(driver.abort_handle());
        connection.ends_with_its_broker();
        connection
    }

    /// Who is stopped when the connection is cut.
    pub(super) fn is_driven_by(&self, driver: AbortHandle) {
        // Nobody else sets it.
        let _ = self.driver.set(driver);
    }

    /// A shutdown that did not see it any more leaves it to whoever has registered it.
    fn ends_with_its_broker(&self) {
        if self.orb.shared.lifecycle.is_stopped() {
            self.cut("the broker has been shut down");
        }
    }

    fn assemble(orb: &Orb, write: WriteEnd, peer: Peer, core: Core, key: Option<PoolKey>) -> Arc<Connection> {
        let state = State {
            core,
            out: OutBuffer::new(),
            blocked: false,
            serves: key.is_none(),
            held: false,
            gathers: false,
            uses: 0,
            waiting: HashMap::default(),
            due: None,
            running: HashMap::new(),
            order: Order::default(),
            beside: Beside::default(),
            write_error: None,
        };
        Arc::new(Connection {
            orb: orb.clone(),
            number: orb.shared.lifecycle.number(),
            peer,
            key,
            write,
            bell: Bell::default(),
            room: Room::default(),
            unusable: AtomicBool::new(false),
            peer_incarnation: OnceLock::new(),
            heard_at: AtomicU64::new(orb.shared.clock.now().0),
            back: Back::default(),
            driver: OnceLock::new(),
            holding: Holding::of(&orb.shared.budget),
            state: Mutex::new(state),
        })
    }

    /// Whether the caller's runtime is that of the driver: then the driver gets on whenever the caller does, and its clock is
    /// as good as one of the caller's own.
    pub(crate) fn is_driven_here(&self) -> bool {
        Handle::try_current().is_ok_and(|here| here.id() == self.orb.shared.runtime.id())
    }

    /// Whether it has a driver, which reads what comes at any time: a shortcut has none.
    fn is_driven(&self) -> bool {
        self.key.is_none() || !matches!(self.write, WriteEnd::Direct(_))
    }

    /// Whether new calls may be made on it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.unusable.load(Ordering::Acquire)
    }

    pub(super) fn make_unusable(&self) {
        self.unusable.store(true, Ordering::Release);
        self.room.wake_all();
    }

    /// Whether the messages on all connections take too much memory, and this one more than its share.
    pub(super) fn holds_too_much(&self) -> bool {
        let shared = &self.orb.shared;
        shared.budget.is_exceeded()
            && self.holding.all() > shared.budget.share(shared.lifecycle.connections())
    }

    /// The byte order of the CDR that this side writes here.
    pub(super) fn byte_order(&self) -> Endian {
        match self.peer.protocol {
            Protocol::Iiop => self.orb.giop_byte_order(),
            _ => Endian::NATIVE,
        }
    }

    /// The peer's life, once it has said it.
    pub(crate) fn peer_incarnation(&self) -> Option<u64> {
        self.peer_incarnation.get().copied()
    }

    pub(super) fn learn_peer(&self, incarnation: u64) {
        // A peer says it once.
        let _ = self.peer_incarnation.set(incarnation);
        // It has said its limits, too: they may allow more calls than the least.
        self.offer_room(&self.lock());
    }

    /// Takes no further calls of the peer. Calls to a peer go on: calls under way here may still need them.
    pub(super) fn begin_drain(&self) {
        if self.key.is_some() {
            return;
        }
        let mut state = self.lock();
        state.core.drain();
        self.flush_locked(&mut state);
        self.bell.ring();
    }

    /// Whether a shutdown has nothing to wait for here: no call is under way, and every reply has been taken.
    pub(super) fn has_settled(&self) -> bool {
        let state = self.lock();
        state.waiting.is_empty() && state.core.calls_inbound() == 0 && !state.has_output()
    }

    /// Calls of this side that wait for their replies.
    pub(super) fn calls_made(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Ends the connection in order: what is queued is written, then it closes.
    pub(super) fn close(&self, reason: &str) {
        self.make_unusable();
        let mut state = self.lock();
        state.core.close(CloseCode::SHUTDOWN, reason);
        self.flush_locked(&mut state);
        self.bell.ring();
    }

    /// Ends the connection in order if nobody has used it since `uses` calls. A call that comes in this moment goes another
    /// way: it finds the connection unusable before anything of it has left.
    pub(super) fn close_if_idle(&self, uses: u64) -> bool {
        let mut state = self.lock();
        if !state.is_idle() || state.uses != uses {
            return false;
        }
        self.unusable.store(true, Ordering::Release);
        state.core.close(CloseCode::SHUTDOWN, "the connection was idle");
        true
    }

    /// Stops the driver where it stands. Whoever waits for a reply learns that it will not come.
    pub(super) fn cut(&self, cause: &str) {
        if let Some(driver) = self.driver.get() {
            driver.abort();
        }
        self.end(cause, false);
        self.orb.shared.lifecycle.deregister(self.number);
    }

    /// The connection is over: whoever waits learns it, and what runs for the peer is cancelled. `violated`: the peer broke
    /// the protocol.
    pub(super) fn end(&self, cause: &str, violated: bool) {
        self.make_unusable();
        // What stands beside it goes with it: its state is locked no more when that happens.
        let (waiting, running, lost, _beside) = {
            let mut state = self.lock();
            let unwritten = state.out.len();
            let lost: HashMap<CallId, Delivery> = state.core.on_eof(unwritten).into_iter().collect();
            // Nobody takes it any more; a proxy may keep the connection for a long time.
            state.out = OutBuffer::new();
            self.holding.note_buffers(0);
            state.core.transmit(&mut OutBuffer::new());
            let (waiting, running) = (std::mem::take(&mut state.waiting), std::mem::take(&mut state.running));
            (waiting, running, lost, std::mem::replace(&mut state.beside, Beside::Never))
        };
        let cause: Arc<str> = cause.into();
        for (id, waiter) in waiting {
            let delivery = lost.get(&id).copied().unwrap_or(Delivery::Sent);
            waiter.end(CallOutcome::Lost { delivery, cause: cause.clone(), violated });
        }
        for context in running.into_values() {
            context.0.cancel();
        }
        self.room.wake_all();
        if let Some(key) = &self.key {
            self.orb.shared.pool.forget(key, self.number);
        }
        self.forget_calls_back();
        self.write.shutdown();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("number", &self.number)
            .field("peer", &self.peer)
            .field("usable", &self.is_usable())
            .finish_non_exhaustive()
    }
}

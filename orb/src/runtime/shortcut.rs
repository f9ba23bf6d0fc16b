//! A shortcut: a connection that its callers drive by themselves.
//!
//! A call over an ordinary connection takes turns with the connection's driver: its caller writes, and sleeps; the driver
//! waits for the socket, reads, and wakes the caller. A thread that does nothing but wait for its reply can do without: it
//! writes, and reads until the reply is there. That is two entries into the kernel instead of three and a change of threads.
//!
//! So a thread that makes one blocking call after the other gets a second connection to the peer. It has a socket that
//! blocks, which no runtime knows, and is used by one call at a time; whoever comes meanwhile takes the ordinary connection.
//! That one stays the measure of all things: its driver hears when the peer goes away, and gives the shortcut up when it was
//! idle for a moment. Nobody is called back over a shortcut.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use super::clock::Turn;
use super::connection::{CallOutcome, Connection, Sent, Waiting};
use super::crowd::Crowd;
use super::driver::{End, Processed, act, process};
use super::input::Input;
use super::outgoing::Outgoing;
use super::shutdown::Entry;
use crate::exception::SystemException;
use crate::proto::head::Time;

/// A connection that its callers drive by themselves, one at a time. Dropping it closes it in order.
#[derive(Debug)]
pub(super) struct Shortcut {
    connection: Arc<Connection>,
    /// An answer has come over it.
    has_answered: AtomicBool,
    /// Held by the caller whose call is under way; nobody waits for it.
    driven: Mutex<Driven>,
    _entry: Entry,
}

/// What its driver has in its hands.
#[derive(Debug)]
struct Driven {
    socket: Arc<Socket>,
    buffer: Box<[u8]>,
    input: Input,
    crowd: Crowd,
    /// How long the socket waits for octets.
    wait: Duration,
    /// A reply has filled the buffer.
    was_full: bool,
}

/// What is read at once. Larger replies are better off on an ordinary connection, which reads them to their place.
const READ_BYTES: usize = 16 * 1024;

/// The time that opening one may take.
const CONNECT_TIME_MAX: Duration = Duration::from_millis(250);

/// The longest that a driver reads without a look at the clock.
const READ_WAIT_MAX: Duration = Duration::from_millis(250);

/// The shortest such wait: the kernel takes none for an endless one.
const READ_WAIT_MIN: Duration = Duration::from_millis(1);

impl Shortcut {
    /// Opens one to where another connection leads. Blocks its thread for up to [`CONNECT_TIME_MAX`].
    pub(super) fn open(beside: &Connection) -> io::Result<Shortcut> {
        let Some(key) = beside.key.clone() else { return Err(io::ErrorKind::Unsupported.into()) };
        let orb = &beside.orb;
        let socket = Arc::new(dial(&beside.peer.address)?);
        socket.set_read_timeout(Some(READ_WAIT_MAX))?;
        let entry = orb.shared.lifecycle.enter();
        let driven = Driven {
            socket: socket.clone(),
            buffer: vec![0; READ_BYTES].into(),
            input: Input::default(),
            crowd: Crowd::default(),
            wait: READ_WAIT_MAX,
            was_full: false,
        };
        Ok(Shortcut {
            connection: Connection::beside(orb, socket, beside.peer.clone(), key),
            has_answered: AtomicBool::new(false),
            driven: Mutex::new(driven),
            _entry: entry,
        })
    }

    pub(super) fn is_usable(&self) -> bool {
        self.connection.is_usable()
    }

    /// Whether the peer has answered over it, in the life that is known of it.
    pub(super) fn is_proven(&self, life: Option<u64>) -> bool {
        self.has_answered.load(Ordering::Relaxed) && self.connection.peer_incarnation() == life
    }

    /// When the peer was last heard over it.
    pub(super) fn used_at(&self) -> Time {
        self.connection.heard_at()
    }

    /// Makes a call and waits for its end. None if another one is under way, or if the call is better off elsewhere; then
    /// nothing of it has left.
    pub(super) fn call(
        &self,
        outgoing: &Outgoing<'_>,
        time_limit: Duration,
        deadline: Instant,
    ) -> Option<Result<CallOutcome, SystemException>> {
        let mut driven = self.driven.try_lock().ok().filter(|_| self.is_usable())?;
        let outcome = match self.connection.send_small(outgoing, deadline) {
            Some(Ok(Sent::Waiting(waiting))) => {
                driven.wait_for(&self.connection, waiting, time_limit, deadline)
            }
            Some(Ok(sent)) => sent.outcome()?,
            Some(Err(exception)) => return Some(Err(exception)),
            None => {
                self.connection.make_unusable();
                return None;
            }
        };
        if matches!(outcome, CallOutcome::Reply(..)) {
            self.has_answered.store(true, Ordering::Relaxed);
        }
        if driven.was_full {
            self.connection.make_unusable();
        }
        drop(driven);
        self.connection.orb.shared.lifecycle.look_again();
        Some(Ok(outcome))
    }
}

impl Drop for Shortcut {
    fn drop(&mut self) {
        self.connection.close("the calls that needed it are over");
        self.connection.end("the shortcut was given up", false);
        self.connection.orb.shared.lifecycle.deregister(self.connection.number);
    }
}

/// Connects to an address as connections name it.
fn dial(address: &str) -> io::Result<Socket> {
    if let Some(path) = address.strip_prefix("unix:") {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.connect(&SockAddr::unix(path)?)?;
        return Ok(socket);
    }
    let Ok(address) = address.parse::<SocketAddr>() else { return Err(io::ErrorKind::Unsupported.into()) };
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.connect_timeout(&address.into(), CONNECT_TIME_MAX)?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket)
}

impl Driven {
    /// Reads until the call has ended: by its reply, by its deadline, or with the connection.
    fn wait_for(
        &mut self,
        connection: &Arc<Connection>,
        mut waiting: Waiting,
        time_limit: Duration,
        deadline: Instant,
    ) -> CallOutcome {
        let mut ended = self.set_wait(time_limit);
        loop {
            let heard = ended.and_then(|()| self.hear(connection, deadline));
            if let Some(outcome) = waiting.take() {
                return outcome;
            }
            // What the peer wants to know meanwhile is answered.
            ended = heard.and_then(|()| self.answer(connection));
            if let Err(end) = &ended {
                connection.flush();
                end.conclude(connection);
                ended = Ok(());
            }
        }
    }

    /// Waits for octets, and deals with what is whole.
    fn hear(&mut self, connection: &Arc<Connection>, deadline: Instant) -> Result<(), End> {
        match (&*self.socket).read(&mut self.buffer) {
            Ok(0) if connection.is_mid_message(&self.input.octets) => Err(End::Truncated),
            Ok(0) => Err(End::Eof),
            Ok(count) => {
                self.was_full |= count == self.buffer.len();
                self.input.append(&self.buffer[..count]);
                let dealt = self.deal_with_input(connection);
                self.input.rest();
                dealt
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => Ok(()),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    self.look_at_the_clock(connection, deadline)
                }
                _ => Err(End::Broken(error)),
            },
        }
    }

    fn deal_with_input(&mut self, connection: &Arc<Connection>) -> Result<(), End> {
        loop {
            let mut turn = Turn::begin();
            let processed = process(connection, &mut self.input.octets, &mut turn, &mut self.crowd);
            match processed.map_err(End::Violated)? {
                Processed::All => return Ok(()),
                Processed::Some => {}
                Processed::Ended(end) => return Err(end),
            }
        }
    }

    fn look_at_the_clock(&mut self, connection: &Arc<Connection>, deadline: Instant) -> Result<(), End> {
        let now = Instant::now();
        connection.give_up_late_calls(now);
        if let Some(end) = connection.handle_timeout().and_then(|event| act(connection, event)) {
            return Err(end);
        }
        connection.unblock();
        self.answer(connection)?;
        self.set_wait(deadline.saturating_duration_since(now))
    }

    /// Writes what there is to be written.
    fn answer(&self, connection: &Connection) -> Result<(), End> {
        match connection.rest(&self.input.octets) {
            Ok(posture) if posture.finished => Err(End::Finished),
            Ok(_) => Ok(()),
            Err(error) => Err(End::Broken(error)),
        }
    }

    /// Lets reading wait no longer than what is left of a call.
    fn set_wait(&mut self, left: Duration) -> Result<(), End> {
        let wait = left.clamp(READ_WAIT_MIN, READ_WAIT_MAX);
        if wait != self.wait {
            self.socket.set_read_timeout(Some(wait)).map_err(End::Broken)?;
            self.wait = wait;
        }
        Ok(())
    }
}

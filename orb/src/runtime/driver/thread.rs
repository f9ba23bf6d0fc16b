//! A driver that is a thread: it waits for its peer in the read itself.
//!
//! A task enters the kernel three times for a lone call: to wait, to read, to write. A thread that has nothing but its one
//! connection reads and writes, as its caller does. Everything else is as with a task: the turns, the limits, the pauses.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use socket2::Socket;

use super::{Driver, End, FAR_AWAY, FAREWELL_MAX, UnexpectedEnd};
use crate::runtime::connection::{Connection, Posture};
use crate::runtime::input::Input;
use crate::runtime::shutdown::Entry;

/// The threads that a broker has for connections.
#[derive(Debug, Default, Clone)]
pub(in crate::runtime) struct Seats(Arc<AtomicUsize>);

/// One of them. Dropping it gives it back.
#[derive(Debug)]
pub(in crate::runtime) struct Seat(Arc<AtomicUsize>);

impl Seats {
    /// Another one, unless there are so many.
    pub(in crate::runtime) fn take(&self, seats_max: usize) -> Option<Seat> {
        let another = |taken: usize| (taken < seats_max).then_some(taken + 1);
        let taken = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, another);
        taken.is_ok().then(|| Seat(self.0.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is read at once.
const READ_BYTES: usize = 16 * 1024;

/// The longest that a thread reads without a look at the clock: so late it may notice that a time has come.
const READ_WAIT_MAX: Duration = Duration::from_millis(500);

/// The same while the peer takes nothing, or is not read.
const BLOCKED_WAIT: Duration = Duration::from_millis(5);

/// Drives a connection from its first octet to its last, by a thread that is begun here.
pub(in crate::runtime) fn drive_by_thread(
    connection: Arc<Connection>,
    socket: Arc<Socket>,
    input: BytesMut,
    entry: Entry,
    seat: Seat,
) {
    let attending = connection.orb.shared.runtime.spawn(attend(connection.clone()));
    connection.is_driven_by(attending.abort_handle());
    let thread = std::thread::Builder::new().name("quorb-connection".to_owned());
    let to_drive = connection.clone();
    let begun = thread.spawn(move || {
        drive(&to_drive, &socket, input);
        attending.abort();
        drop((entry, seat));
    });
    if let Err(cause) = begun {
        tracing::warn!(peer = %connection.peer, %cause, "there is no thread for a connection");
        connection.cut("the system has no thread for it");
    }
}

fn drive(connection: &Arc<Connection>, socket: &Socket, input: BytesMut) {
    let runtime = connection.orb.shared.runtime.clone();
    let _entered = runtime.enter();
    let unexpected = UnexpectedEnd(connection);
    let end = Driver::of(connection).run_in_thread(socket, Input::with(input));
    if end.is_by_this_side() {
        connection.close("the connection is given up");
        linger(socket);
    }
    end.conclude(connection);
    std::mem::forget(unexpected);
    connection.orb.shared.lifecycle.deregister(connection.number);
}

/// Reads what the peer still sends, within a limit: a socket that is closed over unread octets takes back its farewell.
fn linger(socket: &Socket) {
    let _ = socket.shutdown(std::net::Shutdown::Write);
    let (begun, mut ignored) = (Instant::now(), [0; 1024]);
    let _ = socket.set_read_timeout(Some(FAREWELL_MAX));
    while begun.elapsed() < FAREWELL_MAX && matches!((&*socket).read(&mut ignored), Ok(1..)) {}
}

/// Does for a connection what its thread cannot while it waits for the peer: writes what others leave to the driver, gives up
/// calls that are late, and ends the wait when the connection is over, as it is when the runtime ends.
async fn attend(connection: Arc<Connection>) {
    let _unexpected = UnexpectedEnd(&connection);
    let mut due = None;
    loop {
        let late = due.map_or_else(|| tokio::time::Instant::now() + FAR_AWAY, tokio::time::Instant::from_std);
        tokio::select! {
            () = connection.bell.heard() => {}
            () = tokio::time::sleep_until(late) => connection.give_up_late_calls(Instant::now()),
        }
        due = loop {
            connection.unblock();
            connection.flush();
            match connection.posture() {
                Ok(posture) if posture.finished => return,
                Ok(posture) if posture.blocked => tokio::time::sleep(BLOCKED_WAIT).await,
                Ok(posture) => break posture.due,
                Err(_) => return,
            }
        };
    }
}

impl Driver<'_> {
    fn run_in_thread(&mut self, socket: &Socket, mut input: Input) -> End {
        let connection = self.connection;
        let mut buffer = vec![0; READ_BYTES];
        let mut wait = Duration::ZERO;
        loop {
            let posture = match self.take_turn(&mut input) {
                Ok(None) => {
                    self.give_way_in_thread();
                    continue;
                }
                Ok(Some(posture)) => posture,
                Err(end) => return end,
            };
            input.rest();
            connection.orb.shared.lifecycle.look_again();
            if posture.paused {
                std::thread::sleep(BLOCKED_WAIT);
                self.time_passes(&posture);
                continue;
            }
            let wanted = if posture.blocked { BLOCKED_WAIT } else { READ_WAIT_MAX };
            if wanted != wait {
                if let Err(error) = socket.set_read_timeout(Some(wanted)) {
                    return End::Broken(error);
                }
                wait = wanted;
            }
            match (&*socket).read(&mut buffer) {
                Ok(0) if connection.is_mid_message(&input.octets) => return End::Truncated,
                Ok(0) => return End::Eof,
                Ok(count) => {
                    self.heard(count);
                    input.append(&buffer[..count]);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => self.time_passes(&posture),
                    _ => return End::Broken(error),
                },
            }
        }
    }

    /// Nothing has come for a while.
    fn time_passes(&mut self, posture: &Posture) {
        self.connection.unblock();
        self.due |= self.wake_time(posture).into_std() <= Instant::now();
    }

    /// Lets others go first, as the driver that is a task does.
    fn give_way_in_thread(&mut self) {
        self.connection.give_up_late_calls(Instant::now());
        match self.crowd.pause(self.connection.orb.limits(), Instant::now()) {
            Some(pause) => {
                self.connection.flush();
                std::thread::sleep(pause);
            }
            None => std::thread::yield_now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_seats_than_allowed_and_they_come_back() {
        let seats = Seats::default();
        assert!(seats.take(0).is_none());
        let (one, two) = (seats.take(2), seats.take(2));
        assert!(one.is_some() && two.is_some() && seats.take(2).is_none());
        drop(one);
        assert!(seats.take(2).is_some());
    }
}

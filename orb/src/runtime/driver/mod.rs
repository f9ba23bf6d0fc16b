//! What drives a connection: a task, or a thread of its own.

mod end;
mod thread;

use std::future::{poll_fn, ready};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use crate::proto::head::Delivery;
use crate::runtime::clock::Turn;
use crate::runtime::connection::{CallOutcome, Connection, Heard, Posture};
use crate::runtime::crowd::Crowd;
use crate::runtime::inbound;
use crate::runtime::input::Input;
use crate::runtime::shutdown::Entry;
use crate::runtime::stream::ReadEnd;
use crate::runtime::wire::{CoreEvent, Violation};

pub(in crate::runtime) use self::end::End;
pub(in crate::runtime) use self::thread::{Seats, drive_by_thread};

/// A wait without an end of its own.
const FAR_AWAY: Duration = Duration::from_secs(365 * 86_400);

/// Drives a connection from its first octet to its last.
pub(in crate::runtime) async fn drive(
    connection: Arc<Connection>,
    mut read: ReadEnd,
    input: BytesMut,
    entry: Entry,
) {
    let unexpected = UnexpectedEnd(&connection);
    let mut driver = Driver::of(&connection);
    let end = driver.run(&mut read, Input::with(input)).await;
    farewell(&connection, &end).await;
    end.conclude(&connection);
    if end.is_by_this_side() {
        linger(&mut read).await;
    }
    std::mem::forget(unexpected);
    connection.orb.shared.lifecycle.deregister(connection.number);
    drop(entry);
}

/// Ends a connection whose driver ends otherwise than it should: nobody must wait for it.
struct UnexpectedEnd<'a>(&'a Arc<Connection>);

impl Drop for UnexpectedEnd<'_> {
    fn drop(&mut self) {
        self.0.end("the connection's driver was stopped", false);
        self.0.orb.shared.lifecycle.deregister(self.0.number);
    }
}

/// What a driver knows besides the connection.
struct Driver<'a> {
    connection: &'a Arc<Connection>,
    /// The last time that a call was under way.
    last_use: Instant,
    /// The calls there had been then.
    uses: u64,
    /// No call is under way.
    is_idle: bool,
    /// Since when the transport takes nothing.
    blocked_since: Option<Instant>,
    /// Nothing is read at present.
    paused: bool,
    /// The timer has fired.
    due: bool,
    /// How fast the peer goes on with what it has begun; none while it has begun nothing.
    pace: Option<Pace>,
    crowd: Crowd,
}

/// How fast a peer sends.
struct Pace {
    since: Instant,
    octets: u64,
}

impl Driver<'_> {
    fn of(connection: &Arc<Connection>) -> Driver<'_> {
        Driver {
            connection,
            last_use: Instant::now(),
            uses: 0,
            is_idle: true,
            blocked_since: None,
            paused: false,
            due: false,
            pace: None,
            crowd: Crowd::default(),
        }
    }

    async fn run(&mut self, read: &mut ReadEnd, mut input: Input) -> End {
        let connection = self.connection;
        let timer = tokio::time::sleep(FAR_AWAY);
        tokio::pin!(timer);
        loop {
            let posture = match self.take_turn(&mut input) {
                Ok(None) => {
                    self.give_way().await;
                    continue;
                }
                Ok(Some(posture)) => posture,
                Err(end) => return end,
            };
            connection.orb.shared.lifecycle.look_again();
            let wanted = self.wake_time(&posture);
            if wanted < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(wanted);
            }
            // None of these must starve the others: a peer that sends without end is still given up for what it leaves
            // incomplete, and callers that write without end still get their replies.
            let count = tokio::select! {
                () = connection.bell.heard() => continue,
                writable = connection.write.writable(), if posture.blocked => match writable {
                    Ok(()) => {
                        self.blocked_since = None;
                        connection.unblock();
                        continue;
                    }
                    Err(error) => return End::Broken(error),
                },
                count = receive(connection, read, &mut input, &posture), if !posture.paused => count,
                () = &mut timer => {
                    self.due = true;
                    if posture.paused {
                        continue;
                    }
                    // The peer is heard before it is blamed for its silence.
                    tokio::select! {
                        biased;
                        count = receive(connection, read, &mut input, &posture) => count,
                        () = ready(()) => continue,
                    }
                }
            };
            match count {
                Ok(0) if connection.is_mid_message(&input.octets) => return End::Truncated,
                Ok(0) => return End::Eof,
                Ok(count) => self.heard(count),
                Err(error) => return End::Broken(error),
            }
        }
    }

    /// Lets others go first: for a turn, or for a pause if the peer calls without end. What others have to say on the
    /// connection is written all the same.
    async fn give_way(&mut self) {
        self.connection.give_up_late_calls(std::time::Instant::now());
        let Some(pause) = self.crowd.pause(self.connection.orb.limits(), std::time::Instant::now()) else {
            return tokio::task::yield_now().await;
        };
        let mut over = pin!(tokio::time::sleep(pause));
        loop {
            self.connection.flush();
            tokio::select! {
                biased;
                () = &mut over => return,
                () = self.connection.bell.heard() => {}
            }
        }
    }

    /// Does what there is to do, at one time, and says what to wait for; nothing if others go first, or why nothing more will
    /// come.
    fn take_turn(&mut self, input: &mut Input) -> Result<Option<Posture>, End> {
        let mut turn = Turn::begin();
        match process(self.connection, &mut input.octets, &mut turn, &mut self.crowd) {
            Ok(Processed::All) => self.crowd.ran_dry(),
            Ok(Processed::Some) => return Ok(None),
            Ok(Processed::Ended(end)) => return Err(end),
            Err(violation) => return Err(End::Violated(violation)),
        }
        if let Some(end) = self.on_time() {
            return Err(end);
        }
        match self.connection.rest(&input.octets) {
            Ok(posture) if posture.finished => Err(End::Finished),
            Ok(posture) => {
                self.note(&posture, !input.is_empty(), Instant::from_std(turn.begun()));
                self.check_budget(&posture, input).map_or(Ok(Some(posture)), Err)
            }
            Err(error) => Err(End::Broken(error)),
        }
    }

    /// The peer has sent so many octets.
    fn heard(&mut self, octets: usize) {
        if let Some(pace) = &mut self.pace {
            pace.octets += octets as u64;
        }
    }

    /// Says what the connection holds, and ends it if it is one of those that hold too much.
    fn check_budget(&self, posture: &Posture, input: &Input) -> Option<End> {
        let connection = self.connection;
        let shared = &connection.orb.shared;
        let grown = connection.holding.note_buffers(posture.held_bytes + input.held_bytes() as u64);
        if !shared.budget.is_exceeded() {
            return None;
        }
        let share = shared.budget.share(shared.lifecycle.connections());
        if connection.holding.buffers() > share {
            return Some(End::GivenUp(
                "the messages on all connections exceed buffers_bytes_max, and those on this one its share"
                    .to_owned(),
            ));
        }
        if grown {
            shared.lifecycle.wake_those_above(share);
        }
        None
    }

    /// Notes since when the connection is as it is.
    fn note(&mut self, posture: &Posture, has_input: bool, now: Instant) {
        if !posture.idle || posture.uses != self.uses {
            self.last_use = now;
            self.uses = posture.uses;
        }
        self.is_idle = posture.idle;
        self.paused = posture.paused;
        let midway = !posture.paused && (has_input || posture.expects_octets);
        match midway {
            true => {
                self.pace.get_or_insert(Pace { since: now, octets: 0 });
            }
            false => self.pace = None,
        }
        match posture.blocked {
            true => {
                self.blocked_since.get_or_insert(now);
            }
            false => self.blocked_since = None,
        }
    }

    /// When the timer must fire at the latest.
    fn wake_time(&self, posture: &Posture) -> Instant {
        let clock = &self.connection.orb.shared.clock;
        // As long as nothing is read, the core would take our silence for the peer's.
        let core = posture.timeout.filter(|_| !posture.paused);
        let mut next = core.map(|time| Instant::from_std(clock.instant(time)));
        let mut or_sooner = |at: Option<Instant>| {
            if at.is_some_and(|at| next.is_none_or(|next| at < next)) {
                next = at;
            }
        };
        or_sooner(posture.due.map(Instant::from_std));
        or_sooner(posture.beside.map(Instant::from_std));
        or_sooner(self.idle_at());
        or_sooner(self.stalled_at());
        or_sooner(self.pace_at());
        next.unwrap_or_else(|| Instant::now() + FAR_AWAY)
    }

    fn idle_at(&self) -> Option<Instant> {
        let limit = self.connection.orb.limits().idle_time_max;
        self.is_idle.then(|| self.last_use.checked_add(limit)).flatten()
    }

    /// Closes the connection that nobody has used for so long, unless its client may be called back on it: then it stays for
    /// another while.
    fn is_over(&mut self) -> bool {
        if self.connection.is_kept_for_calls_back() {
            self.last_use = Instant::now();
            return false;
        }
        self.connection.close_if_idle(self.uses)
    }

    /// When the pace of the peer is judged.
    fn pace_at(&self) -> Option<Instant> {
        self.pace.as_ref()?.since.checked_add(self.connection.orb.limits().message_rate_window)
    }

    /// Whether the peer has been too slow; if not, its pace is measured anew.
    fn is_too_slow(&mut self) -> bool {
        let limits = self.connection.orb.limits();
        let wanted =
            u128::from(limits.message_bytes_per_second_min) * limits.message_rate_window.as_millis() / 1000;
        let octets = self.pace.take().map_or(0, |pace| pace.octets);
        self.pace = Some(Pace { since: Instant::now(), octets: 0 });
        u128::from(octets) < wanted
    }

    fn stalled_at(&self) -> Option<Instant> {
        self.blocked_since?.checked_add(self.connection.orb.limits().output_wait_max)
    }

    /// Does what the time has come for, if the timer has fired since the last time.
    fn on_time(&mut self) -> Option<End> {
        if !std::mem::take(&mut self.due) {
            return None;
        }
        let now = Instant::now();
        self.connection.give_up_late_calls(now.into_std());
        self.connection.give_up_beside(now.into_std());
        let has_come = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if has_come(self.stalled_at()) {
            return Some(End::GivenUp("the peer has taken nothing for output_wait_max".to_owned()));
        }
        if self.paused {
            return None;
        }
        if has_come(self.pace_at()) && self.is_too_slow() {
            return Some(End::GivenUp("a message came slower than message_bytes_per_second_min".to_owned()));
        }
        let end = self.connection.handle_timeout().and_then(|event| act(self.connection, event));
        end.or_else(|| (has_come(self.idle_at()) && self.is_over()).then_some(End::Idle))
    }
}

/// What is left when the input has been looked at.
pub(in crate::runtime) enum Processed {
    /// Nothing that is whole, or that may be looked at now.
    All,
    /// Perhaps more: others go first.
    Some,
    /// The connection is to end.
    Ended(End),
}

/// Takes out of the input what is whole, as long as the peer takes what it is answered; but not more than others leave it
/// for one turn.
pub(in crate::runtime) fn process(
    connection: &Arc<Connection>,
    input: &mut BytesMut,
    turn: &mut Turn,
    crowd: &mut Crowd,
) -> Result<Processed, Violation> {
    for left in (0..crowd.events_max(turn.begun())).rev() {
        let Heard::Event { event, is_last } = connection.receive(input)? else { return Ok(Processed::All) };
        if matches!(event, CoreEvent::Request { .. }) {
            crowd.called(&connection.orb.shared.lifecycle.last_caller, connection.number, turn.begun());
        }
        if let Some(end) = act(connection, event) {
            return Ok(Processed::Ended(end));
        }
        // Whoever has had its portion lets others go first, whether there is more at this moment or not.
        if is_last && left > 0 {
            return Ok(Processed::All);
        }
        turn.event();
    }
    Ok(Processed::Some)
}

/// Waits for octets, and reads them to where they belong. Cancellation safe.
async fn receive(
    connection: &Connection,
    read: &mut ReadEnd,
    input: &mut Input,
    posture: &Posture,
) -> io::Result<usize> {
    poll_fn(|cx| match posture.lands.then(|| connection.poll_land(read, cx)).flatten() {
        Some(polled) => polled,
        None => input.poll_read(read, posture.wanted, cx),
    })
    .await
}

pub(in crate::runtime) fn act(connection: &Arc<Connection>, event: CoreEvent) -> Option<End> {
    match event {
        CoreEvent::Request { id, head, body } => inbound::serve(connection, id, head, body),
        CoreEvent::NeedsAddressing { id, disposition } => {
            connection.complete(id, CallOutcome::NeedsAddressing(disposition));
        }
        CoreEvent::ReplyRefused { id, exception } => connection.complete(id, CallOutcome::Refused(exception)),
        CoreEvent::Reply { id, head, body } => connection.complete(id, CallOutcome::Reply(head, body)),
        CoreEvent::Cancelled { id } => connection.cancelled(id),
        CoreEvent::Locate { id, key } => inbound::locate(connection, id, key.as_ref()),
        CoreEvent::Refuse { id, exception } => inbound::refuse(connection, id, *exception),
        CoreEvent::Peer { identity, incarnation, called_back } => {
            connection.learn_peer(incarnation);
            if called_back || connection.key.is_some() {
                connection.leads_to(identity);
            }
        }
        CoreEvent::Draining { not_executed } => {
            connection.make_unusable();
            for id in not_executed {
                // Not executed, which is as good as not sent.
                let cause = "the server takes no further calls".into();
                let outcome = CallOutcome::Lost { delivery: Delivery::NotSent, cause, violated: false };
                connection.complete(id, outcome);
            }
        }
        CoreEvent::Closed { cause } => return Some(End::Told(cause)),
        CoreEvent::GivenUp { words } => return Some(End::GivenUp(words)),
        CoreEvent::NotUnderstood { refused } => {
            if let Some((id, exception)) = refused {
                connection.complete(id, CallOutcome::Refused(exception));
            }
            return Some(End::GivenUp("the peer did not understand a message".to_owned()));
        }
        CoreEvent::Nothing => {}
    }
    None
}

/// Says why the connection ends, where the protocol has words for it, within a limit.
async fn farewell(connection: &Connection, end: &End) {
    if !end.is_by_this_side() {
        return;
    }
    connection.close("the connection is given up");
    let written = async {
        loop {
            connection.flush();
            match connection.posture() {
                Ok(posture) if posture.blocked => {
                    if connection.write.writable().await.is_err() {
                        return;
                    }
                    connection.unblock();
                }
                Ok(posture) if !posture.finished => tokio::task::yield_now().await,
                _ => return,
            }
        }
    };
    // A peer that does not read does not learn why.
    let _ = tokio::time::timeout(FAREWELL_MAX, written).await;
}

/// Reads what the peer still sends, within a limit. A socket that is closed over unread octets takes back what it has
/// written: the farewell, and with it the replies before it.
async fn linger(read: &mut ReadEnd) {
    let mut ignored = BytesMut::with_capacity(LINGER_ROOM_BYTES);
    let to_the_end = async {
        while matches!(read.read_buf(&mut ignored).await, Ok(1..)) {
            ignored.clear();
        }
    };
    // A peer that does not stop does not learn why either.
    let _ = tokio::time::timeout(FAREWELL_MAX, to_the_end).await;
}

/// What is read at once of what nobody wants any more.
const LINGER_ROOM_BYTES: usize = 8 * 1024;

/// The time a peer gets to read why its connection ends, and then to close its end.
const FAREWELL_MAX: Duration = Duration::from_millis(50);

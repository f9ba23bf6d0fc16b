//! The task that drives a connection.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use super::connection::{CallOutcome, Connection, Posture};
use super::inbound;
use super::shutdown::Entry;
use super::stream::ReadEnd;
use super::wire::{CoreEvent, Violation};
use crate::proto::head::Delivery;

/// Why a driver stops.
enum End {
    /// Both sides have said everything.
    Finished,
    /// The peer closed the transport.
    Eof,
    /// The peer closed the connection in order.
    Told(String),
    /// The transport broke.
    Broken(std::io::Error),
    /// The peer violated the protocol.
    Violated(Violation),
    /// The core gave the peer up, in these words.
    GivenUp(String),
    /// Nobody used the connection for too long.
    Idle,
}

/// The room that is made in the input buffer before each read.
const READ_ROOM_BYTES: usize = 8 * 1024;

/// The most room that is made at once, however long the message says it is: what is announced may never come.
const READ_ROOM_BYTES_MAX: usize = 256 * 1024;

/// Drives a connection from its first octet to its last.
pub(super) async fn drive(connection: Arc<Connection>, mut read: ReadEnd, mut input: BytesMut, entry: Entry) {
    let end = run(&connection, &mut read, &mut input).await;
    say_goodbye(&connection, &end).await;
    let cause = match &end {
        End::Finished => "the connection was closed".to_owned(),
        End::Eof => "the peer closed the connection".to_owned(),
        End::Broken(error) => error.to_string().to_lowercase(),
        End::Violated(violation) => violation.to_string(),
        End::GivenUp(words) | End::Told(words) => words.clone(),
        End::Idle => "the connection was idle".to_owned(),
    };
    match &end {
        End::Violated(_) | End::GivenUp(_) => {
            tracing::warn!(peer = %connection.peer, cause, "a connection ends")
        }
        _ => tracing::debug!(peer = %connection.peer, cause, "a connection ends"),
    }
    connection.end(&cause);
    drop(entry);
}

async fn run(connection: &Arc<Connection>, read: &mut ReadEnd, input: &mut BytesMut) -> End {
    let idle_limit = connection.orb.limits().idle_time_max;
    let mut last_use = Instant::now();
    let timer = tokio::time::sleep(idle_limit);
    tokio::pin!(timer);
    loop {
        match process(connection, input) {
            Ok(None) => {}
            Ok(Some(end)) => return end,
            Err(violation) => return End::Violated(violation),
        }
        connection.flush();
        let posture = match connection.posture() {
            Ok(posture) if posture.finished => return End::Finished,
            Ok(posture) if posture.ready => continue,
            Ok(posture) => posture,
            Err(error) => return End::Broken(error),
        };
        let wanted = wake_time(connection, &posture, last_use + idle_limit);
        if wanted < timer.deadline() || timer.is_elapsed() {
            timer.as_mut().reset(wanted);
        }
        // A buffer that is empty and large is given back before a wait that may be long.
        if input.is_empty() && input.capacity() > READ_ROOM_BYTES * 8 {
            *input = BytesMut::new();
        }
        let wanted = connection.wanted_bytes(input).clamp(READ_ROOM_BYTES, READ_ROOM_BYTES_MAX);
        input.reserve(wanted);
        tokio::select! {
            biased;
            () = connection.wake.notified() => last_use = Instant::now(),
            writable = connection.write.writable(), if posture.blocked => match writable {
                Ok(()) => connection.unblock(),
                Err(error) => return End::Broken(error),
            },
            count = read.read_buf(input), if !posture.paused => match count {
                Ok(0) => return End::Eof,
                Ok(_) => last_use = Instant::now(),
                Err(error) => return End::Broken(error),
            },
            () = &mut timer => {
                if let Some(event) = connection.handle_timeout() {
                    if let Some(end) = act(connection, event) {
                        return end;
                    }
                }
                if posture.idle && last_use.elapsed() >= idle_limit {
                    return End::Idle;
                }
            }
        }
    }
}

/// When the timer must fire at the latest.
fn wake_time(connection: &Connection, posture: &Posture, idle_at: Instant) -> Instant {
    let core = posture.timeout.map(|time| Instant::from_std(connection.orb.shared.clock.instant(time)));
    let idle = if posture.idle { idle_at } else { Instant::now() + Duration::from_secs(3600) };
    core.map_or(idle, |core| core.min(idle))
}

/// Takes everything out of the input that is whole.
fn process(connection: &Arc<Connection>, input: &mut BytesMut) -> Result<Option<End>, Violation> {
    while let Some(event) = connection.receive(input)? {
        if let Some(end) = act(connection, event) {
            return Ok(Some(end));
        }
    }
    Ok(None)
}

fn act(connection: &Arc<Connection>, event: CoreEvent) -> Option<End> {
    match event {
        CoreEvent::Request { id, head, body } => inbound::serve(connection, id, *head, body),
        CoreEvent::NeedsAddressing { id, disposition } => {
            connection.complete(id, CallOutcome::NeedsAddressing(disposition));
        }
        CoreEvent::ReplyRefused { id, exception } => connection.complete(id, CallOutcome::Refused(exception)),
        CoreEvent::Reply { id, head, body } => connection.complete(id, CallOutcome::Reply(head, body)),
        CoreEvent::Cancelled { id } => connection.cancelled(id),
        CoreEvent::Locate { id, key } => inbound::locate(connection, id, key.as_ref()),
        CoreEvent::Refuse { id, exception } => inbound::refuse(connection, id, *exception),
        CoreEvent::Peer { incarnation } => connection.learn_peer(incarnation),
        CoreEvent::Draining { not_executed } => {
            connection.make_unusable();
            for id in not_executed {
                // Not executed, which is as good as not sent.
                let cause = "the server takes no further calls".into();
                connection.complete(id, CallOutcome::Lost { delivery: Delivery::NotSent, cause });
            }
        }
        CoreEvent::Closed { cause } => return Some(End::Told(cause)),
        CoreEvent::GivenUp { words } => return Some(End::GivenUp(words)),
        CoreEvent::Nothing => {}
    }
    None
}

/// Says why the connection ends, where the protocol has words for it, within a limit.
async fn say_goodbye(connection: &Connection, end: &End) {
    if matches!(end, End::Eof | End::Told(_) | End::Broken(_) | End::Finished) {
        return;
    }
    connection.close();
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
                _ => return,
            }
        }
    };
    // A peer that does not read does not learn why.
    let _ = tokio::time::timeout(GOODBYE_MAX, written).await;
}

/// The time a peer gets to read why its connection ends.
const GOODBYE_MAX: Duration = Duration::from_millis(100);

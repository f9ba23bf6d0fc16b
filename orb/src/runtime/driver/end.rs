//! How a connection ends.

use std::io;

use crate::runtime::connection::Connection;
use crate::runtime::wire::Violation;

/// Why a driver stops.
pub(in crate::runtime) enum End {
    /// Both sides have said everything.
    Finished,
    /// The peer closed the transport.
    Eof,
    /// The peer closed the transport in the middle of a message.
    Truncated,
    /// The peer closed the connection in order.
    Told(String),
    /// The transport broke.
    Broken(io::Error),
    /// The peer violated the protocol.
    Violated(Violation),
    /// The peer is given up, in these words.
    GivenUp(String),
    /// Nobody used the connection for too long.
    Idle,
}

impl End {
    /// Whoever waits on the connection learns that it is over.
    pub(in crate::runtime) fn conclude(&self, connection: &Connection) {
        let (cause, violated) = match self {
            End::Finished => ("the connection was closed".to_owned(), false),
            End::Eof => ("the peer closed the connection".to_owned(), false),
            End::Truncated => ("the peer closed the connection in the middle of a message".to_owned(), false),
            End::Broken(error) => (error.to_string().to_lowercase(), false),
            End::Violated(violation) => (violation.to_string(), true),
            End::GivenUp(words) | End::Told(words) => (words.clone(), false),
            End::Idle => ("the connection was idle".to_owned(), false),
        };
        match self {
            End::Violated(_) | End::GivenUp(_) | End::Truncated => {
                tracing::warn!(peer = %connection.peer, cause, "a connection ends");
            }
            _ => tracing::debug!(peer = %connection.peer, cause, "a connection ends"),
        }
        if let (End::GivenUp(_), Some(key)) = (self, &connection.key) {
            connection.orb.note_leaving(&key.address);
        }
        connection.end(&cause, violated);
    }

    /// Whether it was this side's decision, which the peer should learn.
    pub(super) fn is_by_this_side(&self) -> bool {
        !matches!(self, End::Eof | End::Truncated | End::Told(_) | End::Broken(_))
    }
}

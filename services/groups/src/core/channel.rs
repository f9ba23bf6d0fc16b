//! Channels: reliable fifo streams between two incarnations that outlive the connections they use.
//!
//! ```text
//!   push(body) -> retained [acked+1 ..= sent] -> connection A ...broken... connection B -> accept(sequence)
//!                    ^ resend after resume(received)                 duplicates dropped, gaps refused
//! ```
//!
//! Rules: data frames are numbered from 1 and kept until acknowledged; whoever opens a connection is told what the other
//! side has received and sends the rest again. So each connection carries a contiguous series that begins no later than
//! what the receiver waits for: a gap on one is a fault of the other side. Only a view cuts a channel (book L11135).

use bytes::Bytes;
use std::collections::VecDeque;

/// What became of a data frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    Next,
    Duplicate,
    Gap,
}

/// One side of a channel.
#[derive(Debug, Default)]
pub(crate) struct Channel {
    acked: u64,
    retained: VecDeque<Bytes>,
    retained_bytes: usize,
    received: u64,
    /// Received since an acknowledgement was last sent.
    unacknowledged_bytes: usize,
}

impl Channel {
    /// Takes a body to send; the answer is its number.
    pub(crate) fn push(&mut self, body: Bytes) -> u64 {
        self.retained_bytes += body.len();
        self.retained.push_back(body);
        self.acked + self.retained.len() as u64
    }

    /// The other side has received everything up to here. False if it cannot have.
    #[must_use]
    pub(crate) fn acknowledge(&mut self, up_to: u64) -> bool {
        if up_to > self.acked + self.retained.len() as u64 {
            return false;
        }
        while self.acked < up_to {
            if let Some(body) = self.retained.pop_front() {
                self.retained_bytes -= body.len();
            }
            self.acked += 1;
        }
        true
    }

    /// What has to be sent again on a new connection, with its numbers.
    pub(crate) fn unacknowledged(&self) -> impl Iterator<Item = (u64, Bytes)> + '_ {
        self.retained.iter().enumerate().map(|(i, body)| (self.acked + 1 + i as u64, body.clone()))
    }

    /// Judges a data frame by its number, and counts it if it is the next.
    pub(crate) fn accept(&mut self, sequence: u64, bytes: usize) -> Arrival {
        match sequence.cmp(&(self.received + 1)) {
            std::cmp::Ordering::Less => Arrival::Duplicate,
            std::cmp::Ordering::Greater => Arrival::Gap,
            std::cmp::Ordering::Equal => {
                self.received += 1;
                self.unacknowledged_bytes += bytes;
                Arrival::Next
            }
        }
    }

    /// The last frame received; sending it in any frame acknowledges.
    pub(crate) fn acknowledging(&mut self) -> u64 {
        self.unacknowledged_bytes = 0;
        self.received
    }

    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Whether the other side has not acknowledged everything.
    pub(crate) fn has_unacknowledged(&self) -> bool {
        !self.retained.is_empty()
    }

    /// Octets received since the other side last heard what has arrived.
    pub(crate) fn unacknowledged_bytes(&self) -> usize {
        self.unacknowledged_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_connection_sends_again_what_was_not_acknowledged() {
        let mut channel = Channel::default();
        for octet in 0..5u8 {
            channel.push(Bytes::copy_from_slice(&[octet]));
        }
        assert!(channel.acknowledge(2));
        let again: Vec<_> = channel.unacknowledged().map(|(n, b)| (n, b[0])).collect();
        assert_eq!(again, [(3, 2), (4, 3), (5, 4)]);
        assert!(!channel.acknowledge(6), "what was not sent cannot be acknowledged");
    }

    #[test]
    fn arrivals_are_counted_once_and_gaps_refused() {
        let mut channel = Channel::default();
        assert_eq!(channel.accept(1, 9), Arrival::Next);
        assert_eq!(channel.accept(1, 9), Arrival::Duplicate);
        assert_eq!(channel.accept(3, 9), Arrival::Gap);
        assert_eq!(channel.unacknowledged_bytes(), 9);
        assert_eq!(channel.acknowledging(), 1);
        assert_eq!(channel.unacknowledged_bytes(), 0);
    }
}

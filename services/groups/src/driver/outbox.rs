//! Messages of all groups on their way from the application to the owner.
//!
//! ```text
//!   send() -> one lock, a wake-up if the owner has none pending -> [queue] -> taken whole by the owner, once a turn
//! ```
//!
//! What waits is bounded by the credit of each group (see `Room`), which comes back when the core has taken the message.

use super::error::Gone;
use crate::core::{Class, GroupId};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The least a message counts against what may wait, so that empty ones have a limit too.
pub(super) const SEND_BYTES_MIN: usize = 64;
/// When this much waits, a sender lets the owner run.
const CROWDED_BYTES: usize = 64 << 10;

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    sends: Vec<Sending>,
    bytes: usize,
    /// Groups whose application has read what had kept the senders waiting.
    caught_up: Vec<GroupId>,
    closed: bool,
}

/// A message on its way to the core.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) group: GroupId,
    pub(super) class: Class,
    pub(super) payload: Bytes,
}

impl Sending {
    /// What it counts against what may wait.
    pub(super) fn cost(payload: &Bytes) -> u32 {
        u32::try_from(payload.len().max(SEND_BYTES_MIN)).unwrap_or(u32::MAX)
    }
}

impl Outbox {
    /// A panic elsewhere leaves the queue as it was between two messages.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a message over, for which there was credit. True if so much waits that the owner should run.
    pub(super) fn push(&self, sending: Sending) -> Result<bool, Gone> {
        let mut queue = self.queue();
        if queue.closed {
            return Err(Gone);
        }
        let first = queue.sends.is_empty();
        queue.bytes += sending.payload.len().max(SEND_BYTES_MIN);
        queue.sends.push(sending);
        let crowded = queue.bytes >= CROWDED_BYTES;
        drop(queue);
        if first {
            self.filled.notify_one();
        }
        Ok(crowded)
    }

    /// The application of a group that lagged has caught up.
    pub(super) fn caught_up(&self, group: GroupId) {
        self.queue().caught_up.push(group);
        self.filled.notify_one();
    }

    /// Waits until there is something to take. Cancellation safe.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Takes everything, into vectors that are empty. True if there was something.
    pub(super) fn take(&self, sends: &mut Vec<Sending>, caught_up: &mut Vec<GroupId>) -> bool {
        let mut queue = self.queue();
        std::mem::swap(&mut queue.sends, sends);
        std::mem::swap(&mut queue.caught_up, caught_up);
        queue.bytes = 0;
        !sends.is_empty() || !caught_up.is_empty()
    }
}

/// The owner's end. Dropped, nothing can be handed over any more.
#[derive(Debug)]
pub(super) struct OutboxReader(pub(super) Arc<Outbox>);

impl Drop for OutboxReader {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.closed = true;
        queue.sends = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Order;

    #[tokio::test]
    async fn one_wake_up_for_many_messages_and_none_after_the_end() {
        let outbox = Arc::new(Outbox::default());
        let reader = OutboxReader(Arc::clone(&outbox));
        let class = Class::new(Order::Total, false);
        let send = |size| outbox.push(Sending { group: GroupId(1), class, payload: vec![0; size].into() });
        assert_eq!(send(10), Ok(false));
        assert_eq!(send(CROWDED_BYTES), Ok(true), "the owner should run");
        outbox.filled().await;
        let mut sends = Vec::new();
        assert!(outbox.take(&mut sends, &mut Vec::new()));
        assert_eq!(sends.len(), 2);
        sends.clear();
        assert!(!outbox.take(&mut sends, &mut Vec::new()));
        drop(reader);
        assert_eq!(send(1), Err(Gone));
    }
}

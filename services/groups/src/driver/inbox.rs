//! A group's events on their way from the owner to the application.
//!
//! ```text
//!   owner: a turn's events -> one lock, at most one wake-up -> [queue] -> taken whole by the reader -> next() next() ..
//! ```
//!
//! What is unread is counted in octets until the application has come to it. Beyond the limit the owner tells the core
//! that this member lags: it then acknowledges nothing, so the senders' windows fill and they wait. When the application
//! has read half of it, the reader wakes the owner, and everything goes on.

use super::event::Event;
use super::gate::Gate;
use super::outbox::Outbox;
use crate::core::GroupId;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A reader that never has to wait lets others run after so many events.
const YIELD_EVERY: u32 = 256;

/// What owner and reader share.
#[derive(Debug, Default)]
struct Inbox {
    queue: Mutex<Queue>,
    arrived: Notify,
    /// Octets of events that the application has not come to.
    unread: AtomicUsize,
    /// The owner waits until there are few of them.
    lags: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event<Bytes>>,
    /// No event comes after these.
    ended: bool,
    /// Nobody reads any more.
    deaf: bool,
}

impl Inbox {
    /// A panic elsewhere leaves the queue as it was between two events.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The owner's end. Dropped, it ends the events.
#[derive(Debug)]
pub(super) struct InboxWriter {
    inbox: Arc<Inbox>,
    /// Events of this turn.
    fresh: Vec<Event<Bytes>>,
    /// Events so far.
    pushed: u64,
    gate: Arc<Gate>,
}

impl InboxWriter {
    /// Both ends; the reader tells the outbox when it has caught up.
    pub(super) fn new(group: GroupId, outbox: Arc<Outbox>, unread_bytes_max: usize) -> (Self, InboxReader) {
        let inbox = Arc::new(Inbox::default());
        let gate = Arc::new(Gate::default());
        let writer =
            Self { inbox: Arc::clone(&inbox), fresh: Vec::new(), pushed: 0, gate: Arc::clone(&gate) };
        let batch = VecDeque::new();
        let reader =
            InboxReader { inbox, group, outbox, unread_bytes_max, batch, taken: 0, gate, since_yield: 0 };
        (writer, reader)
    }

    /// Adds an event, to be handed over with the others of this turn. True if it is the first.
    pub(super) fn push(&mut self, event: Event<Bytes>) -> bool {
        self.gate.close();
        self.pushed += 1;
        if self.fresh.capacity() == 0 {
            self.fresh.reserve_exact(1);
        }
        self.fresh.push(event);
        self.fresh.len() == 1
    }

    /// Something was received.
    pub(super) fn close_gate(&self) {
        self.gate.close();
    }

    /// All that was received is among the events handed over.
    pub(super) fn open_gate(&self) {
        self.gate.open(self.pushed);
    }

    pub(super) fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// Hands over the events of this turn; false if nobody reads any more.
    pub(super) fn hand_over(&mut self) -> bool {
        let bytes = self.fresh.iter().map(Event::waiting_bytes).sum();
        let mut queue = self.inbox.queue();
        if queue.deaf {
            self.fresh.clear();
            return false;
        }
        let was_empty = queue.events.is_empty();
        if queue.events.capacity() == 0 {
            // Most groups have one event, and ten thousand of them nobody may have read yet.
            queue.events.reserve_exact(self.fresh.len());
        }
        queue.events.extend(self.fresh.drain(..));
        // Under the lock: the reader never subtracts what is not added yet.
        self.inbox.unread.fetch_add(bytes, Ordering::Relaxed);
        drop(queue);
        if was_empty {
            self.inbox.arrived.notify_one();
        }
        if !ROOM_KEPT.contains(&self.fresh.capacity()) {
            self.fresh = Vec::new();
        }
        true
    }

    /// Octets the application has not come to.
    pub(super) fn unread(&self) -> usize {
        self.inbox.unread.load(Ordering::Relaxed)
    }

    /// Asks to be woken when the application has caught up. False if it has meanwhile.
    pub(super) fn await_reader(&self, unread_bytes_max: usize) -> bool {
        self.inbox.lags.store(true, Ordering::SeqCst);
        // Whoever reads looks at the mark after it has counted; so one of the two sees the other.
        let lags = self.inbox.unread.load(Ordering::SeqCst) > unread_bytes_max / 2;
        lags || !self.inbox.lags.swap(false, Ordering::SeqCst)
    }
}

/// Room for so many events is kept from turn to turn: more is much to keep, and a group that needs less has few events.
const ROOM_KEPT: std::ops::RangeInclusive<usize> = 9..=64;

impl Drop for InboxWriter {
    fn drop(&mut self) {
        self.gate.close();
        self.hand_over();
        self.inbox.queue().ended = true;
        self.inbox.arrived.notify_one();
    }
}

/// The application's end. Dropped, it tells the owner with the next event.
#[derive(Debug)]
pub(super) struct InboxReader {
    inbox: Arc<Inbox>,
    group: GroupId,
    outbox: Arc<Outbox>,
    unread_bytes_max: usize,
    batch: VecDeque<Event<Bytes>>,
    /// Events taken so far.
    taken: u64,
    gate: Arc<Gate>,
    since_yield: u32,
}

impl InboxReader {
    /// The next event; none after the last. Cancellation safe.
    pub(super) async fn next(&mut self) -> Option<Event<Bytes>> {
        self.gate.applied(self.taken);
        self.since_yield += 1;
        if self.since_yield >= YIELD_EVERY {
            self.since_yield = 0;
            tokio::task::yield_now().await;
        }
        loop {
            if let Some(event) = self.pop() {
                return Some(event);
            }
            let ended = {
                let mut queue = self.inbox.queue();
                std::mem::swap(&mut queue.events, &mut self.batch);
                queue.ended
            };
            if self.batch.is_empty() {
                if ended {
                    return None;
                }
                self.since_yield = 0;
                self.inbox.arrived.notified().await;
            }
        }
    }

    fn pop(&mut self) -> Option<Event<Bytes>> {
        let event = self.batch.pop_front()?;
        self.taken += 1;
        let bytes = event.waiting_bytes();
        let before = self.inbox.unread.fetch_sub(bytes, Ordering::SeqCst);
        if before - bytes <= self.unread_bytes_max / 2
            && self.inbox.lags.load(Ordering::SeqCst)
            && self.inbox.lags.swap(false, Ordering::SeqCst)
        {
            self.outbox.caught_up(self.group);
        }
        if self.batch.is_empty() && !ROOM_KEPT.contains(&self.batch.capacity()) {
            self.batch = VecDeque::new();
        }
        Some(event)
    }
}

impl Drop for InboxReader {
    fn drop(&mut self) {
        let mut queue = self.inbox.queue();
        queue.deaf = true;
        // What nobody reads need not be kept.
        let events = std::mem::take(&mut queue.events);
        drop(queue);
        drop(events);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Class, Order, ProcessId};
    use crate::driver::Delivery;

    fn message(size: usize) -> Event<Bytes> {
        let message = Bytes::from(vec![0; size]);
        let class = Class::new(Order::Fifo, false);
        Event::Message(Delivery { sender: ProcessId(1), class, message, turn: None })
    }

    #[tokio::test]
    async fn events_come_in_order_and_end_after_the_last() {
        let (mut writer, mut reader) = InboxWriter::new(GroupId(1), Arc::default(), 1 << 20);
        assert!(writer.push(Event::Stable(1)));
        assert!(!writer.push(Event::Stable(2)));
        assert!(writer.hand_over());
        writer.push(Event::Stable(3));
        drop(writer);
        for number in 1..=3 {
            assert!(matches!(reader.next().await, Some(Event::Stable(n)) if n == number));
        }
        assert!(reader.next().await.is_none());
    }

    #[tokio::test]
    async fn the_owner_is_woken_when_half_is_read() {
        let outbox = Arc::new(Outbox::default());
        let (mut writer, mut reader) = InboxWriter::new(GroupId(7), Arc::clone(&outbox), 4000);
        for _ in 0..5 {
            writer.push(message(1000));
        }
        writer.hand_over();
        assert!(writer.unread() > 4000);
        assert!(writer.await_reader(4000), "it lags");
        for left in (0..5).rev() {
            reader.next().await;
            let caught_up = outbox.take(&mut Vec::new(), &mut Vec::new());
            assert_eq!(caught_up, left == 1, "{left}");
        }
        assert!(!writer.await_reader(4000), "it has read everything");
        assert_eq!(writer.unread(), 0);
    }

    #[tokio::test]
    async fn whoever_stops_reading_is_noticed() {
        let (mut writer, reader) = InboxWriter::new(GroupId(1), Arc::default(), 1 << 20);
        drop(reader);
        writer.push(message(1));
        assert!(!writer.hand_over());
    }
}

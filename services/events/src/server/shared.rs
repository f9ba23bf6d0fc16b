//! What a channel in operation has beside the rest if several servers have it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, watch};

use super::group::{Batches, Publishing};
use super::live::LiveChannel;
use crate::Limits;
use crate::channel::{Channel, Copying, Delivery, Piece, SettleRefused};
use crate::native::SettledAt;
use crate::spool::Spool;

/// The ways to the other servers, and to the disk.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) publishing: Publishing,
    /// Whether publishers are to wait for subscribers of this server.
    holds: watch::Sender<bool>,
    /// What goes to the disk is there in front of this position; 0 before the disk was looked at.
    copied: watch::Sender<u64>,
    /// There is more for the disk.
    bell: Arc<Notify>,
    is_over: AtomicBool,
    /// Held while something is written to the disk.
    writing: tokio::sync::Mutex<()>,
}

impl Shared {
    pub(super) fn new(limits: &Limits) -> (Shared, Batches, watch::Receiver<bool>) {
        let (publishing, batches) = Publishing::new(limits);
        let (holds, wants) = watch::channel(false);
        let (copied, bell) = (watch::Sender::new(0), Arc::default());
        let (is_over, writing) = (AtomicBool::new(false), tokio::sync::Mutex::default());
        (Shared { publishing, holds, copied, bell, is_over, writing }, batches, wants)
    }

    /// Nothing more is copied on return.
    pub(super) async fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.bell.notify_one();
        drop(self.writing.lock().await);
    }

    /// Permission to write to the disk; none if nothing is to be written any more.
    pub(super) async fn may_write(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let permission = self.writing.lock().await;
        (!self.is_over.load(Ordering::SeqCst)).then_some(permission)
    }
}

/// Whoever copies finds that the channel is gone, also where nobody has ended it, and lets go of its directory.
impl Drop for Shared {
    fn drop(&mut self) {
        self.bell.notify_one();
    }
}

impl LiveChannel {
    /// Whether several servers have it.
    pub(crate) fn is_agreed(&self) -> bool {
        self.shared().is_some()
    }

    pub(super) fn next_position(&self) -> u64 {
        self.look(Channel::next_position)
    }

    pub(super) fn has_room(&self) -> bool {
        self.look(Channel::has_room)
    }

    pub(super) fn holders(&self) -> Vec<u64> {
        self.look(|core| core.holders().collect())
    }

    /// How far a subscriber with a name has come, as this server knows it.
    pub(super) fn settled(&self, subscriber: &str) -> u64 {
        self.look(|core| core.settled().of(subscriber))
    }

    /// Notes how far a subscriber with a name has come.
    pub(super) fn settle_here(&self, subscriber: &str, position: u64) -> Result<(), SettleRefused> {
        self.drive(|core, _, _| core.settle(subscriber, position))
    }

    /// How far all subscribers with names have come.
    pub(super) fn all_settled(&self) -> Vec<SettledAt> {
        let at = |(name, next): (&str, u64)| SettledAt { name: name.to_owned(), next };
        self.look(|core| core.settled().all().map(at).collect())
    }

    /// What is kept from a position on, for another server: an answer's worth of it. None if the disk does not say.
    pub(super) async fn kept(&self, from: u64) -> Option<Delivery> {
        let (blocks, gone) = match self.look(|core| core.to_copy(from, self.limits().delivery_bytes_max)) {
            Copying::Blocks(blocks) => (blocks, None),
            Copying::Nothing => (Vec::new(), None),
            Copying::Elsewhere { until } => {
                let (spool, bytes_max) = (self.spool().get().cloned()?, self.limits().delivery_bytes_max);
                let read = tokio::task::spawn_blocking(move || spool.read(from, until, bytes_max));
                let part = read.await.ok()?.ok()?;
                (part.blocks, part.gone)
            }
        };
        let next = blocks.last().map_or_else(|| gone.map_or(from, |gone| gone.1), |stored| stored.last() + 1);
        let pieces = blocks.into_iter().map(|stored| Piece { from: 0, to: stored.len(), stored });
        Some(Delivery { next, gone, pieces: pieces.collect(), ..Delivery::default() })
    }

    /// Something has got its place.
    pub(super) fn agreed_on_more(&self) {
        if let Some(shared) = self.shared() {
            shared.bell.notify_one();
            self.look_for_laggards();
        }
    }

    /// Finds out whether publishers are to wait for somebody here.
    pub(super) fn look_for_laggards(&self) {
        if let Some(shared) = self.shared() {
            let lags = self.look(Channel::is_lagging);
            shared.holds.send_if_modified(|holds| std::mem::replace(holds, lags) != lags);
        }
    }

    /// A subscriber has made room.
    pub(super) fn taken_from(&self) {
        if let Some(shared) = self.shared() {
            shared.publishing.bell.notify_one();
            if *shared.holds.borrow() {
                self.look_for_laggards();
            }
        }
    }

    /// Publishers may not have to wait any more.
    pub(super) fn ring_publishers(&self) {
        if let Some(shared) = self.shared() {
            shared.publishing.bell.notify_one();
        }
    }

    /// What goes to the disk next.
    pub(super) fn to_copy(&self, from: u64, bytes_max: usize) -> Copying {
        self.look(|core| core.to_copy(from, bytes_max))
    }

    /// See [`Shared::may_write`].
    pub(super) async fn may_write(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        self.shared()?.may_write().await
    }

    pub(super) fn copy_bell(&self) -> Arc<Notify> {
        self.shared().map(|shared| shared.bell.clone()).unwrap_or_default()
    }

    /// It is kept there.
    pub(super) fn kept_in(&self, spool: Arc<dyn Spool>) {
        // It is found once.
        let _ = self.spool().set(spool);
    }

    /// The disk has everything in front of a position.
    pub(super) fn copied(&self, up_to: u64, oldest: u64) {
        self.drive(|core, _, _| core.copied(up_to, oldest));
        if let Some(shared) = self.shared() {
            shared.copied.send_replace(up_to);
        }
    }

    /// Waits until the disk has everything in front of a position, or for the patience of the service.
    pub(super) async fn wait_until_copied(&self, up_to: u64) {
        let Some(shared) = self.shared() else { return };
        let mut copied = shared.copied.subscribe();
        let there = copied.wait_for(|copied| *copied >= up_to);
        // Whoever has waited in vain gets what there is.
        let _ = tokio::time::timeout(self.limits().agree_wait_max, there).await;
    }

    /// How far history may be read on the disk, which others may fill yet; none if the time is up before there is any.
    pub(super) async fn copied_up_to(&self, from: u64, until: u64, end: tokio::time::Instant) -> Option<u64> {
        let Some(shared) = self.shared() else { return Some(until) };
        let mut copied = shared.copied.subscribe();
        let there = copied.wait_for(|copied| *copied > from);
        let copied = *tokio::time::timeout_at(end, there).await.ok()?.ok()?;
        Some(until.min(copied))
    }
}

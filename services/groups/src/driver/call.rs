//! What handles ask of the owner.

use super::authority::Authority;
use super::error::EnterError;
use super::event::Event;
use crate::core::{Class, Counters, GroupId, GroupOptions, ViewNumber};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// The least a message counts against what may wait, so that empty ones have a limit too.
pub(super) const SEND_BYTES_MIN: usize = 64;

/// One call.
#[derive(Debug)]
pub(super) enum Call {
    Enter { name: Arc<str>, options: GroupOptions, reply: oneshot::Sender<Result<Entered, EnterError>> },
    Send(Sending),
    Flush { group: GroupId, reply: oneshot::Sender<u64> },
    Query { group: GroupId, token: u64 },
    LeaveGroup { group: GroupId },
    State { group: GroupId, cut: ViewNumber, state: Bytes },
    Counters { reply: oneshot::Sender<Counters> },
    Leave,
}

/// A message on its way to the core. The permit goes back when the core has taken it.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) group: GroupId,
    pub(super) class: Class,
    pub(super) payload: Bytes,
    pub(super) _permit: OwnedSemaphorePermit,
}

/// What a new member of a group gets.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) group: GroupId,
    pub(super) events: mpsc::UnboundedReceiver<Event<Bytes>>,
    /// Octets of events unread.
    pub(super) unread: Arc<AtomicUsize>,
    /// Octets that may still be handed over.
    pub(super) credit: Arc<Semaphore>,
    /// From when on this process acts for the domain.
    pub(super) authority: Arc<Authority>,
}

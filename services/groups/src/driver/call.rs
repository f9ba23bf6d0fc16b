//! What handles ask of the owner, besides sending.

use super::authority::Authority;
use super::error::EnterError;
use super::gate::Gate;
use super::inbox::InboxReader;
use super::metrics::Metrics;
use super::registry::GroupEntry;
use super::requests::Answer;
use crate::core::{GroupId, GroupOptions, ViewNumber};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

/// One call.
#[derive(Debug)]
pub(super) enum Call {
    Enter { name: Arc<str>, options: GroupOptions, reply: oneshot::Sender<Result<Entered, EnterError>> },
    Flush { group: GroupId, reply: oneshot::Sender<u64> },
    Query { group: GroupId, token: u64 },
    LeaveGroup { group: GroupId },
    State { group: GroupId, place: StatePlace, state: Bytes },
    Cast { payload: Bytes, answer: Answer },
    Reset { name: Arc<str>, answer: Answer },
    Dissolve { name: Arc<str>, answer: Answer },
    Metrics { reply: oneshot::Sender<Metrics> },
    Groups { reply: oneshot::Sender<Vec<GroupEntry>> },
    Leave,
}

/// What a state is wanted for: joiners, as of a cut, or the log, after so many messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatePlace {
    Cut(ViewNumber),
    Checkpoint(u64),
}

/// What a new member of a group gets.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) group: GroupId,
    pub(super) events: InboxReader,
    /// Octets that may still be handed over.
    pub(super) credit: Arc<Semaphore>,
    /// From when on this process acts for the domain.
    pub(super) authority: Arc<Authority>,
    /// Whether this member's copy may be read at once.
    pub(super) gate: Arc<Gate>,
}

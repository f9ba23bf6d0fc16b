//! What a member of a group learns, in the group's one order.

use super::call::{Call, StatePlace};
use super::error::{Ended, Gone};
use crate::core::{Blocked, Class, GroupId, GroupView, ProcessId};
use bytes::Bytes;
use std::num::NonZeroU64;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Something that happened in a group.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<M> {
    /// The members changed. Everyone who goes from the view before to this one has seen the same messages between them.
    View(GroupView),
    /// A message, possibly one's own.
    Message(Delivery<M>),
    /// A message to the whole domain, which every group sees between the same messages of its own.
    Cast(Cast),
    /// Octets that are not a message of this type; the sender disagrees about it.
    Unreadable(Delivery<Bytes>),
    /// The group's state as of this place: replaces whatever this member had. Only in groups with state. A durable group
    /// that begins again from this process's log gives its last checkpoint, and then the messages that followed it.
    State(Bytes),
    /// The messages that followed the state in this process's log have been given: whatever comes now is new.
    Replayed,
    /// The state as of this place is wanted, for members that joined or for the log. Only in groups with state.
    StateWanted(StateRequest),
    /// What was sent and seen before the flush of this number is at every member.
    Stable(u64),
    /// A read that was asked for may be made at this place, of a state with all messages up to here and none after. Only in
    /// groups with queries.
    MayRead(ReadPermit),
    /// The read of this number cannot be made here now: this process is not in the primary partition, or has left.
    MayNotRead(u64),
    /// Something cannot go on for now: too little of the domain can be reached, senders wait for slow members, or no member
    /// with the state is left.
    Blocked(Blocked),
    /// It goes on.
    Unblocked(Blocked),
    /// The last event: this process is not in the group any more.
    Ended(Ended),
}

/// A message to the whole domain; see [`Domain::cast`](super::Domain::cast).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// Who sent it.
    pub sender: ProcessId,
    /// What was sent.
    pub payload: Bytes,
}

/// A delivered message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery<M> {
    /// Who sent it.
    pub sender: ProcessId,
    /// How it was sent.
    pub class: Class,
    /// What was sent.
    pub message: M,
    /// In a group of an ordering domain, of a totally ordered message: its number among those that this process was given in all
    /// of its groups there, from one on, without gaps. Who reads several groups takes their messages up by it.
    pub turn: Option<NonZeroU64>,
}

/// Says that this member's copy is current: nothing that any client can know of is missing, as long as no further event of
/// the group has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadPermit {
    /// The number of the read, from [`GroupSender::ask_to_read`](super::GroupSender::ask_to_read).
    pub read: u64,
    /// The permit is void from this moment on: then ask again.
    pub until: Instant,
}

/// A request for the state as of the place where it appears: answer it before reading the next event, or from a copy taken
/// now. A request that is dropped leaves the joiners waiting until another view names another donor, and the log growing.
#[derive(Debug)]
pub struct StateRequest {
    pub(super) group: GroupId,
    pub(super) place: StatePlace,
    pub(super) calls: mpsc::Sender<Call>,
}

impl StateRequest {
    /// Whether the state is for this process's own log, which begins with it from then on, and not for members that joined.
    #[must_use]
    pub fn is_for_the_log(&self) -> bool {
        matches!(self.place, StatePlace::Checkpoint(_))
    }

    /// Gives the state.
    ///
    /// # Errors
    /// When this process is no longer in the domain.
    pub async fn give(self, state: Bytes) -> Result<(), Gone> {
        self.calls.send(Call::State { group: self.group, place: self.place, state }).await.map_err(|_| Gone)
    }
}

impl Event<Bytes> {
    /// What the event costs while it waits.
    pub(super) fn waiting_bytes(&self) -> usize {
        let content = match self {
            Self::Message(delivery) => delivery.message.len(),
            Self::State(state) => state.len(),
            Self::Cast(cast) => cast.payload.len(),
            Self::View(view) => view.members.len() * size_of::<crate::core::GroupMember>(),
            _ => 0,
        };
        content + size_of::<Self>()
    }

    /// The same event with its message read.
    pub(super) fn read<M>(self, decode: fn(&Bytes) -> Option<M>) -> Event<M> {
        match self {
            Self::Message(Delivery { sender, class, message, turn }) => match decode(&message) {
                Some(message) => Event::Message(Delivery { sender, class, message, turn }),
                None => Event::Unreadable(Delivery { sender, class, message, turn }),
            },
            Self::Unreadable(delivery) => Event::Unreadable(delivery),
            Self::View(view) => Event::View(view),
            Self::State(state) => Event::State(state),
            Self::Replayed => Event::Replayed,
            Self::Cast(cast) => Event::Cast(cast),
            Self::StateWanted(request) => Event::StateWanted(request),
            Self::MayRead(permit) => Event::MayRead(permit),
            Self::MayNotRead(read) => Event::MayNotRead(read),
            Self::Stable(number) => Event::Stable(number),
            Self::Blocked(why) => Event::Blocked(why),
            Self::Unblocked(why) => Event::Unblocked(why),
            Self::Ended(why) => Event::Ended(why),
        }
    }
}

//! What the world tells the core, and what the core wants done.

use super::identity::{Address, GroupId, ProcessId, Time, View, ViewNumber};
use super::options::Class;
use super::wire::frame::FRAME_HEAD_BYTES;
use bytes::Bytes;
use std::sync::Arc;

/// A connection, numbered by the driver; numbers are not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Something that happened outside. What the application wants is said by the methods of the core.
#[derive(Debug, Clone)]
pub enum Event {
    /// A connection is open: the one dialled to this address, or one that was accepted.
    Opened {
        /// Its number.
        link: LinkId,
        /// The address that was dialled.
        dialled: Option<Address>,
    },
    /// A whole frame arrived, without the length in front of it.
    Received {
        /// On which connection.
        link: LinkId,
        /// Head and body.
        frame: Bytes,
    },
    /// A connection ended, whoever ended it.
    Closed {
        /// Which.
        link: LinkId,
    },
    /// A connection could not be opened.
    DialFailed {
        /// The address that was dialled.
        address: Address,
        /// Whether the host answered that nobody listens: strong evidence that the process is gone.
        refused: bool,
    },
    /// It is time: see [`Core::wake_at`](super::Core::wake_at).
    Tick,
}

/// Something to be done by the driver, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a connection.
    Dial {
        /// To whom.
        address: Address,
    },
    /// Write one frame: its length as four octets, little-endian, then head and body.
    Send {
        /// On which connection.
        link: LinkId,
        /// The head.
        head: [u8; FRAME_HEAD_BYTES],
        /// The body, shared with other sends of the same.
        body: Bytes,
    },
    /// End a connection.
    Close {
        /// Which.
        link: LinkId,
    },
    /// Something for the application.
    Tell(Upcall),
}

/// Something the application learns, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upcall {
    /// A view of the domain was installed. Views that only change groups have the members of the one before.
    View(View),
    /// A view of a group this process is in was installed.
    GroupView(GroupView),
    /// A message.
    Deliver {
        /// The group.
        group: GroupId,
        /// Who sent it.
        sender: ProcessId,
        /// How it was sent.
        class: Class,
        /// What was sent.
        payload: Bytes,
    },
    /// A payload ordered against everything in the domain.
    Cast {
        /// Who sent it.
        sender: ProcessId,
        /// What was sent.
        payload: Bytes,
    },
    /// The same, at its place among the deliveries of a group this process is in; once for each.
    GroupCast {
        /// The group.
        group: GroupId,
        /// Who sent it.
        sender: ProcessId,
        /// What was sent.
        payload: Bytes,
    },
    /// A cast or a reset of this process took effect with the present view.
    Decided {
        /// The request's number.
        token: u64,
    },
    /// The state of the group as of now is wanted, for joiners: answer with [`Core::state`](super::Core::state) before
    /// anything else is delivered to the group.
    TakeState {
        /// The group.
        group: GroupId,
        /// The view in which the state was true; the answer names it.
        cut: ViewNumber,
    },
    /// The state of the group, before anything else is delivered in it.
    InstallState {
        /// The group.
        group: GroupId,
        /// The view of the group at whose beginning the state was so.
        cut: ViewNumber,
        /// What a member's application gave.
        state: Bytes,
    },
    /// A query may read the state as it is now, if now is before the time given.
    Answer {
        /// The group.
        group: GroupId,
        /// The query's number.
        token: u64,
        /// When the lease ends that makes the answer current, on this process's clock.
        until: Time,
    },
    /// A query cannot be answered here now.
    Decline {
        /// The group.
        group: GroupId,
        /// The query's number.
        token: u64,
    },
    /// Everything sent and delivered in the group before the request is stable: every member has it.
    Stable {
        /// The group.
        group: GroupId,
        /// The request's number.
        token: u64,
    },
    /// A request to enter or leave a group, or to reset it, is refused.
    Refused {
        /// The request's number.
        token: u64,
        /// Why.
        reason: Refusal,
    },
    /// This process left a group, as it asked.
    LeftGroup {
        /// The group.
        group: GroupId,
    },
    /// Something cannot go on for now.
    Blocked(Blocked),
    /// What was blocked goes on.
    Unblocked(Blocked),
    /// The domain goes on without this process. It takes part again only as a new incarnation.
    Excluded,
    /// This process left the domain, as it asked. Those who stay have heard all it said, or it waited for them in vain.
    Left,
}

/// A view of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: Arc<str>,
    /// The view of the domain it came with.
    pub number: ViewNumber,
    /// The members by rank, and whether each has the group's state.
    pub members: Vec<GroupMember>,
}

impl GroupView {
    /// The member that gives the places of the total order in this view.
    #[must_use]
    pub fn sequencer(&self) -> Option<ProcessId> {
        self.members.get(self.group.sequencer(self.members.len())).map(|member| member.process)
    }
}

/// One member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupMember {
    /// Who.
    pub process: ProcessId,
    /// Whether it has the group's state; always so in a group without state.
    pub complete: bool,
}

/// What cannot go on, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocked {
    /// Too little of the last view can be reached: nothing is decided here.
    NotPrimary,
    /// Members of the group have not yet acknowledged what was sent.
    Credits(GroupId),
    /// No member with the group's state is left.
    Dormant(GroupId),
}

/// Why a request about a group is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such group.
    #[error("no such group")]
    NoGroup,
    /// The asker is already a member.
    #[error("already a member")]
    AlreadyMember,
    /// The asker is not a member.
    #[error("not a member")]
    NotMember,
    /// The group exists with other options.
    #[error("the group was created with other options")]
    OtherOptions,
    /// A member with state is there, or is none to have it.
    #[error("the group is not dormant")]
    NotDormant,
}

/// Why a call to the core is refused at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// This process is not, or no longer, in the domain.
    #[error("not a member of the domain")]
    NotInDomain,
    /// This process is not in the group.
    #[error("not a member of the group")]
    NotInGroup,
    /// The group allows only another class of messages.
    #[error("the group allows another class of messages")]
    ClassNotAllowed,
    /// The message exceeds its limit.
    #[error("message longer than the limit")]
    TooLong,
    /// More is waiting than the limit allows; wait for `Unblocked`.
    #[error("too much is waiting to be sent")]
    NoCredit,
    /// The options contradict each other.
    #[error(transparent)]
    Options(#[from] super::options::OptionsError),
}

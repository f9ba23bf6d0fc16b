//! What the world tells the core, and what the core wants done.

use super::identity::{Address, GroupId, ProcessId, Time, View, ViewNumber};
use super::options::Class;
use super::protocol::Protocol;
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
    /// All records up to this number are on stable storage.
    Synced {
        /// The number.
        number: u64,
    },
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
    /// Write a record to the log, and say so with [`Event::Synced`] when it is on stable storage. A log that cannot be
    /// written is the end of the process.
    Append {
        /// Its number: one more than the last.
        number: u64,
        /// The record.
        record: Bytes,
    },
    /// Records before this number are not needed any more.
    Forget {
        /// The first that is.
        before: u64,
    },
    /// Something for the application.
    Tell(Upcall),
}

/// Something the application learns, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upcall {
    /// A view of the domain was installed. Views that only change groups have the members of the one before.
    View(View),
    /// The domain runs at this version of the protocol from the present view on. Told with the first view, and when it is raised.
    Protocol {
        /// The version.
        version: Protocol,
    },
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
    /// The state of a durable group as of now is wanted, for the log: answer with
    /// [`Core::checkpoint`](super::Core::checkpoint), from the state at this place.
    TakeCheckpoint {
        /// The group.
        group: GroupId,
        /// How many messages were delivered before, each part of a large one counted; the answer names it.
        index: u64,
    },
    /// The group begins again from this process's log, after its view and before anything else is delivered in it.
    Restore {
        /// The group.
        group: GroupId,
        /// The last checkpoint.
        state: Bytes,
        /// The messages delivered after it, by whom and what.
        messages: Vec<(ProcessId, Bytes)>,
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
    /// A group that this process was in is no more.
    Dissolved {
        /// The group.
        group: GroupId,
    },
    /// Something cannot go on for now.
    Blocked(Blocked),
    /// What was blocked goes on.
    Unblocked(Blocked),
    /// The domain goes on without this process. It takes part again only as a new incarnation.
    Excluded,
    /// A process at this address does not want to hear from this one.
    Unwelcome {
        /// Where.
        address: Option<Address>,
        /// Why.
        reason: Unwelcome,
    },
    /// The domain runs at a version of the protocol that this process does not speak: it will never be admitted.
    TooOld,
    /// This process is in no view yet, and waits for these: a quorum of the last view it knows, or the seeds.
    Waiting {
        /// Where they are expected.
        addresses: Vec<Address>,
    },
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
    /// The member that gives the places of the total order when this view begins: it may hand the role over to one that sends
    /// alone.
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

/// Why a process is turned away. More reasons may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unwelcome(pub u8);

impl Unwelcome {
    /// It is of a domain of another name.
    pub const NAME: Self = Self(1);
    /// There is no version of the protocol that both speak.
    pub const PROTOCOL: Self = Self(2);
    /// Its domain has the same name, but is another one.
    pub const DOMAIN: Self = Self(3);
    /// It does not prove that it knows the shared key, or is asked for one it was not given.
    pub const KEY: Self = Self(4);
    /// This process is not, or no longer, in the domain.
    pub const ENDED: Self = Self(5);
}

impl std::fmt::Display for Unwelcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::NAME => f.write_str("its domain has another name"),
            Self::PROTOCOL => f.write_str("it speaks no version of the protocol that this process does"),
            Self::DOMAIN => f.write_str("it is in another domain of the same name"),
            Self::KEY => f.write_str("the two were not given the same key"),
            Self::ENDED => f.write_str("it is leaving, or has left"),
            Self(other) => write!(f, "for a reason of number {other}"),
        }
    }
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
    /// The state that a member has is that of an earlier life of the group.
    #[error("the state is of an earlier life of the group")]
    Outdated,
    /// The groups of the ordering domain have as many members as it can tell apart.
    #[error("the ordering domain is full")]
    OrderingFull,
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
    /// The domain runs at a version of the protocol without ordering domains, as long as a member speaks no later one.
    #[error("a member of the domain speaks a version of the protocol without ordering domains")]
    NoOrderingDomains,
    /// The group allows only another class of messages.
    #[error("the group allows another class of messages")]
    ClassNotAllowed,
    /// The group is durable and this process has no log.
    #[error("the group is durable: a member needs a log")]
    NoLog,
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

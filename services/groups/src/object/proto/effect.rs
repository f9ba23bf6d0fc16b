//! What a replica wants done, in this order.

use super::{Place, TimerChange};
use crate::core::ProcessId;
use bytes::Bytes;
use quorb::SystemException;
use quorb::adapter::{RelayedCall, RelayedReply};
use quorb::proto::head::RequestIdentity;
use std::sync::Arc;

/// A call of this member's clients that waits, numbered by the driver.
pub type Ticket = u64;

/// Something to be done by the driver.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Send this to the group, totally ordered and uniform.
    Multicast(Bytes),
    /// Execute a request, and say [`Replica::executed`](super::Replica::executed): before anything else is delivered in the
    /// active style, in this order in the executor style.
    Execute(Execution),
    /// The executor has nothing more to execute for now: give its state to
    /// [`Replica::conclude`](super::Replica::conclude) if it may have changed.
    Conclude,
    /// Let the object have this state.
    Adopt(Bytes),
    /// Let these effects of the executor happen to the object, too.
    Apply(Bytes),
    /// The executor's state is no longer ahead of what all have agreed on.
    Settled,
    /// Let the servant take updates again after a panic.
    Reactivate,
    /// The state goes back to what all have agreed on last.
    TakeBack,
    /// Say [`Replica::due`](super::Replica::due) with this number when so much time has passed; an alarm of this number that was set
    /// before is void.
    Arm {
        /// The timer.
        number: u64,
        /// Microseconds from now on.
        after_us: u64,
    },
    /// This alarm need not ring any more.
    Disarm {
        /// The timer.
        number: u64,
    },
    /// A call that waits here is at its end.
    Answer {
        /// Whom.
        ticket: Ticket,
        /// What.
        answer: Answer,
    },
    /// The object is served by these members now. Versions grow.
    Publish {
        /// The version of the set.
        version: u64,
        /// The members with the object's state, by rank, and where they are.
        places: Vec<(ProcessId, Place)>,
    },
    /// Give the digest of the state as it is now to [`Replica::digested`](super::Replica::digested).
    TakeDigest {
        /// The place in the order.
        place: u64,
    },
    /// This member's state differs from that of a strict majority of the members: it must not serve any more.
    Diverged {
        /// Where it was noticed.
        place: u64,
    },
    /// The members' states differ, and no majority agrees: somebody has to look.
    Disputed {
        /// Where it was noticed.
        place: u64,
    },
}

/// A request to be executed.
#[derive(Debug, Clone)]
pub struct Execution {
    /// Which.
    pub key: RequestIdentity,
    /// The call; nothing if a timer has fired.
    pub call: RelayedCall,
    /// The timer that has fired, if it is that.
    pub timer: Option<Arc<str>>,
    /// Its time and chance, the same at every member.
    pub moment: Moment,
    /// What the updates are named by that it makes elsewhere.
    pub outside: Outside,
}

/// What has come of an execution.
#[derive(Debug, Clone)]
pub struct Executed {
    /// The reply; of what a timer does nobody hears.
    pub reply: RelayedReply,
    /// The servant has panicked: it may be half changed.
    pub panicked: bool,
    /// What it wants of the object's timers, in this order.
    pub timers: Vec<TimerChange>,
}

impl From<RelayedReply> for Executed {
    fn from(reply: RelayedReply) -> Self {
        Self { reply, panicked: false, timers: Vec::new() }
    }
}

/// How the object names its updates of other objects: the same whoever executes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outside {
    /// The client that the object is for others.
    pub client: u64,
    /// When it began, in microseconds since 1970: its incarnation.
    pub since_us: u64,
    /// The request's place in the order.
    pub place: u64,
    /// Requests at earlier places have their outcome.
    pub open_from: u64,
}

/// The time and the chance of a request: part of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The order's clock: microseconds since 1970; later requests have later times.
    pub time_us: u64,
    /// Where random numbers start.
    pub seed: u64,
}

/// What a waiting call gets.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The reply.
    Reply(RelayedReply),
    /// The broker's own refusal.
    Refusal(Box<SystemException>),
    /// The client should begin another life, in this incarnation; nothing was executed.
    BeginAgain(Box<SystemException>, u64),
}

//! The replica core: one value per replicated object and member.
//!
//! ```text
//!   calls of clients --> call() ------> Effect::Multicast      to the group: total order, uniform
//!   the group's order -> deliver() ---> Effect::Execute ----> executed() --> Effect::Answer
//!   the group's views -> view() ------> Effect::Publish        the new set of endpoints
//!   alarms that rang --> due() -------> Effect::Multicast      to the group: the timer's place
//!   joiners <----------- save(), restore()
//! ```
//!
//! **How it is driven.** One input after the other, each followed by [`Replica::take_effects`]; the effects are done in their
//! order. Nothing here knows a clock, chance, a lock or an executor of tasks: time and chance are arguments of
//! [`Replica::call`], and travel in the order. Members that are given the same order are equal in everything that
//! [`Replica::save`] writes; what else is here concerns the calls that wait at this member.
//!
//! **Exactly once.** A call becomes a request with its client's identity. Whoever delivers it looks into the [`table`]: the
//! first place of a request executes it, later ones (the client asked another member, too) get the same reply. The
//! reply leaves when the request is delivered here, which in a uniform order means that every member has it.

mod calls;
mod divergence;
mod effect;
mod executor;
pub(crate) mod limits;
pub(crate) mod message;
mod mistake;
mod order;
mod places;
mod saved;
pub mod table;
#[cfg(test)]
mod tests;
mod timers;

pub use effect::{Answer, Effect, Executed, Execution, Moment, Outside, Ticket};
pub use executor::Concluded;
pub use limits::ReplicaLimits;
pub use message::Place;
#[doc(hidden)]
pub use mistake::Mistake;
pub use saved::SavedError;
pub use timers::TimerChange;

use crate::core::{GroupView, ProcessId};
use calls::Calls;
use divergence::Checkpoints;
use executor::{Executor, Work};
use places::Places;
use table::Table;
use timers::Timers;

/// How the members of a group execute requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Every member executes every request, at the same place. Servants are deterministic: time and chance come from the
    /// order, and calls to other objects are refused.
    #[default]
    Active = 0,
    /// One member executes and ships what comes of it; another steps in if it is lost. Servants do as they like.
    Executor = 1,
}

/// A call of a client, as the member that it came to sees it.
#[derive(Debug, Clone)]
pub struct ClientCall {
    /// What is called.
    pub call: quorb::adapter::RelayedCall,
    /// The client's own identity for it; none for clients that number nothing.
    pub identity: Option<quorb::proto::head::RequestIdentity>,
    /// Lower sequences of the client have their answers.
    pub acknowledged_below: u64,
    /// The client has sent it before.
    pub is_repeated: bool,
}

/// A replicated object at one member.
#[derive(Debug)]
pub struct Replica {
    me: ProcessId,
    limits: ReplicaLimits,
    out: Vec<Effect>,
    calls: Calls,
    work: Work,
    /// The rest is the same at all members.
    shared: Shared,
    /// The last view of the group.
    view: Option<GroupView>,
    /// This member has the object's state.
    complete: bool,
    /// It goes through its own log: the views that lay between the messages are not in it.
    replaying: bool,
    mistake: Option<Mistake>,
}

/// What all members agree on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    style: Style,
    ships_effects: bool,
    interface: std::sync::Arc<str>,
    fingerprint: u64,
    table: Table,
    places: Places,
    executor: Executor,
    checkpoints: Checkpoints,
    /// How many checkpoints of effects there have been.
    compared: u64,
    timers: Timers,
    /// The order's clock: microseconds since 1970.
    clock_us: u64,
    /// Requests that have had their place.
    requests: u64,
    /// The client that the object is for others, and since when: drawn for the first request.
    outside: (u64, u64),
    /// An update panicked: no more are executed until somebody reactivates the object.
    poisoned: bool,
}

impl Replica {
    /// A member that has the object's first state, or waits for [`restore`](Self::restore).
    #[must_use]
    pub fn new(me: ProcessId, own: &Place, limits: ReplicaLimits) -> Self {
        Self {
            me,
            limits,
            out: Vec::new(),
            calls: Calls::default(),
            work: Work::default(),
            shared: Shared {
                style: own.style,
                ships_effects: own.ships_effects,
                interface: own.interface.clone(),
                fingerprint: own.fingerprint,
                table: Table::default(),
                places: Places::default(),
                executor: Executor::default(),
                checkpoints: Checkpoints::default(),
                compared: 0,
                timers: Timers::default(),
                clock_us: 0,
                requests: 0,
                outside: (0, 0),
                poisoned: false,
            },
            view: None,
            complete: false,
            replaying: false,
            mistake: None,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn with_mistake(mut self, mistake: Option<Mistake>) -> Self {
        self.mistake = mistake;
        self
    }

    /// What is to be done, in this order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.out)
    }

    /// The limits that it was given.
    #[must_use]
    pub fn limits(&self) -> &ReplicaLimits {
        &self.limits
    }

    /// The last view of the group.
    #[must_use]
    pub fn group_view(&self) -> Option<&GroupView> {
        self.view.as_ref()
    }

    /// Whether this member has the object's state.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether an update panicked, so that no more are executed.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.shared.poisoned
    }

    /// The table of requests, to be looked at.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.shared.table
    }

    /// Requests that have had their place.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests
    }

    /// Counts the executors that there have been, in the executor style.
    #[must_use]
    pub fn term(&self) -> u64 {
        self.shared.executor.term()
    }

    /// The member that executes, in the executor style.
    #[must_use]
    pub fn executor(&self) -> Option<ProcessId> {
        self.shared.executor.who()
    }

    fn emit(&mut self, effect: Effect) {
        self.out.push(effect);
    }
}

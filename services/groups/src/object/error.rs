//! Why an object could not be served, by what can be done about it.

use super::proto::SavedError;
use crate::driver::{Ended, EnterError, Gone};
use quorb::SystemException;

/// Why this process does not serve the object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The object's state has no form in which it could be given to a joiner.
    #[error(transparent)]
    State(#[from] StateError),
    /// The broker listens nowhere: no client, and no other member's client, could reach this one.
    #[error("the broker has no address that others can dial: let it listen on one")]
    NotReachable,
    /// The adapter refuses the object.
    #[error("the object cannot be activated: {0}")]
    Activation(#[from] SystemException),
    /// The group cannot be entered.
    #[error("the group cannot be entered: {0}")]
    Enter(#[from] EnterError),
    /// The group's members have another object, or another library.
    #[error(transparent)]
    Saved(#[from] SavedError),
    /// This member's state was not that of the others.
    #[error(
        "this member's state differed from that of most members at request {place}, so it has left: the servant does something that is not the same everywhere"
    )]
    Diverged {
        /// Where it was noticed.
        place: u64,
    },
    /// The membership ended before this member had the state.
    #[error("the membership ended before the object was served: {0}")]
    Ended(Ended),
}

impl From<Gone> for ServeError {
    fn from(gone: Gone) -> Self {
        Self::Enter(gone.into())
    }
}

/// Why a state cannot be given or taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// It does not serialise.
    #[error("the object's state cannot be written as CBOR: {0}")]
    Unwritable(String),
    /// It does not come back.
    #[error("the object's state cannot be read back: {0}")]
    Unreadable(String),
    /// It is too large.
    #[error("the object's state has {octets} octets, above the limit {limit} = {max}")]
    TooLarge {
        /// Its size.
        octets: usize,
        /// The name of the limit.
        limit: &'static str,
        /// The limit.
        max: usize,
    },
    /// Calls stand in its way.
    #[error("the object's state cannot be reached: {0}")]
    Busy(SystemException),
}

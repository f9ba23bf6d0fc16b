//! What can go wrong, by what the caller can do about it.

use super::log::LogError;
use crate::core::{CallError, LEASE_MAX, OptionsError, Refusal};

/// Why a process could not begin to join.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Without seeds there is nobody to ask.
    #[error("no seeds: give the addresses of the processes that found the domain")]
    NoSeeds,
    /// Seeds are counted, so each may be listed once.
    #[error("the seed {0} is listed twice")]
    SeedTwice(String),
    /// The listening address is a wildcard, which others cannot dial.
    #[error("others cannot dial {0}: say with advertise() how they reach this process")]
    NotDialable(String),
    /// The detection time is too short for any clock and scheduler.
    #[error("a detection time of {0} ms is too short: the least is {min} ms", min = super::join::DETECTION_MIN.as_millis())]
    DetectionTooShort(u128),
    /// A lease that is no good.
    #[error("a lease of {0} ms is not between {min} and {max} ms", min = super::join::LEASE_MIN.as_millis(), max = LEASE_MAX.as_millis())]
    LeaseOutOfRange(u128),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data directory cannot be used.
    #[error("the log cannot be used: {0}")]
    Log(#[from] LogError),
    /// Nobody at the seeds is in this domain, and they have not founded it.
    #[error(
        "no domain `{name}` was found within {waited:?} at {seeds}: are the seeds running, with this name, this key and this same list?"
    )]
    NoDomain {
        /// The domain's name.
        name: String,
        /// How long it was looked for.
        waited: std::time::Duration,
        /// The seeds.
        seeds: String,
    },
    /// The process was refused or excluded before its first view.
    #[error("ended before the first view: {0}")]
    Ended(Ended),
}

/// Why a group could not be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnterError {
    /// The options contradict each other.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The domain refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The core refuses at once.
    #[error(transparent)]
    Call(CallError),
    /// This process is no longer in the domain.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// Why a cast, a reset or a dissolution did not take effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The domain refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The core refuses at once.
    #[error(transparent)]
    Call(#[from] CallError),
    /// This process is no longer in the domain. What was under way may have been decided all the same.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The group allows only another class of messages.
    #[error("the group allows another class of messages")]
    ClassNotAllowed,
    /// The message exceeds its limit.
    #[error("message of {octets} octets; the limit is {max}")]
    TooLong {
        /// Its length.
        octets: usize,
        /// The limit.
        max: usize,
    },
    /// The message has no form as octets.
    #[error("cannot encode the message: {0}")]
    Encode(#[from] ciborium::ser::Error<std::io::Error>),
    /// This process is no longer in the group.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// The group or the domain goes on without this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no longer a member")]
pub struct Gone;

/// Why a membership ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ended {
    /// As this process asked.
    #[error("left as asked")]
    Left,
    /// The domain excluded this process. It takes part again by joining anew.
    #[error("excluded by the domain; join again to take part")]
    Excluded,
    /// The domain runs at a version of the protocol that this process does not speak.
    #[error("the domain runs at a version of the protocol that this process does not speak: upgrade it")]
    TooOld,
    /// The application did not read the group's events for too long.
    #[error("too many unread events: left the group")]
    Unread,
    /// The log cannot be written, for want of room for instance: what is not written must not be said.
    #[error("the log cannot be written: {0}")]
    LogFailed(std::io::ErrorKind),
    /// The group was dissolved: it is no more for anyone.
    #[error("the group was dissolved")]
    Dissolved,
    /// The domain was dropped.
    #[error("the domain was dropped")]
    Dropped,
}

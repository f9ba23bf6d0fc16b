//! What can go wrong with events.

use quorb::value::AnyError;
use quorb::{Fault, SystemException};

use crate::native::{
    ChannelError, ChannelOptions, PublishError, SettleError, SubscribeError, TakeError, WhyEjected, WhyNot,
};
use crate::subject::SubjectError;

/// Why something with events did not work.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The text is no subject, or no pattern.
    #[error("`{text}`: {cause}")]
    Subject {
        /// The text, shortened.
        text: String,
        /// Why.
        cause: SubjectError,
    },
    /// There is no such channel, and none is made by looking for events.
    #[error("there is no channel `{0}`")]
    NoChannel(String),
    /// The channel exists, and promises something else.
    #[error("the channel `{channel}` exists with other options: {options:?}")]
    OtherOptions {
        /// Its name.
        channel: String,
        /// What it has.
        options: Box<ChannelOptions>,
    },
    /// The service does not take it.
    #[error("refused: {0}")]
    Refused(String),
    /// Events were not published.
    #[error("{events} events were not published: {}", why_not(*why))]
    NotPublished {
        /// How many.
        events: u64,
        /// Why.
        why: WhyNot,
    },
    /// The value cannot be written.
    #[error("the value has no form: {0}")]
    Value(#[from] AnyError),
    /// The event is larger than any block may be.
    #[error("an event of {bytes} octets, above block_bytes_max = {limit}")]
    TooLarge {
        /// How large.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The call failed.
    #[error(transparent)]
    Call(#[from] SystemException),
}

fn why_not(why: WhyNot) -> &'static str {
    match why {
        WhyNot::Overloaded => "too many wait already",
        WhyNot::SlowSubscriber => "a slow subscriber has made no room in time",
        WhyNot::Store => "they could not be written to the disk",
        WhyNot::Ending => "the channel ends",
        WhyNot::NotAgreed => "the servers that have the channel may not have agreed on them",
    }
}

/// What a subscriber did not get, and why. A feed goes on behind it, unless it says otherwise.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Loss {
    /// Events were dropped since the queue was full.
    #[error("{oldest} older and {newest} newer events were dropped, {conflated} replaced by newer ones")]
    Dropped {
        /// They made room for newer ones.
        oldest: u64,
        /// They found no room.
        newest: u64,
        /// A newer one with the same key has replaced them.
        conflated: u64,
    },
    /// Positions that were asked for, and are not kept any more, or are damaged.
    #[error("the positions {from} to {} are gone", to.saturating_sub(1))]
    Gone {
        /// The first one.
        from: u64,
        /// The one behind the last one.
        to: u64,
    },
    /// The service was restarted, and the channel with it: nobody knows how many events there were in between.
    #[error("the channel has begun anew: events in front of position {next} may have been missed")]
    Restarted {
        /// Where the feed goes on.
        next: u64,
    },
    /// The event is of another type.
    #[error("the event at {position} is a `{found}`")]
    OtherType {
        /// Where it is.
        position: u64,
        /// Its subject.
        subject: String,
        /// Its type.
        found: String,
    },
    /// The event is not what its publisher says.
    #[error("the event at {position} is malformed: {cause}")]
    Malformed {
        /// Where it is.
        position: u64,
        /// Why.
        cause: String,
    },
    /// The feed has ended: the subscriber was too slow, or the channel was removed. Nothing comes any more.
    #[error("the service has ended the subscription in front of position {next}: {}", ejected(*why))]
    Ejected {
        /// Why.
        why: WhyEjected,
        /// The first position that was not delivered.
        next: u64,
    },
    /// The feed has ended: the service cannot be reached.
    #[error("the service cannot be reached: {0}")]
    Unreachable(SystemException),
}

impl Loss {
    /// Whether the feed ends with it.
    pub fn is_end(&self) -> bool {
        matches!(self, Loss::Ejected { .. } | Loss::Unreachable(_))
    }
}

fn ejected(why: WhyEjected) -> &'static str {
    match why {
        WhyEjected::TooSlow => "it was too slow",
        WhyEjected::ChannelRemoved => "the channel was removed",
    }
}

/// An exception, as it concerns a channel.
pub(super) trait About {
    fn about(self, channel: &str) -> EventError;
}

impl About for ChannelError {
    fn about(self, channel: &str) -> EventError {
        match self {
            ChannelError::NoChannel(_) => EventError::NoChannel(channel.to_owned()),
            ChannelError::BadSubject(bad) => EventError::Refused(bad.why),
            ChannelError::OtherOptions(other) => {
                EventError::OtherOptions { channel: channel.to_owned(), options: Box::new(other.options) }
            }
        }
    }
}

impl About for PublishError {
    fn about(self, channel: &str) -> EventError {
        match self {
            PublishError::NoChannel(_) => EventError::NoChannel(channel.to_owned()),
            PublishError::BadBlock(bad) => EventError::Refused(bad.why),
            PublishError::NotAccepted(not) => EventError::NotPublished { events: 0, why: not.why },
        }
    }
}

impl About for SubscribeError {
    fn about(self, channel: &str) -> EventError {
        match self {
            SubscribeError::NoChannel(_) => EventError::NoChannel(channel.to_owned()),
            SubscribeError::BadSubject(bad) => EventError::Refused(bad.why),
            SubscribeError::BadOptions(bad) => EventError::Refused(bad.why),
        }
    }
}

impl About for SettleError {
    fn about(self, channel: &str) -> EventError {
        match self {
            SettleError::NoChannel(_) => EventError::NoChannel(channel.to_owned()),
            SettleError::BadOptions(bad) => EventError::Refused(bad.why),
        }
    }
}

impl About for TakeError {
    fn about(self, channel: &str) -> EventError {
        match self {
            TakeError::NoSubscription(_) | TakeError::Ejected(_) => EventError::NoChannel(channel.to_owned()),
        }
    }
}

impl About for std::convert::Infallible {
    fn about(self, _: &str) -> EventError {
        match self {}
    }
}

impl<E: About> About for Fault<E> {
    fn about(self, channel: &str) -> EventError {
        match self {
            Fault::User(declared) => declared.about(channel),
            Fault::System(exception) => EventError::Call(exception),
        }
    }
}

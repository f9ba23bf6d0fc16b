//! `quorb events create` and `rm`: channels that promise what they are asked to.

use clap::{Args, ValueEnum};
use quorb_events::{ChannelOptions, Events, Guarantee};

use super::failed;
use crate::verdict::Verdict;

/// Make a channel, unless it is there already
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorb events create equities --guarantee durable\n  quorb events create ticks --guarantee best-effort --queue 100"
)]
pub(super) struct Create {
    /// Its name: the first level of its subjects
    channel: String,
    /// What it promises
    #[arg(long, value_enum, default_value_t = Promise::Ordered)]
    guarantee: Promise,
    /// The queue of a subscriber that asks for none, in events
    #[arg(long, value_name = "N")]
    queue: Option<u32>,
}

/// Remove a channel and its events
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb events rm equities")]
pub(super) struct Rm {
    /// The channel
    channel: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Promise {
    /// Publishing never waits; what does not fit is dropped and counted
    BestEffort,
    /// Everybody sees the same order; what subscribers drop is counted
    Ordered,
    /// Subscribers that stay get every event
    Reliable,
    /// Events are on the disk before their publisher is answered
    Durable,
}

impl From<Promise> for Guarantee {
    fn from(promise: Promise) -> Guarantee {
        match promise {
            Promise::BestEffort => Guarantee::BestEffort,
            Promise::Ordered => Guarantee::Ordered,
            Promise::Reliable => Guarantee::Reliable,
            Promise::Durable => Guarantee::Durable,
        }
    }
}

impl Create {
    pub(super) async fn run(self, events: &Events) -> Result<(), Verdict> {
        let mut options = ChannelOptions::new(self.guarantee.into());
        if let Some(queue) = self.queue {
            options.queue_events = queue;
        }
        events.channel(&self.channel, options).await.map(drop).map_err(failed)
    }
}

impl Rm {
    pub(super) async fn run(self, events: &Events) -> Result<(), Verdict> {
        events.remove(&self.channel).await.map_err(failed)
    }
}

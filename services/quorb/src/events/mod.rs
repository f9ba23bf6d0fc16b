//! `quorb events`: the events of an event service.

mod channels;
mod create;
mod publish;
mod tail;

use std::time::Duration;

use clap::{Args, Subcommand};
use quorb::Orb;
use quorb_events::{EventError, Events};

use crate::broker::asked_by;
use crate::call::duration;
use crate::output::Output;
use crate::reference;
use crate::verdict::Verdict;

/// Publish and follow events, list and describe channels
#[derive(Debug, Args)]
#[command(after_help = "\
A SUBJECT has levels: equities/ibm. The first one is its channel. In a PATTERN `*` stands for one
level, and `**`, at the end, for all that are left: equities/*, equities/**.

Examples:
  quorb events create equities --guarantee durable
  quorb events publish equities/ibm 'up two'
  quorb events tail 'equities/**'
  quorb events replay 'equities/*' --since 1h
  quorb events channels
  quorb events describe equities")]
pub(crate) struct EventsVerb {
    /// The event service [default: $QUORB_EVENTS, else corbaloc::localhost:2809/EventService]
    #[arg(long, value_name = "REF", global = true)]
    events: Option<String>,
    /// The time that each call may take: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration, global = true)]
    deadline: Duration,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Tail(tail::Tail),
    Replay(tail::Replay),
    Publish(publish::Publish),
    Channels(channels::Channels),
    Describe(channels::Describe),
    Create(create::Create),
    Rm(create::Rm),
}

impl EventsVerb {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let builder = Orb::builder().call_deadline(self.deadline);
        asked_by(builder, async |orb| self.done(orb, output).await).await
    }

    async fn done(self, orb: &Orb, output: &mut Output) -> Result<(), Verdict> {
        let events = match &self.events {
            Some(text) => {
                let service = orb.resolve(&reference::text_of(text)?).await.map_err(Verdict::failed)?;
                Events::with_service(service)
            }
            None => Events::of(orb).map_err(failed)?,
        };
        match self.verb {
            Verb::Tail(tail) => tail.run(&events, output).await,
            Verb::Replay(replay) => replay.run(&events, output).await,
            Verb::Publish(publish) => publish.run(&events, self.deadline).await,
            Verb::Channels(channels) => channels.run(&events, output).await,
            Verb::Describe(describe) => describe.run(&events, output).await,
            Verb::Create(create) => create.run(&events).await,
            Verb::Rm(rm) => rm.run(&events).await,
        }
    }
}

fn failed(error: EventError) -> Verdict {
    match &error {
        EventError::Subject { .. } => Verdict::misused(error),
        _ => Verdict::failed(error),
    }
}

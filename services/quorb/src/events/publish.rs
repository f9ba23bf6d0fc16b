//! `quorb events publish`: one event, or a line each.

use std::io::BufRead;
use std::time::Duration;

use clap::{Args, ValueEnum};
use quorb::Any;
use quorb_events::{Events, Topic};

use super::failed;
use crate::verdict::Verdict;

/// Publish an event
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorb events publish equities/ibm 'up two'
  quorb events publish equities/ibm --type double 101.5
  seq 1000 | quorb events publish numbers --type long -")]
pub(super) struct Publish {
    /// What it is about
    subject: String,
    /// The value; `-` publishes each line of standard input
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// The type of the value
    #[arg(long, value_enum, default_value_t = Type::String)]
    r#type: Type,
    /// What it is conflated by: subscribers may want only the newest event of each key
    #[arg(long)]
    key: Option<String>,
}

/// What a word on the command line can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    String,
    Boolean,
    Short,
    Long,
    LongLong,
    Double,
}

impl Type {
    fn any(self, text: &str) -> Result<Any, Verdict> {
        let wrong = || Verdict::misused(format_args!("`{text}` is no {}", self.word()));
        let any = match self {
            Type::String => Any::new(&text.to_owned()),
            Type::Boolean => Any::new(&text.parse::<bool>().map_err(|_| wrong())?),
            Type::Short => Any::new(&text.parse::<i16>().map_err(|_| wrong())?),
            Type::Long => Any::new(&text.parse::<i32>().map_err(|_| wrong())?),
            Type::LongLong => Any::new(&text.parse::<i64>().map_err(|_| wrong())?),
            Type::Double => Any::new(&text.parse::<f64>().map_err(|_| wrong())?),
        };
        any.map_err(Verdict::misused)
    }

    fn word(self) -> &'static str {
        match self {
            Type::String => "string",
            Type::Boolean => "boolean",
            Type::Short => "short",
            Type::Long => "long",
            Type::LongLong => "long long",
            Type::Double => "double",
        }
    }
}

impl Publish {
    pub(super) async fn run(self, events: &Events, deadline: Duration) -> Result<(), Verdict> {
        if self.value != "-" {
            // Wrong usage is found before anybody is asked.
            let value = self.r#type.any(&self.value)?;
            let topic = events.topic::<Any>(&self.subject).await.map_err(failed)?;
            self.send(&topic, value).await?;
            return self.finish(&topic, deadline).await;
        }
        let topic = events.topic::<Any>(&self.subject).await.map_err(failed)?;
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(|cause| Verdict::failed(format_args!("standard input: {cause}")))?;
            let value = self.r#type.any(&line)?;
            self.send(&topic, value).await?;
        }
        self.finish(&topic, deadline).await
    }

    async fn send(&self, topic: &Topic<Any>, value: Any) -> Result<(), Verdict> {
        let sent = match &self.key {
            Some(key) => topic.publish_keyed(key, value).await,
            None => topic.post(value).await,
        };
        sent.map_err(failed)
    }

    /// Everything is where the channel promises.
    async fn finish(&self, topic: &Topic<Any>, deadline: Duration) -> Result<(), Verdict> {
        match tokio::time::timeout(deadline.max(Duration::from_secs(1)), topic.flush()).await {
            Ok(flushed) => flushed.map_err(failed),
            Err(_) => Err(Verdict::failed("the event service has not taken the events in time")),
        }
    }
}

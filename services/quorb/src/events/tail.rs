//! `quorb events tail` and `replay`: events as they come, and as they came.

use std::time::{Duration, SystemTime};

use clap::Args;
use quorb::Any;
use quorb_events::{Event, Events, Feed, Loss, Start};
use serde::Serialize;

use super::failed;
use crate::call::{any_json, any_text, duration};
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// Print events as they come
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorb events tail 'equities/**'
  quorb events tail equities/ibm --last 10 --count 20 --json
  quorb events tail 'orders/**' --as billing             the next time it goes on where it was")]
pub(super) struct Tail {
    /// What to print: a subject, or a pattern
    #[arg(value_name = "SUBJECT")]
    pattern: String,
    /// Begin with so many of the last events
    #[arg(long, value_name = "N", default_value_t = 0)]
    last: u64,
    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// A name under which the channel remembers what was printed; the first time it begins with the oldest event
    #[arg(long = "as", value_name = "NAME", conflicts_with = "last")]
    name: Option<String>,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

/// Print events as they came, up to now
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorb events replay 'equities/*' --since 1h
  quorb events replay equities/ibm --from 17 --json
  quorb events replay 'equities/**' --follow")]
pub(super) struct Replay {
    /// What to print: a subject, or a pattern
    #[arg(value_name = "SUBJECT")]
    pattern: String,
    /// Begin so long ago: 90s, 10m, 1h, 1d; everything there is if neither this nor --from is given
    #[arg(long, value_name = "TIME", value_parser = ago, conflicts_with = "from")]
    since: Option<Duration>,
    /// Begin at this position
    #[arg(long, value_name = "POSITION")]
    from: Option<u64>,
    /// Go on with what comes
    #[arg(long)]
    follow: bool,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    position: u64,
    time_us: u64,
    subject: &'a str,
    #[serde(rename = "type")]
    ty: String,
    value: serde_json::Value,
}

/// A time span, days and hours included.
fn ago(text: &str) -> Result<Duration, String> {
    for (unit, seconds) in [("d", 86_400), ("h", 3_600)] {
        if let Some(Ok(number)) = text.strip_suffix(unit).map(str::parse::<u64>) {
            return number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(|| "too long".to_owned());
        }
    }
    duration(text)
}

impl Tail {
    pub(super) async fn run(self, events: &Events, output: &mut Output) -> Result<(), Verdict> {
        let subscription = events.subscription(&self.pattern);
        let is_named = self.name.is_some();
        let subscription = match (&self.name, self.last) {
            (Some(name), _) => subscription.from(Start::First).named(name),
            (None, 0) => subscription,
            (None, last) => subscription.last(last),
        };
        let feed: Feed<Any> = subscription.open().await.map_err(failed)?;
        print(feed, Printer { json: self.json, left: self.count, is_named }, output).await
    }
}

impl Replay {
    pub(super) async fn run(self, events: &Events, output: &mut Output) -> Result<(), Verdict> {
        let subscription = events.subscription(&self.pattern);
        let subscription = match (self.since, self.from) {
            (Some(since), _) => {
                subscription.since(SystemTime::now().checked_sub(since).unwrap_or(SystemTime::UNIX_EPOCH))
            }
            (None, Some(position)) => subscription.at(position),
            (None, None) => subscription.from(Start::First),
        };
        let subscription = if self.follow { subscription } else { subscription.until_now() };
        let feed: Feed<Any> = subscription.open().await.map_err(failed)?;
        print(feed, Printer { json: self.json, left: None, is_named: false }, output).await
    }
}

struct Printer {
    json: bool,
    /// How many events are printed.
    left: Option<u64>,
    /// The channel is told what was printed.
    is_named: bool,
}

/// How long what was printed is not settled while more comes.
const UNSETTLED_MAX: Duration = Duration::from_millis(200);

async fn print(mut feed: Feed<Any>, mut printer: Printer, output: &mut Output) -> Result<(), Verdict> {
    let mut settle_at = None;
    let printing = async {
        while printer.left != Some(0) {
            let next = match settle_at {
                None => feed.next_event().await,
                Some(at) => match tokio::time::timeout_at(at, feed.next_event()).await {
                    Ok(next) => next,
                    Err(_) => {
                        feed.settle().await.map_err(failed)?;
                        settle_at = None;
                        continue;
                    }
                },
            };
            match next {
                Some(Ok(event)) => printer.print(&event, output)?,
                Some(Err(loss)) if loss.is_end() => return Err(Verdict::failed(loss)),
                Some(Err(loss)) => tell(&loss),
                None => return Ok(()),
            }
            if printer.is_named {
                settle_at = settle_at.or(Some(tokio::time::Instant::now() + UNSETTLED_MAX));
            }
        }
        Ok(())
    };
    let printed = tokio::select! {
        printed = printing => printed,
        // Whoever has seen enough ends it; that is no failure.
        () = quorb::shutdown_signal() => Ok(()),
    };
    if printed.is_ok() && settle_at.is_some() {
        feed.settle().await.map_err(failed)?;
    }
    printed
}

fn tell(loss: &Loss) {
    eprintln!("{}", harmless(&loss.to_string()));
}

impl Printer {
    fn print(&mut self, event: &Event<Any>, output: &mut Output) -> Result<(), Verdict> {
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        let subject = &event.subject;
        if self.json {
            let value = any_json(&event.value).map_err(Verdict::failed)?;
            let (position, time_us) = (event.position, event.time_us);
            let ty = event.value.type_code().to_string();
            let line = Line { position, time_us, subject, ty, value };
            return output.line(serde_json::to_string(&line).map_err(Verdict::failed)?);
        }
        let text = any_text(&event.value).map_err(Verdict::failed)?;
        let text: Vec<String> = text.lines().map(harmless).collect();
        let subject = output.paint(Tone::Label, harmless(subject));
        output.line(format_args!("{subject}  {}", text.join("\n")))
    }
}

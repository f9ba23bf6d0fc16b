//! `quorb events channels` and `describe`: what there is, and how it is doing.

use clap::Args;
use quorb_events::native::{ChannelInfo, ChannelReport, SubscriberReport};
use quorb_events::{Events, Guarantee, Overflow};
use serde::Serialize;

use super::failed;
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// List the channels
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb events channels\n  quorb events channels --json")]
pub(super) struct Channels {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Say what a channel promises, who is subscribed, and how they are doing
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb events describe equities\n  quorb events describe equities --json")]
pub(super) struct Describe {
    /// The channel
    channel: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct ChannelLine<'a> {
    name: &'a str,
    guarantee: &'static str,
    next: u64,
}

#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    guarantee: &'static str,
    overflow: &'static str,
    queue_events: u32,
    oldest: u64,
    next: u64,
    published: u64,
    repeated: u64,
    waiting: u32,
    corba_peers: u32,
    servers: &'a [String],
    subscribers: Vec<SubscriberLine<'a>>,
    settled: Vec<SettledLine<'a>>,
}

/// How far a subscriber with a name has come.
#[derive(Serialize)]
struct SettledLine<'a> {
    name: &'a str,
    next: u64,
}

#[derive(Serialize)]
struct SubscriberLine<'a> {
    pattern: &'a str,
    overflow: &'static str,
    matched: u64,
    delivered: u64,
    queued: u64,
    dropped_oldest: u64,
    dropped_newest: u64,
    conflated: u64,
    behind: bool,
}

/// A guarantee as it is written on the command line.
pub(super) fn guarantee_word(guarantee: Guarantee) -> &'static str {
    match guarantee {
        Guarantee::BestEffort => "best-effort",
        Guarantee::Ordered => "ordered",
        Guarantee::Reliable => "reliable",
        Guarantee::Durable => "durable",
    }
}

fn overflow_word(overflow: Overflow) -> &'static str {
    match overflow {
        Overflow::DropOldest => "drop-oldest",
        Overflow::DropNewest => "drop-newest",
        Overflow::Conflate => "conflate",
        Overflow::SlowPublisher => "slow-publisher",
        Overflow::Eject => "eject",
        Overflow::Replay => "replay",
    }
}

impl Channels {
    pub(super) async fn run(self, events: &Events, output: &mut Output) -> Result<(), Verdict> {
        let channels = events.channels().await.map_err(failed)?;
        if self.json {
            let lines: Vec<_> = channels.iter().map(ChannelLine::of).collect();
            return output.json(&lines);
        }
        let width = channels.iter().map(|channel| channel.name.chars().count()).max().unwrap_or_default();
        for channel in &channels {
            let (name, guarantee) = (harmless(&channel.name), guarantee_word(channel.options.guarantee));
            let name = output.paint(Tone::Label, name);
            output.line(format_args!("{name:width$}  {guarantee:11}  {} events", channel.next - 1))?;
        }
        Ok(())
    }
}

impl<'a> ChannelLine<'a> {
    fn of(channel: &'a ChannelInfo) -> ChannelLine<'a> {
        let guarantee = guarantee_word(channel.options.guarantee);
        ChannelLine { name: &channel.name, guarantee, next: channel.next }
    }
}

impl Describe {
    pub(super) async fn run(self, events: &Events, output: &mut Output) -> Result<(), Verdict> {
        let report = events.describe(&self.channel).await.map_err(failed)?;
        let shown = Report::of(&report);
        if self.json {
            return output.json(&shown);
        }
        let rows = [
            ("channel", harmless(shown.name)),
            ("guarantee", shown.guarantee.to_owned()),
            ("queue", format!("{} events, then {}", shown.queue_events, shown.overflow)),
            ("kept", format!("positions {} to {}", shown.oldest, shown.next.saturating_sub(1))),
            ("published", format!("{}, and {} that were known already", shown.published, shown.repeated)),
            ("waiting", format!("{} blocks", shown.waiting)),
            ("corba", format!("{} suppliers and consumers", shown.corba_peers)),
        ];
        let servers = shown.servers.iter().map(|address| ("server", harmless(address)));
        for (label, value) in rows.into_iter().chain(servers) {
            let label = output.paint(Tone::Label, label);
            output.line(format_args!("{label:10}  {value}"))?;
        }
        for one in &shown.subscribers {
            let pattern = output.paint(Tone::Good, harmless(one.pattern));
            let state = if one.behind { ", reads history" } else { "" };
            let dropped = one.dropped_oldest + one.dropped_newest + one.conflated;
            output.line(format_args!(
                "subscriber  {pattern}  {}: {} matched, {} delivered, {} queued, {dropped} dropped{state}",
                one.overflow, one.matched, one.delivered, one.queued
            ))?;
        }
        for one in &shown.settled {
            let name = output.paint(Tone::Good, harmless(one.name));
            output.line(format_args!("settled     {name}  goes on at position {}", one.next))?;
        }
        Ok(())
    }
}

impl<'a> Report<'a> {
    fn of(report: &'a ChannelReport) -> Report<'a> {
        let options = &report.info.options;
        Report {
            name: &report.info.name,
            guarantee: guarantee_word(options.guarantee),
            overflow: overflow_word(options.default_overflow()),
            queue_events: options.queue_events,
            oldest: report.oldest,
            next: report.info.next,
            published: report.published,
            repeated: report.repeated,
            waiting: report.waiting,
            corba_peers: report.corba_peers,
            servers: &report.servers,
            subscribers: report.subscribers.iter().map(SubscriberLine::of).collect(),
            settled: report.settled.iter().map(|at| SettledLine { name: &at.name, next: at.next }).collect(),
        }
    }
}

impl<'a> SubscriberLine<'a> {
    fn of(report: &'a SubscriberReport) -> SubscriberLine<'a> {
        SubscriberLine {
            pattern: &report.pattern,
            overflow: overflow_word(report.overflow),
            matched: report.matched,
            delivered: report.delivered,
            queued: report.queued,
            dropped_oldest: report.dropped_oldest,
            dropped_newest: report.dropped_newest,
            conflated: report.conflated,
            behind: report.is_behind,
        }
    }
}

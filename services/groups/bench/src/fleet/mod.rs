//! A fleet: the members of one domain as processes, and what they are told to do together.

mod actor;

pub(crate) use actor::Actor;

use crate::Outcome;
use crate::network::Network;
use crate::usage::processor_time;
use std::time::Duration;

/// Members of one system, driven alike whatever they are.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) actors: Vec<Actor>,
    /// Processes that work for the members: their processor time counts.
    pub(crate) daemons: Vec<Actor>,
    round: u64,
}

/// What is sent in a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) size: usize,
    /// How many of the members send.
    pub(crate) senders: usize,
    pub(crate) class: &'static str,
    pub(crate) ms: u64,
}

/// What became of a round; there is none if the members differ about what was delivered.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    pub(crate) messages: u64,
    pub(crate) seconds: f64,
    /// Processor time of all members and daemons.
    pub(crate) processor: Duration,
    /// By member, messages delivered in each twentieth of a second.
    pub(crate) steps: Vec<Vec<u64>>,
}

impl Round {
    /// Messages delivered at each member in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }

    /// Microseconds of processor time for one message, all members together.
    pub(crate) fn processor_us(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.messages as f64
    }
}

/// What is said of the engine's members when they start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    pub(crate) detection_ms: Option<u64>,
    pub(crate) arguments: Vec<String>,
}

impl Fleet {
    pub(crate) fn new(actors: Vec<Actor>, daemons: Vec<Actor>) -> Self {
        Self { actors, daemons, round: 0 }
    }

    /// Members of the engine, this program itself, on the first hosts of the network.
    pub(crate) fn start(network: &Network, count: usize, manner: &Manner) -> Outcome<Self> {
        let seeds: Vec<String> = (0..count).map(|host| network.listen(host)).collect();
        let start = |host: usize| member(network, host, &seeds[host], &seeds, manner);
        let actors = (0..count).map(start).collect::<Outcome<_>>()?;
        let mut fleet = Self::new(actors, Vec::new());
        fleet.wait_view(count)?;
        Ok(fleet)
    }

    /// Waits until every member has a view of so many.
    pub(crate) fn wait_view(&mut self, count: usize) -> Outcome<Vec<u64>> {
        let wanted = count.to_string();
        self.actors.iter_mut().map(|actor| actor.wait("view", |w| w[1] == wanted)?[2].number()).collect()
    }

    /// Forgets the views that were told of so far: the next one is news.
    pub(crate) fn forget_views(&mut self) -> Outcome<()> {
        self.actors.iter_mut().try_for_each(|actor| actor.forget("view").map(drop))
    }

    /// Has some members send, and all compare what they delivered.
    pub(crate) fn round(&mut self, load: &Load) -> Outcome<Round> {
        let before = self.processor_time();
        self.begin(load)?;
        self.finish(load, before)
    }

    /// Tells the senders to send.
    pub(crate) fn begin(&mut self, load: &Load) -> Outcome<()> {
        self.round += 1;
        let Load { size, senders, class, ms } = load;
        let order = format!("send {} {senders} {ms} {size} {class}", self.round);
        // The youngest send, so that one sender is not the first of the ring.
        for actor in self.actors.iter_mut().rev().take(*senders) {
            actor.say(&order)?;
        }
        Ok(())
    }

    /// Waits for the end of the round and compares.
    pub(crate) fn finish(&mut self, load: &Load, before: Duration) -> Outcome<Round> {
        let round = self.round.to_string();
        let (mut sent, mut start) = (0, u64::MAX);
        for actor in self.actors.iter_mut().rev().take(load.senders) {
            let words = actor.wait("sent", |w| w[1] == round)?;
            sent += words[2].number()?;
            start = start.min(words[3].number()?);
        }
        let (mut ends, mut hashes, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for actor in &mut self.actors {
            let words = actor.wait("done", |w| w[1] == round)?;
            if words[2].number()? != sent {
                return Err(format!("{sent} were sent, {} delivered {}", actor.name, words[2].0).into());
            }
            hashes.push(words[3].0.clone());
            ends.push(words[4].number()?);
            let steps_here = actor.found("steps", |w| w[1] == round);
            steps.push(steps_here.iter().skip(2).map(actor::Word::number).collect::<Outcome<_>>()?);
        }
        if hashes.iter().any(|hash| *hash != hashes[0]) {
            return Err(format!("members delivered different sequences: {hashes:?}").into());
        }
        let end = ends.into_iter().max().unwrap_or(start);
        let processor = self.processor_time().saturating_sub(before);
        Ok(Round { messages: sent, seconds: end.saturating_sub(start) as f64 / 1e9, processor, steps })
    }

    pub(crate) fn processor_time(&self) -> Duration {
        self.actors.iter().chain(&self.daemons).map(|actor| processor_time(actor.pid())).sum()
    }

    /// One message at a time from one member to its own delivery: microseconds, the median and the 99th of a hundred.
    pub(crate) fn ping(&mut self, from: usize, count: u64, size: usize, class: &str) -> Outcome<(f64, f64)> {
        self.actors[from].say(&format!("ping {count} {size} {class}"))?;
        let words = self.actors[from].wait("latency", |_| true)?;
        Ok((words[1].number()? as f64 / 1e3, words[2].number()? as f64 / 1e3))
    }

    /// Which member gives the places of the group `load`.
    pub(crate) fn sequencer(&mut self) -> Outcome<usize> {
        let mut names = Vec::new();
        for actor in &mut self.actors {
            actor.say("whoami")?;
            names.push(actor.wait("process", |_| true)?[1].0.clone());
        }
        let last = self.actors[0].last_view.clone().ok_or("no view yet")?;
        Ok(names.iter().position(|name| *name == last).ok_or("the sequencer is not a member")?)
    }
}

/// Starts one member of the engine.
pub(crate) fn member(
    network: &Network,
    host: usize,
    listen: &str,
    seeds: &[String],
    manner: &Manner,
) -> Outcome<Actor> {
    let program = std::env::current_exe()?;
    let mut command = network.hosts[host].command(&program.to_string_lossy());
    command.args(["member", "--listen", listen, "--seeds", &seeds.join(",")]);
    if let Some(ms) = manner.detection_ms {
        command.args(["--detection", &ms.to_string()]);
    }
    command.args(&manner.arguments);
    Actor::start(format!("member {listen}"), command)
}

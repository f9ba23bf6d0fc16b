//! Three cores in one process without sockets: what the protocol itself costs, to be counted under callgrind.
//!
//! Frames go from core to core as the driver would carry them; the application sends a batch at each member, and counts
//! what is delivered.

use crate::Outcome;
use crate::hash::mix;
use bytes::Bytes;
use quorb_groups::core::{
    Class, Config, Core, Effect, Event, GroupId, GroupOptions, LinkId, Order, ProcessId, Time, Upcall,
};
use std::collections::VecDeque;
use std::time::Instant;

/// What is sent.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// Messages in all.
    #[arg(long, default_value_t = 300_000)]
    messages: u64,
    /// Octets of each.
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// Messages a member sends between two polls.
    #[arg(long, default_value_t = 200)]
    batch: usize,
    /// Fifo instead of total order.
    #[arg(long)]
    fifo: bool,
    /// Uniform delivery.
    #[arg(long)]
    uniform: bool,
}

const MEMBERS: usize = 3;

/// Cores and the frames between them.
struct Solo {
    cores: Vec<Core>,
    frames: VecDeque<(usize, Event)>,
    effects: Vec<Effect>,
    now: Time,
    delivered: Vec<(u64, u64)>,
}

pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    let mut solo = Solo::found();
    let order = if settings.fifo { Order::Fifo } else { Order::Total };
    let class = Class::new(order, settings.uniform);
    let payload = Bytes::from(vec![0xA5; settings.size]);
    let begun = Instant::now();
    let mut sent = 0;
    while sent < settings.messages {
        for member in 0..MEMBERS {
            for _ in 0..settings.batch {
                if solo.cores[member].multicast(GroupId(0), class, payload.clone()).is_ok() {
                    sent += 1;
                }
            }
        }
        solo.settle();
    }
    // What may be gathered is said in the end.
    while solo.delivered.iter().any(|&(count, _)| count < sent) {
        solo.now = solo.now.after(20_000);
        (0..MEMBERS).for_each(|member| solo.cores[member].handle(Event::Tick, solo.now));
        solo.settle();
    }
    if !settings.fifo && solo.delivered.iter().any(|&(_, hash)| hash != solo.delivered[0].1) {
        return Err("the cores delivered different sequences".into());
    }
    let nanos = begun.elapsed().as_nanos() as f64 / sent as f64;
    println!("{sent} messages, {nanos:.0} ns a message for three cores together");
    Ok(())
}

impl Solo {
    fn found() -> Self {
        let seeds: Vec<String> = (0..MEMBERS).map(|member| member.to_string()).collect();
        let seeds: Vec<&str> = seeds.iter().map(String::as_str).collect();
        let core = |member: usize| {
            let process = ProcessId(member as u64 + 1);
            Core::new(Config::new("solo", process, seeds[member], &seeds), Time(1))
        };
        let mut solo = Self {
            cores: (0..MEMBERS).map(core).collect(),
            frames: VecDeque::new(),
            effects: Vec::new(),
            now: Time(1),
            delivered: vec![(0, 0); MEMBERS],
        };
        let mut asked = false;
        while solo.cores.iter().any(|core| core.groups().all(|group| group.members.len() < MEMBERS)) {
            solo.now = solo.now.after(100_000);
            (0..MEMBERS).for_each(|member| solo.cores[member].handle(Event::Tick, solo.now));
            solo.settle();
            if !asked && solo.cores.iter().all(|core| core.view().number.0 > 0) {
                asked = true;
                for core in &mut solo.cores {
                    core.enter_group("solo", GroupOptions::PLAIN).expect("a member may enter");
                }
            }
        }
        solo
    }

    /// Lets everything happen that can without time passing.
    fn settle(&mut self) {
        loop {
            for member in 0..MEMBERS {
                self.cores[member].poll(self.now, &mut self.effects);
                let mut effects = std::mem::take(&mut self.effects);
                effects.drain(..).for_each(|effect| self.carry_out(member, effect));
                self.effects = effects;
            }
            if self.frames.is_empty() {
                return;
            }
            while let Some((member, event)) = self.frames.pop_front() {
                self.cores[member].handle(event, self.now);
            }
        }
    }

    fn carry_out(&mut self, member: usize, effect: Effect) {
        // The number of a link names both ends: ten times the dialler, and the other.
        match effect {
            Effect::Dial { address } => {
                let other: usize = address.parse().unwrap_or(member);
                let link = LinkId((10 * member + other) as u64);
                self.frames.push_back((member, Event::Opened { link, dialled: Some(address) }));
                self.frames.push_back((other, Event::Opened { link, dialled: None }));
            }
            Effect::Send { link, head, body } => {
                let (dialler, other) = (link.0 as usize / 10, link.0 as usize % 10);
                let to = if member == dialler { other } else { dialler };
                let frame = Bytes::from([&head[..], &body[..]].concat());
                self.frames.push_back((to, Event::Received { link, frame }));
            }
            Effect::Close { link } => self.frames.push_back((member, Event::Closed { link })),
            Effect::Tell(Upcall::Deliver { payload, .. }) => {
                let (count, hash) = self.delivered[member];
                self.delivered[member] = (count + 1, mix(hash, &payload[..payload.len().min(32)]));
            }
            Effect::Tell(_) | Effect::Append { .. } | Effect::Forget { .. } => {}
        }
    }
}

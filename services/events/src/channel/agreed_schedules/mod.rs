//! A thousand schedules of a channel that three servers have: publishers that say again what was not answered, at the same
//! server or at another, subscribers that go on at another server when theirs is lost, servers that are killed one by one or
//! all at once, joiners, slow disks.
//!
//! The group is there as what it promises: one order, which grows by what some server has given it; each server applies it at
//! its own pace; what a lost server had given is in the order or never will be; a joiner gets the state of another server; in a
//! durable group the order outlives all servers. An oracle walks through the order by itself, and everybody has to have seen
//! what it says.

mod readers;
mod servers;

use std::collections::{BTreeMap, VecDeque};

use bytes::BytesMut;

use super::*;
use crate::block::{Block, BlockWriter};
use crate::native::{Guarantee, Overflow, Start, SubscribeOptions};

const SEEDS: u64 = 1_000;
const STEPS: usize = 300;
const SERVERS: usize = 3;

/// Numbers that depend on a seed and on nothing else (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What somebody might have got wrong: the checks find each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// What a publisher says again is published again.
    RepeatedOnRetry,
    /// A subscriber goes on one position too far.
    ResumedTooFar,
    /// A subscriber goes on at a server that has not heard of what it has seen.
    ResumedBehind,
    /// A joiner is not told who has published what.
    PublishersNotSaved,
    /// What the disk has not is forgotten.
    CopiedLate,
}

#[derive(Debug, Clone)]
enum Command {
    Publish { block: Block, writer: usize },
    Settle { position: u64 },
    Hold { server: u64, holds: bool },
}

struct Server {
    /// Not that of any other: whoever subscribed in another one is not known.
    life: u64,
    core: Channel,
    applied: usize,
    /// Given to the group, and not in the order yet.
    given: VecDeque<Command>,
    told_holds: bool,
    /// A state of before, and where in the order it was.
    checkpoint: (bytes::Bytes, usize),
}

/// A publisher: one block at a time.
struct Writer {
    name: String,
    next: u64,
    open: Option<Block>,
    /// Where it was sent last.
    at: usize,
    confirmed: u64,
}

struct Reader {
    at: usize,
    life: u64,
    id: SubscriberId,
    overflow: Overflow,
    taken: u64,
    next: u64,
    /// It goes by a name, and begins where it has settled.
    is_named: bool,
    /// It began with what came, and has been at one server all the time.
    stayed: bool,
}

struct World {
    random: Random,
    mistake: Option<Mistake>,
    options: ChannelOptions,
    limits: Arc<Limits>,
    order: Vec<(Command, Time)>,
    servers: Vec<Option<Server>>,
    /// What outlives a server: its disk, in order of positions.
    disks: Vec<Vec<Arc<Stored>>>,
    writers: Vec<Writer>,
    readers: Vec<Reader>,
    now: Time,
    /// How far the oracle has come, what it knows of writers, and which event has which position.
    judged: usize,
    last: BTreeMap<String, u64>,
    truth: Vec<(String, u64)>,
    settled: u64,
    lives: u64,
}

fn everything() -> Pattern {
    Pattern::new("a/**", &Limits::default()).unwrap()
}

fn saved(core: &Channel) -> bytes::Bytes {
    let mut out = BytesMut::new();
    core.save(&mut out);
    out.freeze()
}

impl World {
    fn new(seed: u64, mistake: Option<Mistake>) -> World {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let guarantee = [Guarantee::Reliable, Guarantee::Durable][random.below(2) as usize];
        let mut options = ChannelOptions::new(guarantee);
        options.history_events = [2, 8, 40, 100_000][random.below(4) as usize];
        let limits = Arc::new(Limits { delivery_events_max: 8, ..Limits::default() });
        let writers = (0..3).map(|number| Writer {
            name: format!("w{number}"),
            next: 1,
            open: None,
            at: 0,
            confirmed: 0,
        });
        let mut world = World {
            writers: writers.collect(),
            random,
            mistake,
            limits,
            order: Vec::new(),
            servers: Vec::new(),
            disks: vec![Vec::new(); SERVERS],
            readers: Vec::new(),
            now: 1,
            judged: 0,
            last: BTreeMap::new(),
            truth: Vec::new(),
            settled: 0,
            lives: 0,
            options,
        };
        for _ in 0..SERVERS {
            let core = Channel::agreed(world.options.clone(), world.limits.clone());
            world.lives += 1;
            world.servers.push(Some(Server::with(world.lives, core, 0)));
        }
        world
    }

    fn is_durable(&self) -> bool {
        self.options.guarantee == Guarantee::Durable
    }

    fn step(&mut self) {
        self.now += 1 + self.random.below(1_000);
        match self.random.below(40) {
            0..=9 => self.publish(),
            10..=15 => self.agree(),
            16..=23 => self.apply(),
            24..=31 => self.take(),
            32 => self.subscribe(),
            33 => self.settle(),
            34..=36 => self.copy(),
            37 => self.checkpoint(),
            38 if self.random.below(4) == 0 => self.lose_some(),
            _ => self.join(),
        }
    }

    fn some_server(&mut self) -> usize {
        let here: Vec<usize> = (0..SERVERS).filter(|&at| self.servers[at].is_some()).collect();
        here[self.random.below(here.len() as u64) as usize]
    }

    /// Somebody publishes something new, or says again what was not answered.
    fn publish(&mut self) {
        let (writer, at) = (self.random.below(3) as usize, self.some_server());
        let is_held = {
            let core = &self.server(at).core;
            let holds = |server: u64| self.servers[server as usize].is_some();
            !core.has_room() || core.holders().any(holds)
        };
        if is_held {
            return;
        }
        if self.writers[writer].open.is_none() {
            let (first, count) = (self.writers[writer].next, 1 + self.random.below(5));
            let mut block = BlockWriter::new(&self.writers[writer].name, first);
            for number in first..first + count {
                let (subject, ty) = (block.subject("a/x"), block.ty(&[1]));
                block.event(subject, ty, &[], &number.to_le_bytes());
            }
            self.writers[writer].next += count;
            self.writers[writer].open = Some(block.into_block());
        }
        let block = self.writers[writer].open.clone().unwrap();
        self.writers[writer].at = at;
        self.give(at, Command::Publish { block, writer });
    }

    fn give(&mut self, at: usize, command: Command) {
        if let Some(server) = &mut self.servers[at] {
            server.given.push_back(command);
        }
    }

    fn server(&self, at: usize) -> &Server {
        self.servers[at].as_ref().expect("it is here")
    }

    /// The order grows.
    fn agree(&mut self) {
        let at = self.some_server();
        let now = self.now;
        if let Some(command) = self.servers[at].as_mut().and_then(|server| server.given.pop_front()) {
            self.order.push((command, now));
            self.judge();
        }
    }

    /// The oracle: events in the order in which they were agreed on, each number of a publisher once.
    fn judge(&mut self) {
        while let Some((command, _)) = self.order.get(self.judged) {
            self.judged += 1;
            match command {
                Command::Publish { block, .. } => {
                    for event in block.events() {
                        let number = u64::from_le_bytes(event.payload.try_into().unwrap());
                        let last = self.last.entry(block.publisher().to_owned()).or_default();
                        if number > *last {
                            *last = number;
                            self.truth.push((block.publisher().to_owned(), number));
                        }
                    }
                }
                Command::Settle { position } => self.settled = self.settled.max(*position),
                Command::Hold { .. } => {}
            }
        }
    }

    fn apply(&mut self) {
        let at = self.some_server();
        self.apply_at(at);
    }

    /// A server does the next thing. Answers whether there was one.
    fn apply_at(&mut self, at: usize) -> bool {
        let Some(server) = &mut self.servers[at] else { return false };
        let Some((command, time)) = self.order.get(server.applied).cloned() else { return false };
        server.applied += 1;
        let mut effects = Effects::default();
        match command {
            Command::Publish { block, writer } => {
                let placed = match self.mistake {
                    Some(Mistake::RepeatedOnRetry) => forget_publisher(&block),
                    _ => block.clone(),
                };
                let accepted = server.core.place_agreed(placed, time, &mut effects);
                assert!(accepted.last < server.core.next_position());
                self.answered(at, writer, &block);
            }
            Command::Settle { position } => server.core.settle("named", position).unwrap(),
            Command::Hold { server: of, holds } => server.core.hold(of, holds),
        }
        self.tell_holds(at);
        true
    }

    fn answered(&mut self, at: usize, writer: usize, block: &Block) {
        let writer = &mut self.writers[writer];
        if writer.at == at && writer.open.as_ref() == Some(block) {
            writer.open = None;
            writer.confirmed = block.first_sequence() + block.len() as u64 - 1;
            assert!(self.last[&writer.name] >= writer.confirmed, "{} was confirmed too much", writer.name);
        }
    }

    fn tell_holds(&mut self, at: usize) {
        let Some(server) = &mut self.servers[at] else { return };
        let lags = server.core.is_lagging();
        if lags != server.told_holds {
            server.told_holds = lags;
            server.given.push_back(Command::Hold { server: at as u64, holds: lags });
        }
    }

    /// What a server has heard of when it was asked: everything.
    fn catch_up(&mut self, at: usize) {
        while self.apply_at(at) {}
    }

    /// Everything that was given is agreed on and applied, everybody comes to the end, and all are the same.
    fn finish(&mut self) {
        while self.servers.iter().any(Option::is_none) {
            self.join();
        }
        for round in 0.. {
            assert!(round < 100_000, "it does not come to rest");
            let mut is_more = false;
            for at in 0..SERVERS {
                while !self.server(at).given.is_empty() {
                    let command = self.servers[at].as_mut().unwrap().given.pop_front().unwrap();
                    self.order.push((command, self.now));
                    self.judge();
                }
                while self.apply_at(at) || self.copy_at(at) {
                    is_more = true;
                }
            }
            for place in 0..self.readers.len() {
                if !self.is_known(place) {
                    // Another one stands at this place then, and this one at the end.
                    self.resume(place);
                    is_more = true;
                } else {
                    is_more |= self.take_for(place, false);
                }
            }
            if !is_more {
                break;
            }
        }
        let end = self.truth.len() as u64 + 1;
        for reader in &self.readers {
            assert_eq!(reader.next, end, "{:?}", reader.overflow);
        }
        for writer in &self.writers {
            assert!(self.last.get(&writer.name).copied().unwrap_or_default() >= writer.confirmed);
        }
        for at in 0..SERVERS {
            let core = &self.server(at).core;
            assert_eq!(core.next_position(), end, "server {at}");
            assert_eq!(core.settled().of("named"), self.settled);
            for (name, last) in &self.last {
                assert_eq!(core.last_sequence(name), Some(*last), "{name} at server {at}");
            }
            let on_disk = self.disks[at].last().map_or(1, |stored| stored.last() + 1);
            assert!(!self.is_durable() || on_disk == end, "the disk of server {at} has {on_disk} of {end}");
        }
    }
}

impl Server {
    fn with(life: u64, core: Channel, applied: usize) -> Server {
        let checkpoint = (if applied == 0 { bytes::Bytes::new() } else { saved(&core) }, applied);
        Server { life, core, applied, given: VecDeque::new(), told_holds: false, checkpoint }
    }
}

fn forget_publisher(block: &Block) -> Block {
    let places: Vec<u32> = (0..block.len() as u32).collect();
    let mut writer = BlockWriter::new("", 0);
    let selected = block.select(&places);
    for event in selected.events() {
        let (subject, ty) = (writer.subject("a/x"), writer.ty(&[1]));
        writer.event(subject, ty, &[], event.payload);
    }
    writer.into_block()
}

fn play(seed: u64, mistake: Option<Mistake>) {
    let mut world = World::new(seed, mistake);
    for _ in 0..STEPS {
        world.step();
    }
    world.finish();
}

#[test]
fn a_thousand_schedules_of_several_servers() {
    for seed in 0..SEEDS {
        if let Err(cause) = std::panic::catch_unwind(|| play(seed, None)) {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(cause);
        }
    }
}

/// Each mistake is found by the same checks, and soon.
#[test]
fn mistakes_are_found() {
    let mistakes = [
        Mistake::RepeatedOnRetry,
        Mistake::ResumedTooFar,
        Mistake::ResumedBehind,
        Mistake::PublishersNotSaved,
        Mistake::CopiedLate,
    ];
    for mistake in mistakes {
        let found = (0..SEEDS).find(|&seed| std::panic::catch_unwind(|| play(seed, Some(mistake))).is_err());
        let seed = found.unwrap_or_else(|| panic!("{mistake:?} is not found"));
        play(seed, None);
    }
}

//! The simulated machines: virtual time, processes that start, stop and stand still, and what each of them is to do.
//!
//! A process that is killed closes its connections; a machine that dies does not. A paused process finds everything that
//! came meanwhile when it goes on. Each process has a clock of its own, with an origin and a speed.

use super::application::Application;
use super::disk::Disk;
pub(super) use super::due::Due;
use super::moments::Strike;
use super::network::{Cargo, Link};
use super::objects::{Market, Seat};
use super::random::Random;
use super::scenario::Profile;
use super::trace::{End, Log, Trace};
use crate::core::{Address, Config, Core, Effect, Event, ProcessId, Protocol, Time};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::time::Duration;

/// One process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) id: ProcessId,
    pub(super) core: Core,
    pub(super) application: Application,
    pub(super) seat: Option<Box<Seat>>,
    pub(super) log: usize,
    /// The clock: its origin, and how many of its microseconds pass in a million.
    origin: u64,
    speed: u64,
    wake: u64,
}

impl Process {
    pub(super) fn local(&self, now: u64) -> Time {
        Time(self.origin + (u128::from(now) * u128::from(self.speed) / 1_000_000) as u64)
    }

    /// The first moment at which this clock shows at least that time.
    pub(super) fn global(&self, local: Time) -> u64 {
        let past = u128::from(local.0.saturating_sub(self.origin));
        (past * 1_000_000).div_ceil(u128::from(self.speed)) as u64
    }
}

/// One machine.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) address: Address,
    pub(super) process: Option<Process>,
    /// The newest version of the protocol that processes on it speak.
    pub(super) speaks: Protocol,
    /// Where processes keep a log.
    pub(super) disk: Option<Disk>,
    /// The machine itself is down: nobody even refuses connections.
    pub(super) dark: bool,
    pub(super) paused: bool,
    waiting: VecDeque<Event>,
    /// The process dies after so many more sends.
    pub(super) dies_after: Option<u64>,
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: u64,
    pub(super) random: Random,
    pub(super) nodes: Vec<Node>,
    pub(super) links: BTreeMap<u64, Link>,
    pub(super) next_link: u64,
    heap: BinaryHeap<Reverse<(u64, u64, Due)>>,
    counter: u64,
    /// Directions that are cut, from machine to machine.
    pub(super) cuts: BTreeSet<(usize, usize)>,
    pub(super) latency: (u64, u64),
    /// How much later everything comes in some directions.
    pub(super) lags: BTreeMap<(usize, usize), u64>,
    /// Blows that wait for their moment.
    pub(super) strikes: Vec<Strike>,
    pub(super) profile: Profile,
    /// Applications send large messages, too.
    pub(super) large: bool,
    pub(super) dissolves: bool,
    pub(super) template: Config,
    pub(super) drift_permille: u64,
    /// How long the leases of processes last: at least, at most.
    pub(super) lease_ms: (u64, u64),
    pub(super) trace: Trace,
    pub(super) counters: Vec<crate::core::Counters>,
    next_incarnation: u64,
    pub(super) healing: bool,
    pub(super) disk_lost: bool,
    /// Clients of a replicated object, where there are any.
    pub(super) market: Option<Market>,
}

impl World {
    pub(super) fn new(seed: u64, nodes: usize, template: Config) -> Self {
        let address = |i: usize| Address::from(format!("n{i}"));
        let node = |i| Node {
            address: address(i),
            process: None,
            speaks: Protocol::NEWEST,
            disk: None,
            dark: false,
            paused: false,
            waiting: VecDeque::new(),
            dies_after: None,
        };
        Self {
            now: 0,
            random: Random::new(seed),
            nodes: (0..nodes).map(node).collect(),
            links: BTreeMap::new(),
            next_link: 1,
            heap: BinaryHeap::new(),
            counter: 0,
            cuts: BTreeSet::new(),
            latency: (20, 200),
            lags: BTreeMap::new(),
            strikes: Vec::new(),
            profile: Profile::Everything,
            large: false,
            dissolves: false,
            template,
            drift_permille: 0,
            lease_ms: (0, 0),
            trace: Trace::default(),
            counters: Vec::new(),
            next_incarnation: seed << 16,
            healing: false,
            disk_lost: false,
            market: None,
        }
    }

    pub(super) fn schedule(&mut self, at: u64, due: Due) {
        self.counter += 1;
        self.heap.push(Reverse((at.max(self.now), self.counter, due)));
    }

    /// The next thing due before the time given.
    pub(super) fn next(&mut self, until: u64) -> Option<Due> {
        if self.heap.peek().is_none_or(|Reverse((at, ..))| *at > until) {
            self.now = self.now.max(until);
            return None;
        }
        let Reverse((at, _, due)) = self.heap.pop()?;
        self.now = at;
        Some(due)
    }

    /// Whether something is wrong that touches whoever starts now.
    fn is_disturbed(&self) -> bool {
        !self.cuts.is_empty() || !self.lags.is_empty() || self.latency.1 > 200 || self.drift_permille > 100
    }

    /// Starts a process on a machine that has none.
    pub(super) fn start(&mut self, node: usize) {
        if self.nodes[node].process.is_some() || self.nodes[node].dark {
            return;
        }
        self.next_incarnation += 1;
        let id = ProcessId(self.next_incarnation);
        let (address, protocol_max) = (self.nodes[node].address.clone(), self.nodes[node].speaks);
        let lease = self.lease();
        let config = Config { process: id, address, protocol_max, lease, ..self.template.clone() };
        let origin = self.random.between(1_000_000, 1_000_000_000_000);
        let drift = self.random.between(0, 2 * self.drift_permille);
        let speed = 1_000_000 - self.drift_permille * 1000 + drift * 1000;
        let log = self.trace.logs.len();
        self.trace.logs.push(Log {
            process: id,
            node,
            disk: None,
            entries: Vec::new(),
            end: End::Alive,
            leaving: false,
            disturbed: self.is_disturbed(),
            state: BTreeMap::new(),
            complete: Vec::new(),
        });
        let mut process = Process {
            id,
            core: Core::new(config.clone(), Time(0)),
            application: Application::new(id),
            seat: self.market.as_ref().map(|market| Box::new(market.seat(id))),
            log,
            origin,
            speed,
            wake: u64::MAX,
        };
        let local = process.local(self.now);
        process.core = self.awaken(node, config, local);
        self.trace.logs[log].disk = self.nodes[node].disk.as_ref().map(|d| d.name);
        self.nodes[node].process = Some(process);
        self.tell(format!("{id} starts on n{node}"));
        self.nodes[node].paused = false;
        self.nodes[node].waiting.clear();
        self.event(node, Event::Tick);
        let at = self.now + self.random.between(1_000, 20_000);
        self.schedule(at, Due::Act { node });
    }

    /// How long the leases of a process that starts last.
    fn lease(&mut self) -> Duration {
        let (least, most) = self.lease_ms;
        // Where all are the same, what follows is drawn as if this had not been.
        let ms = if least < most { self.random.between(least, most) } else { most };
        Duration::from_millis(ms)
    }

    /// Ends a process. Its connections close, unless its machine is gone with it.
    pub(super) fn stop(&mut self, node: usize, end: End, dark: bool) {
        self.nodes[node].dark |= dark;
        self.nodes[node].dies_after = None;
        let Some(process) = self.nodes[node].process.take() else { return };
        self.trace.story.push((self.now, format!("{} on n{node} ends: {end:?}", process.id)));
        self.counters.push(process.core.counters());
        if let Some(disk) = &mut self.nodes[node].disk {
            disk.crash(&mut self.random);
        }
        let log = &mut self.trace.logs[process.log];
        log.end = end;
        log.disturbed = true;
        self.nodes[node].waiting.clear();
        self.nodes[node].paused = false;
        let mine: Vec<u64> = self
            .links
            .iter()
            .filter(|(_, l)| l.ends.iter().any(|e| e.1 == process.id))
            .map(|(&k, _)| k)
            .collect();
        for link in mine {
            let side = self.links.get(&link).map_or(0, |l| usize::from(l.ends[1].1 == process.id));
            if !self.nodes[node].dark {
                self.push(link, side, Cargo::Closed);
            }
        }
    }

    /// Gives an event to the process on a machine, and does what it wants done.
    pub(super) fn event(&mut self, node: usize, event: Event) {
        if self.nodes[node].paused {
            self.nodes[node].waiting.push_back(event);
            return;
        }
        let now = self.now;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let local = process.local(now);
        process.core.handle(event, local);
        self.turn(node);
    }

    /// A paused process goes on.
    pub(super) fn unpause(&mut self, node: usize) {
        self.nodes[node].paused = false;
        let waiting = std::mem::take(&mut self.nodes[node].waiting);
        let now = self.now;
        if let Some(process) = self.nodes[node].process.as_mut() {
            let local = process.local(now);
            let late_first = self.random.permille(500);
            if !late_first {
                process.core.handle(Event::Tick, local);
            }
            for event in waiting {
                process.core.handle(event, local);
            }
        }
        self.turn(node);
    }

    /// Polls the process and carries out its effects, the application's reactions included.
    pub(super) fn turn(&mut self, node: usize) {
        let mut effects = Vec::new();
        let now = self.now;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let (id, local) = (process.id, process.local(now));
        process.core.poll(local, &mut effects);
        let mut again = false;
        for effect in effects {
            if self.nodes[node].process.as_ref().is_none_or(|p| p.id != id) {
                return;
            }
            match effect {
                Effect::Dial { address } => self.dial(node, id, address),
                Effect::Close { link } => self.close(link),
                Effect::Send { link, head, body } => {
                    if let Some(left) = &mut self.nodes[node].dies_after {
                        if *left == 0 {
                            return self.die(node);
                        }
                        *left -= 1;
                    }
                    let to = self.far_end(link);
                    if to.is_some_and(|to| self.notice(node, to, &body, false)) {
                        return;
                    }
                    self.send(link, &head, &body);
                    if to.is_some_and(|to| self.notice(node, to, &body, true)) {
                        return;
                    }
                }
                Effect::Append { number, record } => {
                    if !self.write(node, id, number, record) {
                        return self.die(node);
                    }
                }
                Effect::Forget { before } => self.forget(node, before),
                Effect::Tell(upcall) => again |= self.told(node, upcall),
            }
        }
        if again {
            return self.turn(node);
        }
        self.arrange_wake(node);
    }

    pub(super) fn die(&mut self, node: usize) {
        let dark = self.random.permille(300);
        self.stop(node, End::Crashed, dark);
        let at = self.now + self.random.between(200_000, 1_500_000);
        self.schedule(at, Due::Start { node });
    }

    fn arrange_wake(&mut self, node: usize) {
        let now = self.now;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let at = process.global(process.core.wake_at()).max(now + 1);
        if at < process.wake || process.wake <= now {
            process.wake = at;
            let process = process.id;
            self.schedule(at, Due::Wake { node, process });
        }
    }

    /// A process asked to be woken now.
    pub(super) fn wake(&mut self, node: usize, process: ProcessId) {
        if self.nodes[node].process.as_ref().is_some_and(|p| p.id == process) {
            self.event(node, Event::Tick);
        }
    }
}

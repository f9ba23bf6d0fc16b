//! The simulated machines and the network between them: virtual time, connections that keep their order, and everything
//! that can go wrong with either.
//!
//! A connection carries frames in order and loses them only when it breaks, as a stream over a real network does. A cut
//! direction holds frames back until it is healed. A process that is killed closes its connections; a machine that dies
//! does not. A paused process finds everything that came meanwhile when it goes on. Each process has a clock of its own,
//! with an origin and a speed.

use super::application::Application;
use super::disk::Disk;
pub(super) use super::due::Due;
use super::objects::{Market, Seat};
use super::random::Random;
use super::trace::{End, Log, Trace};
use crate::core::{Address, Config, Core, Effect, Event, LinkId, ProcessId, Time};
use bytes::{Bytes, BytesMut};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

/// What travels in one direction of a connection.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cargo {
    Opened(Option<Address>),
    Frame(Bytes),
    Closed,
}

#[derive(Debug)]
struct Link {
    /// The machine and the process of either side.
    ends: [(usize, ProcessId); 2],
    queues: [VecDeque<Cargo>; 2],
    /// When the last of a direction arrives.
    last: [u64; 2],
    broken: bool,
}

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
    links: BTreeMap<u64, Link>,
    next_link: u64,
    heap: BinaryHeap<Reverse<(u64, u64, Due)>>,
    counter: u64,
    /// Directions that are cut, from machine to machine.
    pub(super) cuts: BTreeSet<(usize, usize)>,
    pub(super) latency: (u64, u64),
    pub(super) template: Config,
    pub(super) drift_permille: u64,
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
            template,
            drift_permille: 0,
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

    fn delay(&mut self) -> u64 {
        let (low, high) = self.latency;
        let delay = self.random.between(low, high);
        if self.random.permille(20) { delay * 20 } else { delay }
    }

    /// Starts a process on a machine that has none.
    pub(super) fn start(&mut self, node: usize) {
        if self.nodes[node].process.is_some() || self.nodes[node].dark {
            return;
        }
        self.next_incarnation += 1;
        let id = ProcessId(self.next_incarnation);
        let config =
            Config { process: id, address: self.nodes[node].address.clone(), ..self.template.clone() };
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
            disturbed: !self.cuts.is_empty() || self.latency.1 > 200,
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
        self.nodes[node].paused = false;
        self.nodes[node].waiting.clear();
        self.event(node, Event::Tick);
        let at = self.now + self.random.between(1_000, 20_000);
        self.schedule(at, Due::Act { node });
    }

    /// Ends a process. Its connections close, unless its machine is gone with it.
    pub(super) fn stop(&mut self, node: usize, end: End, dark: bool) {
        self.nodes[node].dark |= dark;
        self.nodes[node].dies_after = None;
        let Some(process) = self.nodes[node].process.take() else { return };
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

    /// A dark machine is switched on again: connections to its dead processes are reset.
    pub(super) fn lighten(&mut self, node: usize) {
        if !std::mem::replace(&mut self.nodes[node].dark, false) {
            return;
        }
        let alive = self.nodes[node].process.as_ref().map(|p| p.id);
        let stale: Vec<(u64, usize)> = self
            .links
            .iter()
            .flat_map(|(&k, l)| (0..2).map(move |side| (k, side, l.ends[side])))
            .filter(|&(_, _, (n, p))| n == node && Some(p) != alive)
            .map(|(k, side, _)| (k, side))
            .collect();
        for (link, side) in stale {
            self.push(link, side, Cargo::Closed);
        }
    }

    /// Breaks a connection between two machines: what is under way on it is lost.
    pub(super) fn break_link(&mut self, a: usize, b: usize) {
        let between = |l: &Link| {
            let ends = (l.ends[0].0, l.ends[1].0);
            ends == (a, b) || ends == (b, a)
        };
        let found: Vec<u64> =
            self.links.iter().filter(|(_, l)| between(l) && !l.broken).map(|(&k, _)| k).collect();
        for link in found {
            if let Some(l) = self.links.get_mut(&link) {
                l.queues.iter_mut().for_each(|q| q.retain(|c| matches!(c, Cargo::Opened(_))));
                l.broken = true;
            }
            for side in 0..2 {
                self.push(link, side, Cargo::Closed);
            }
        }
    }

    /// Sends cargo from a side of a connection to the other.
    fn push(&mut self, link: u64, side: usize, cargo: Cargo) {
        let delay = self.delay();
        let Some(l) = self.links.get_mut(&link) else { return };
        if l.broken && cargo != Cargo::Closed {
            return;
        }
        l.queues[side].push_back(cargo);
        l.last[side] = (self.now + delay).max(l.last[side] + 1);
        let at = l.last[side];
        self.schedule(at, Due::Arrive { link, side });
    }

    /// The next cargo of a direction has come to its end, unless the direction is cut.
    pub(super) fn arrive(&mut self, link: u64, side: usize) {
        let Some(l) = self.links.get_mut(&link) else { return };
        let (from, to) = (l.ends[side].0, l.ends[1 - side].0);
        if self.cuts.contains(&(from, to)) {
            return;
        }
        let Some(cargo) = l.queues[side].pop_front() else { return };
        let (node, process) = l.ends[1 - side];
        let id = LinkId(link * 2 + (1 - side) as u64);
        let event = match cargo {
            Cargo::Opened(dialled) => Event::Opened { link: id, dialled },
            Cargo::Frame(frame) => Event::Received { link: id, frame },
            Cargo::Closed => {
                l.broken = true;
                if l.queues.iter().all(VecDeque::is_empty) {
                    self.links.remove(&link);
                }
                Event::Closed { link: id }
            }
        };
        if self.nodes[node].process.as_ref().is_some_and(|p| p.id == process) {
            self.event(node, event);
        }
    }

    /// Lets what a cut held back go on.
    pub(super) fn mend(&mut self, cuts: &[(usize, usize)]) {
        for cut in cuts {
            self.cuts.remove(cut);
        }
        let held: Vec<(u64, usize, usize)> = self
            .links
            .iter()
            .flat_map(|(&k, l)| {
                (0..2).map(move |side| (k, side, (l.ends[side].0, l.ends[1 - side].0), l.queues[side].len()))
            })
            .filter(|(_, _, pair, waiting)| cuts.contains(pair) && *waiting > 0)
            .map(|(k, side, _, waiting)| (k, side, waiting))
            .collect();
        for (link, side, waiting) in held {
            for i in 0..waiting {
                let at = self.now + 10 + i as u64;
                self.schedule(at, Due::Arrive { link, side });
            }
        }
    }

    fn node_at(&self, address: &Address) -> Option<usize> {
        self.nodes.iter().position(|n| n.address == *address)
    }

    fn dial(&mut self, node: usize, process: ProcessId, address: Address) {
        let at = self.now + self.delay();
        self.schedule(at, Due::Dialled { node, process, address });
    }

    /// A dial has come to the other side, if it can.
    pub(super) fn dialled(&mut self, node: usize, process: ProcessId, address: Address) {
        let Some(other) = self.node_at(&address) else { return };
        let delay = self.delay();
        let cut = self.cuts.contains(&(node, other)) || self.cuts.contains(&(other, node));
        if cut || self.nodes[other].dark {
            let at = self.now + 100_000;
            return self.schedule(at, Due::DialFailed { node, process, address, refused: false });
        }
        let Some(there) = self.nodes[other].process.as_ref().map(|p| p.id) else {
            let at = self.now + delay;
            return self.schedule(at, Due::DialFailed { node, process, address, refused: true });
        };
        let link = self.next_link;
        self.next_link += 1;
        let ends = [(node, process), (other, there)];
        let queues = [VecDeque::new(), VecDeque::new()];
        self.links.insert(link, Link { ends, queues, last: [0, 0], broken: false });
        self.push(link, 0, Cargo::Opened(None));
        self.push(link, 1, Cargo::Opened(Some(address)));
        if self.nodes[node].process.as_ref().is_none_or(|p| p.id != process) {
            self.push(link, 0, Cargo::Closed);
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
                    self.send(link, &head, &body);
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

    fn send(&mut self, link: LinkId, head: &[u8], body: &[u8]) {
        let mut frame = BytesMut::with_capacity(head.len() + body.len());
        frame.extend_from_slice(head);
        frame.extend_from_slice(body);
        self.push(link.0 / 2, (link.0 % 2) as usize, Cargo::Frame(frame.freeze()));
    }

    fn close(&mut self, link: LinkId) {
        self.push(link.0 / 2, (link.0 % 2) as usize, Cargo::Closed);
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

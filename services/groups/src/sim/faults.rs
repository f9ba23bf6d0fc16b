//! Faults: what they do to machines and network, and how everything is mended.

use super::application::LEDGER;
use super::disk::Disk;
use super::moments::{Blow, Strike, Victim};
use super::scenario::Fault;
use super::trace::End;
use super::world::{Due, World};
use crate::core::ProcessId;

/// The usual delay of the network, in microseconds.
const USUAL_LATENCY: (u64, u64) = (20, 200);

/// What becomes better again later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mend {
    /// All cut directions.
    Cuts,
    /// The slow network.
    Latency,
    /// All late directions.
    Lags,
    /// A machine's full disk.
    Disk(usize),
}

impl World {
    /// Adds to the story of the run.
    pub(super) fn tell(&mut self, what: String) {
        self.trace.story.push((self.now, what));
    }

    /// Something touched a machine: its process may be suspected for it.
    pub(super) fn disturb(&mut self, node: usize) {
        if let Some(process) = &self.nodes[node].process {
            self.trace.logs[process.log].disturbed = true;
        }
    }

    pub(super) fn disturb_all(&mut self) {
        (0..self.nodes.len()).for_each(|node| self.disturb(node));
    }

    pub(super) fn any_node(&mut self) -> usize {
        self.random.between(0, self.nodes.len() as u64 - 1) as usize
    }

    pub(super) fn other_node(&mut self, node: usize) -> usize {
        let all = self.nodes.len();
        (node + 1 + self.random.between(0, all.max(2) as u64 - 2) as usize) % all
    }

    pub(super) fn inject(&mut self, fault: Fault) {
        self.trace.faults += 1;
        let node = self.any_node();
        self.tell(format!("{fault:?}, if of one machine n{node}"));
        match fault {
            Fault::Kill => self.kill(node, false),
            Fault::Dark => self.kill(node, true),
            Fault::KillMidway => self.nodes[node].dies_after = Some(self.random.between(0, 25)),
            Fault::KillTwo => {
                let other = self.any_node();
                self.nodes[node].dies_after = Some(self.random.between(0, 6));
                self.nodes[other].dies_after = Some(self.random.between(0, 14));
            }
            Fault::Blackout => {
                let sends = self.random.between(0, 60);
                for node in 0..self.nodes.len() {
                    self.nodes[node].dies_after = Some(self.random.between(0, sends));
                }
            }
            Fault::DiskLoss => self.lose_disk(node),
            Fault::DiskFull => self.fill_disk(node),
            Fault::KillAll => (0..self.nodes.len()).for_each(|node| self.kill(node, false)),
            Fault::Orphan => self.strikes.push(Strike::orphan()),
            Fault::Pause => self.pause(node, (20_000, 200_000)),
            Fault::LongPause => self.pause(node, (300_000, 900_000)),
            Fault::Break => {
                let other = self.any_node();
                self.disturb(node);
                self.disturb(other);
                self.break_link(node, other);
            }
            Fault::Slow => {
                self.latency = (200, 8_000);
                self.disturb_all();
                let at = self.now + self.random.between(100_000, 400_000);
                self.schedule(at, Due::Mend { what: Mend::Latency });
            }
            Fault::Delay => self.delay_machine(node),
            Fault::Lag => {
                self.lag(node, true);
                let at = self.now + self.random.between(100_000, 900_000);
                self.schedule(at, Due::CaughtUp { node });
            }
            Fault::Moment => self.await_moment(2),
            Fault::Upgrade => self.upgrade(node),
            Fault::Donor => self.await_donor(),
            Fault::Isolate | Fault::Split | Fault::SplitInThree | Fault::OneWay | Fault::CutPair => {
                self.cut_some(fault, node)
            }
            plot => self.plot(plot),
        }
    }

    pub(super) fn kill(&mut self, node: usize, dark: bool) {
        self.stop(node, End::Crashed, dark);
        let at = self.now + self.random.between(100_000, 1_500_000);
        self.schedule(at, Due::Start { node });
    }

    pub(super) fn pause(&mut self, node: usize, span: (u64, u64)) {
        self.disturb(node);
        self.nodes[node].paused = true;
        let at = self.now + self.random.between(span.0, span.1);
        self.schedule(at, Due::Resume { node });
    }

    /// A machine loses its process and its disk, if others hold all that is acknowledged: once in a run.
    fn lose_disk(&mut self, node: usize) {
        let Some(process) = &self.nodes[node].process else { return };
        let view = process.core.view().clone();
        let member = |p: ProcessId| {
            self.nodes
                .iter()
                .flat_map(|n| &n.process)
                .find(|other| other.id == p && view == *other.core.view())
        };
        let voters = view.members.iter().filter(|m| m.weight > 0 && member(m.process).is_some()).count();
        let ledger = process.core.groups().find(|g| &*g.name == LEDGER);
        let complete = ledger
            .map_or(3, |g| g.members.iter().filter(|m| m.complete && member(m.process).is_some()).count());
        let all = view.members.iter().all(|m| member(m.process).is_some());
        if !all || voters < 3 || complete < 3 || self.disk_lost || self.random.permille(300) {
            return self.kill(node, false);
        }
        self.disk_lost = true;
        self.kill(node, false);
        let name = self.random.any() | 1;
        self.nodes[node].disk = Some(Disk::new(name));
    }

    /// Nothing more can be written on a machine for a while.
    fn fill_disk(&mut self, node: usize) {
        let Some(disk) = &mut self.nodes[node].disk else { return };
        disk.full = true;
        let at = self.now + self.random.between(50_000, 800_000);
        self.schedule(at, Due::Mend { what: Mend::Disk(node) });
    }

    /// Cuts directions between machines; each is mended later.
    fn cut_some(&mut self, fault: Fault, node: usize) {
        let all = self.nodes.len();
        let other = self.other_node(node);
        let mask = self.random.any();
        let side = |n: usize| mask >> n & 1 == 1;
        let third = |n: usize| mask >> (2 * n) & 3;
        let cut = |a: usize, b: usize| match fault {
            Fault::Isolate => a == node || b == node,
            Fault::Split => side(a) != side(b),
            Fault::SplitInThree => third(a) % 3 != third(b) % 3,
            Fault::OneWay => a == node && b == other,
            _ => (a, b) == (node, other) || (b, a) == (node, other),
        };
        for a in 0..all {
            for b in 0..all {
                if a != b && cut(a, b) {
                    self.cut(a, b);
                }
            }
        }
        let at = self.now + self.random.between(100_000, 1_500_000);
        self.schedule(at, Due::Mend { what: Mend::Cuts });
    }

    pub(super) fn cut(&mut self, from: usize, to: usize) {
        self.cuts.insert((from, to));
        self.disturb(from);
        self.disturb(to);
    }

    /// Cuts a machine off in both directions; mended with the next cuts that are.
    pub(super) fn isolate(&mut self, node: usize, span: (u64, u64)) {
        for other in (0..self.nodes.len()).filter(|&n| n != node) {
            self.cut(node, other);
            self.cut(other, node);
        }
        let at = self.now + self.random.between(span.0, span.1);
        self.schedule(at, Due::Mend { what: Mend::Cuts });
    }

    /// What goes to a machine comes late for a while, mostly also what comes from it, somewhat later: so answers to what it
    /// said last are long under way, and come when it is not heard any more.
    fn delay_machine(&mut self, node: usize) {
        let late = self.random.between(100_000, 800_000);
        let others: Vec<usize> = (0..self.nodes.len()).filter(|&other| other != node).collect();
        for &other in &others {
            self.lags.insert((other, node), late);
        }
        self.disturb_all();
        if self.random.permille(750) {
            let at = self.now + self.random.between(5_000, 80_000);
            self.schedule(at, Due::Late { node, late });
        }
        let at = self.now + self.random.between(300_000, 900_000);
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// From now on what comes from a machine comes late, too.
    pub(super) fn delay_from(&mut self, node: usize, late: u64) {
        self.tell(format!("what n{node} says is late by {late}"));
        self.disturb_all();
        for other in (0..self.nodes.len()).filter(|&other| other != node && !self.healing) {
            self.lags.insert((node, other), late);
        }
    }

    /// The machine a process runs on, if it runs.
    pub(super) fn machine_of(&self, process: ProcessId) -> Option<usize> {
        self.nodes.iter().position(|n| n.process.as_ref().is_some_and(|p| p.id == process))
    }

    /// Something befalls a machine.
    pub(super) fn strike(&mut self, node: usize, blow: Blow) {
        if self.healing {
            return;
        }
        self.tell(format!("{blow:?} strikes n{node}"));
        match blow {
            Blow::Kill => self.kill(node, false),
            Blow::Dark => self.kill(node, true),
            Blow::Pause => self.pause(node, (20_000, 200_000)),
            Blow::LongPause => self.pause(node, (300_000, 900_000)),
            Blow::Isolate => self.isolate(node, (200_000, 1_000_000)),
            Blow::Hush => self.hush(node),
            Blow::Unheard => {
                self.hush(node);
                self.kill(node, true);
            }
            Blow::Succeeded => self.succeed(node),
            Blow::Everyone => self.end_all(node),
        }
    }

    /// A protocol step drawn at random is waited for; when it comes, the next may be.
    pub(super) fn await_moment(&mut self, more: u64) {
        let strike = Strike::drawn(&mut self.random, more);
        self.strikes.push(strike);
    }

    fn await_donor(&mut self) {
        let blow = *self.random.pick(&[Blow::Kill, Blow::Dark, Blow::LongPause, Blow::Isolate]);
        let skip = self.random.between(0, 6);
        let victim = if self.random.permille(750) { Victim::Sender } else { Victim::Receiver };
        self.strikes.push(Strike::between_pieces(blow, skip, victim));
    }

    pub(super) fn mend_some(&mut self, what: &Mend) {
        self.tell(format!("mended: {what:?}"));
        match what {
            Mend::Latency => self.latency = USUAL_LATENCY,
            Mend::Lags => self.lags.clear(),
            Mend::Disk(node) => {
                if let Some(disk) = &mut self.nodes[*node].disk {
                    disk.full = false;
                }
            }
            Mend::Cuts => {
                let cuts: Vec<(usize, usize)> = self.cuts.iter().copied().collect();
                self.mend(&cuts);
            }
        }
    }

    /// All faults end.
    pub(super) fn heal(&mut self) {
        self.healing = true;
        self.strikes.clear();
        for what in [Mend::Latency, Mend::Lags, Mend::Cuts] {
            self.mend_some(&what);
        }
        for node in 0..self.nodes.len() {
            self.nodes[node].dies_after = None;
            self.mend_some(&Mend::Disk(node));
            if self.nodes[node].paused {
                self.unpause(node);
            }
            self.lag(node, false);
            self.lighten(node);
            self.start(node);
        }
        self.upgrade_the_rest();
    }
}

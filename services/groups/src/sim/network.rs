//! The simulated network: connections that keep their order, and what cuts, delays and breaks do to them.
//!
//! A connection carries frames in order and loses them only when it breaks, as a stream over a real network does. A cut
//! direction holds frames back until it is healed; a late one brings them later, in order.

use super::world::{Due, World};
use crate::core::{Address, Event, LinkId, ProcessId};
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

/// What travels in one direction of a connection.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cargo {
    Opened(Option<Address>),
    Frame(Bytes),
    Closed,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Link {
    /// The machine and the process of either side.
    pub(super) ends: [(usize, ProcessId); 2],
    queues: [VecDeque<Cargo>; 2],
    /// When the last of a direction arrives.
    last: [u64; 2],
    broken: bool,
}

impl World {
    fn delay(&mut self) -> u64 {
        let (low, high) = self.latency;
        let delay = self.random.between(low, high);
        if self.random.permille(20) { delay * 20 } else { delay }
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
    pub(super) fn push(&mut self, link: u64, side: usize, cargo: Cargo) {
        let delay = self.delay();
        let Some(l) = self.links.get_mut(&link) else { return };
        let way = (l.ends[side].0, l.ends[1 - side].0);
        let delay = delay + self.lags.get(&way).copied().unwrap_or(0);
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

    pub(super) fn dial(&mut self, node: usize, process: ProcessId, address: Address) {
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

    /// Sends a frame.
    pub(super) fn send(&mut self, link: LinkId, head: &[u8], body: &[u8]) {
        let mut frame = BytesMut::with_capacity(head.len() + body.len());
        frame.extend_from_slice(head);
        frame.extend_from_slice(body);
        self.push(link.0 / 2, (link.0 % 2) as usize, Cargo::Frame(frame.freeze()));
    }

    /// The machine at the other end.
    pub(super) fn far_end(&self, link: LinkId) -> Option<usize> {
        self.links.get(&(link.0 / 2)).map(|l| l.ends[1 - (link.0 % 2) as usize].0)
    }

    /// Ends a connection.
    pub(super) fn close(&mut self, link: LinkId) {
        self.push(link.0 / 2, (link.0 % 2) as usize, Cargo::Closed);
    }
}

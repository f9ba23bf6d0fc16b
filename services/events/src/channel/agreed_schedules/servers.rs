//! Servers: their disks follow the order, they are killed, and come back.

use super::*;

impl World {
    /// A server's disk follows the order.
    pub(super) fn copy(&mut self) {
        let at = self.some_server();
        self.copy_at(at);
    }

    pub(super) fn copy_at(&mut self, at: usize) -> bool {
        if !self.is_durable() {
            return false;
        }
        let from = self.disks[at].last().map_or(1, |stored| stored.last() + 1);
        let blocks = match self.server(at).core.to_copy(from, 1) {
            Copying::Blocks(blocks) => blocks,
            Copying::Nothing => return false,
            Copying::Elsewhere { until } => self.fetched(at, from, until),
        };
        let is_more = !blocks.is_empty();
        self.disks[at].extend(blocks);
        let end = self.disks[at].last().map_or(1, |stored| stored.last() + 1);
        if let Some(server) = &mut self.servers[at] {
            server.core.copied(end, 1);
        }
        is_more
    }

    /// What another server has of what this one has missed.
    pub(super) fn fetched(&self, at: usize, from: u64, until: u64) -> Vec<Arc<Stored>> {
        let others = (0..SERVERS).filter(|&other| other != at && self.servers[other].is_some());
        for other in others {
            if let Copying::Blocks(blocks) = self.server(other).core.to_copy(from, 1) {
                return blocks;
            }
            let kept = self.disks[other].iter().filter(|stored| stored.first >= from && stored.first < until);
            if let Some(first) = kept.take(1).next().filter(|stored| stored.first == from) {
                return vec![first.clone()];
            }
        }
        Vec::new()
    }

    pub(super) fn checkpoint(&mut self) {
        let at = self.some_server();
        if let Some(server) = &mut self.servers[at] {
            server.checkpoint = (saved(&server.core), server.applied);
        }
    }

    /// A server is killed, or, where the order outlives that, all of them.
    pub(super) fn lose_some(&mut self) {
        let here = self.servers.iter().flatten().count();
        if self.is_durable() && self.random.below(3) == 0 {
            let checkpoints: Vec<_> =
                self.servers.iter().flatten().map(|server| server.checkpoint.clone()).collect();
            (0..SERVERS).for_each(|at| self.lose(at));
            // The first one to be back has its log, and what it had not written down itself is in that.
            let (state, applied) = checkpoints[self.random.below(checkpoints.len() as u64) as usize].clone();
            let at = self.random.below(SERVERS as u64) as usize;
            self.begin_server(at, state, applied);
            self.catch_up(at);
        } else if here > 2 {
            let at = self.some_server();
            self.lose(at);
        }
    }

    pub(super) fn lose(&mut self, at: usize) {
        let Some(server) = self.servers[at].take() else { return };
        for command in server.given {
            // What it had given is in the order, or never will be.
            if self.random.below(2) == 0 {
                self.order.push((command, self.now));
            } else {
                break;
            }
        }
        self.judge();
    }

    /// A server is there again, with the state of another one.
    pub(super) fn join(&mut self) {
        let Some(at) = (0..SERVERS).find(|&at| self.servers[at].is_none()) else { return };
        let donor = self.some_server();
        let donor = self.server(donor);
        let (state, applied) = (saved(&donor.core), donor.applied);
        self.begin_server(at, state, applied);
    }

    pub(super) fn begin_server(&mut self, at: usize, state: bytes::Bytes, applied: usize) {
        // Nothing was saved before anything had happened.
        let mut core = match state.is_empty() {
            true => Channel::agreed(self.options.clone(), self.limits.clone()),
            false => Channel::load(self.options.clone(), self.limits.clone(), state).unwrap(),
        };
        if self.mistake == Some(Mistake::PublishersNotSaved) {
            core.publishers = Publishers::new(100);
        }
        let copied = self.disks[at].last().map_or(1, |stored| stored.last() + 1);
        core.copied(copied, 1);
        self.lives += 1;
        self.servers[at] = Some(Server::with(self.lives, core, applied));
        if self.mistake == Some(Mistake::CopiedLate) {
            self.servers[at].as_mut().unwrap().core.copied(u64::MAX, 1);
        }
    }
}

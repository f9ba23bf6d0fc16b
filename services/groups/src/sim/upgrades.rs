//! Rolling upgrades: machines whose processes speak different versions of the protocol, and what operators do about it: they
//! replace processes one by one, and those at once that are too old to be admitted.

use super::trace::End;
use super::world::{Due, World};
use crate::core::Protocol;

/// Operators wait so long between two machines. Virtual microseconds.
const ONE_BY_ONE_US: u64 = 150_000;

impl World {
    /// Most machines begin with an old version.
    pub(super) fn mix_versions(&mut self) {
        for node in 0..self.nodes.len() {
            let old = self.random.permille(700);
            self.nodes[node].speaks = if old { Protocol::OLDEST } else { Protocol::NEWEST };
        }
    }

    /// The process on a machine is ended, and another one started that speaks the newest version.
    pub(super) fn upgrade(&mut self, node: usize) {
        if std::mem::replace(&mut self.nodes[node].speaks, Protocol::NEWEST) == Protocol::NEWEST {
            return;
        }
        self.tell(format!("n{node} is upgraded"));
        self.stop(node, End::Crashed, false);
        let at = self.now + self.random.between(10_000, 100_000);
        self.schedule(at, Due::Start { node });
    }

    /// The machines that still speak an old version, one by one.
    pub(super) fn upgrade_the_rest(&mut self) {
        let old = (0..self.nodes.len()).filter(|&node| self.nodes[node].speaks < Protocol::NEWEST);
        for (node, at) in old.collect::<Vec<_>>().into_iter().zip(1..) {
            self.schedule(self.now + at * ONE_BY_ONE_US, Due::Upgrade { node });
        }
    }
}

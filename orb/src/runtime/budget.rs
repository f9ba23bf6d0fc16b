//! The memory that messages take on all connections together.
//!
//! Every connection has limits of its own; many connections, each within its limits, could still exhaust the process. So
//! each says what it holds: input that is no whole message yet, bodies in assembly, replies that their caller does not
//! take, arguments of calls that wait. While the sum is above `buffers_bytes_max`, whoever holds more than an equal share of
//! that gets nothing more: its further calls are refused, and if its buffers alone exceed the share, its connection is given
//! up. As long as the sum is too large somebody holds more than a share, so that the sum comes down; and who holds little,
//! as ordinary callers do, does not notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Limits;

/// What all connections of a broker may hold together, and what they hold.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes_max: u64,
    held: AtomicU64,
}

/// What one connection holds. Dropping it gives all of it back.
#[derive(Debug)]
pub(super) struct Holding {
    budget: Arc<Budget>,
    buffers: AtomicU64,
    calls: AtomicU64,
}

/// What a call that waits holds besides its arguments: its task, its context.
const CALL_BYTES: u64 = 1024;

impl Budget {
    pub(super) fn new(limits: &Limits) -> Arc<Budget> {
        // Two bodies of the largest size must always find room.
        let bytes_max = limits.buffers_bytes_max.max(limits.body_bytes_max.saturating_mul(2)) as u64;
        Arc::new(Budget { bytes_max, held: AtomicU64::new(0) })
    }

    /// What is held.
    pub(super) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    pub(super) fn is_exceeded(&self) -> bool {
        self.held() > self.bytes_max
    }

    /// What each of so many connections may hold while the budget is exceeded.
    pub(super) fn share(&self, connections: usize) -> u64 {
        self.bytes_max / connections.max(1) as u64
    }
}

impl Holding {
    /// Nothing yet.
    pub(super) fn of(budget: &Arc<Budget>) -> Holding {
        Holding { budget: budget.clone(), buffers: AtomicU64::new(0), calls: AtomicU64::new(0) }
    }

    /// The buffers of the connection take `bytes` now. Answers whether that is more than before.
    pub(super) fn note_buffers(&self, bytes: u64) -> bool {
        if self.buffers() == bytes {
            return false;
        }
        let before = self.buffers.swap(bytes, Ordering::Relaxed);
        if bytes > before {
            self.budget.held.fetch_add(bytes - before, Ordering::Relaxed);
        } else {
            self.budget.held.fetch_sub(before - bytes, Ordering::Relaxed);
        }
        bytes > before
    }

    /// A call with arguments of `bytes` octets waits from now on, until [`call_ends`](Self::call_ends).
    pub(super) fn call_waits(&self, bytes: usize) -> u64 {
        let bytes = bytes as u64 + CALL_BYTES;
        self.calls.fetch_add(bytes, Ordering::Relaxed);
        self.budget.held.fetch_add(bytes, Ordering::Relaxed);
        bytes
    }

    /// A call that waited has ended.
    pub(super) fn call_ends(&self, bytes: u64) {
        self.calls.fetch_sub(bytes, Ordering::Relaxed);
        self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn buffers(&self) -> u64 {
        self.buffers.load(Ordering::Relaxed)
    }

    pub(super) fn all(&self) -> u64 {
        self.buffers() + self.calls.load(Ordering::Relaxed)
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.all(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(bytes: usize) -> Arc<Budget> {
        Budget::new(&Limits { buffers_bytes_max: bytes, body_bytes_max: 1, ..Limits::default() })
    }

    #[test]
    fn what_is_held_is_the_sum_and_comes_back() {
        let budget = budget(10_000);
        let (one, two) = (Holding::of(&budget), Holding::of(&budget));
        assert!(one.note_buffers(4000) && !one.note_buffers(3000) && !one.note_buffers(3000));
        assert!(two.note_buffers(5000));
        let call = two.call_waits(2000);
        assert_eq!(budget.held(), 10_000 + CALL_BYTES);
        assert!(budget.is_exceeded() && two.all() > budget.share(2) && one.all() < budget.share(2));
        two.call_ends(call);
        assert!(!budget.is_exceeded());
        drop(two);
        assert_eq!(budget.held(), 3000);
        drop(one);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn two_of_the_largest_bodies_always_fit() {
        let limits = Limits { buffers_bytes_max: 1, body_bytes_max: 500, ..Limits::default() };
        assert_eq!(Budget::new(&limits).share(1), 1000);
    }

    /// Whatever connections hold: while it is too much, one of them holds more than a share.
    #[test]
    fn somebody_always_holds_too_much() {
        let budget = budget(1000);
        let mut dice = 1_u64;
        for _ in 0..2000 {
            let holdings: Vec<_> = (0..1 + dice % 7).map(|_| Holding::of(&budget)).collect();
            for holding in &holdings {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                holding.note_buffers((dice >> 33) % 600);
            }
            let share = budget.share(holdings.len());
            assert!(!budget.is_exceeded() || holdings.iter().any(|holding| holding.buffers() > share));
        }
        assert_eq!(budget.held(), 0);
    }
}

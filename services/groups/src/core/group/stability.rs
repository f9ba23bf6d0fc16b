//! Stability: who has acknowledged what, and therefore what may be dropped and what may be delivered as uniform.
//!
//! ```text
//!             lane 0   lane 1   lane 2 | ready
//!   rank 0      12        9       30   |  40
//!   rank 1      12        8       30   |  38
//!   rank 2      10        9       31   |  40
//!   stable      10        8       30   |  38      the minimum of each column
//! ```
//!
//! Acknowledgements are cumulative and carried by any traffic (book L11193). A message is stable when its number is below
//! the column's minimum; then every member has it, and nobody will ask for it again.

/// The acknowledgements of a group's members.
#[derive(Debug, Default)]
pub(crate) struct Stability {
    width: usize,
    received: Vec<u64>,
    ready: Vec<u64>,
    stable: Vec<u64>,
    stable_ready: u64,
}

impl Stability {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width,
            received: vec![0; width * width],
            ready: vec![0; width],
            stable: vec![0; width],
            stable_ready: 0,
        }
    }

    /// A member has a lane up to here. True if a minimum moved.
    pub(crate) fn received(&mut self, member: usize, lane: usize, up_to: u64) -> bool {
        let cell = &mut self.received[lane * self.width + member];
        if up_to <= *cell {
            return false;
        }
        *cell = up_to;
        let row = &self.received[lane * self.width..(lane + 1) * self.width];
        let least = row.iter().copied().min().unwrap_or(0);
        let moved = least > self.stable[lane];
        self.stable[lane] = least;
        moved
    }

    /// A member has places and bodies up to here. True if the minimum moved.
    pub(crate) fn ready(&mut self, member: usize, up_to: u64) -> bool {
        if up_to <= self.ready[member] {
            return false;
        }
        self.ready[member] = up_to;
        let least = self.ready.iter().copied().min().unwrap_or(0);
        let moved = least > self.stable_ready;
        self.stable_ready = least;
        moved
    }

    /// How far a member has acknowledged a lane.
    pub(crate) fn received_of(&self, member: usize, lane: usize) -> u64 {
        self.received[lane * self.width + member]
    }

    /// What a member is known to be ready up to.
    pub(crate) fn ready_of(&self, member: usize) -> u64 {
        self.ready[member]
    }

    /// Every member has the lane up to here.
    pub(crate) fn stable(&self, lane: usize) -> u64 {
        self.stable[lane]
    }

    /// Every member is ready up to here.
    pub(crate) fn stable_ready(&self) -> u64 {
        self.stable_ready
    }

    /// The member that has acknowledged least of a lane.
    pub(crate) fn slowest(&self, lane: usize) -> Option<usize> {
        (0..self.width).min_by_key(|&member| self.received[lane * self.width + member])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_is_what_everyone_has() {
        let mut stability = Stability::new(2);
        assert!(!stability.received(0, 1, 5));
        assert!(stability.received(1, 1, 3));
        assert_eq!(stability.stable(1), 3);
        assert!(!stability.received(1, 1, 2), "acknowledgements never go back");
        assert!(!stability.ready(0, 4));
        assert!(stability.ready(1, 9));
        assert_eq!(stability.stable_ready(), 4);
        assert_eq!(stability.slowest(1), Some(1));
    }
}

//! Causal closure: how far a lane may be acknowledged.
//!
//! ```text
//!   lane a   1 2 3 |            received 3, closed 3
//!   lane b   1 2*3 4 |          2 was sent after a4, which is not here: received 4, closed 1
//! ```
//!
//! A receipt must promise that nothing before it can become an orphan. A message whose cause is missing here is dropped at
//! the end of the view if the cause is lost with its sender and whoever else had it, and with it all that follows in its
//! lane. So a lane is acknowledged up to the first message whose causes are not closed here themselves. Without that,
//! a uniform message could be delivered by its sender alone: everyone had it, but not what it came after.

use super::lane::Lane;
use crate::core::options::Order;

/// How far each lane is closed.
#[derive(Debug, Default)]
pub(crate) struct Closure {
    lanes: Vec<Closed>,
}

/// How far one lane is closed.
#[derive(Debug, Default, Clone)]
struct Closed {
    /// The first message that is not.
    number: u64,
    /// Causal messages before it.
    causal: u64,
    /// The causes of the latest causal message that was looked at.
    stamp: Vec<u64>,
    stamp_applied: bool,
}

impl Closure {
    pub(crate) fn new(width: usize) -> Self {
        Self { lanes: vec![Closed::default(); width] }
    }

    /// The lane is closed below this number.
    pub(crate) fn number(&self, rank: usize) -> u64 {
        self.lanes[rank].number
    }

    /// Takes in what has been received. Each message is looked at once, and again while it waits for causes.
    pub(crate) fn advance(&mut self, lanes: &[Lane]) {
        let mut moved = true;
        while moved {
            moved = false;
            for (rank, lane) in lanes.iter().enumerate() {
                moved |= self.advance_lane(rank, lane);
            }
        }
    }

    /// Whether a causal message was closed: others may come after it.
    fn advance_lane(&mut self, rank: usize, lane: &Lane) -> bool {
        let before = self.lanes[rank].causal;
        while self.lanes[rank].causal < lane.causals {
            let number = self.lanes[rank].number.max(lane.base());
            let Some(slot) = lane.get(number) else { break };
            if slot.class.order() == Order::Causal {
                let width = self.lanes.len();
                let closed = &mut self.lanes[rank];
                if !closed.stamp_applied {
                    closed.stamp_applied = true;
                    closed.stamp.resize(width, 0);
                    for &(cause, count) in slot.causes.iter().flat_map(|causes| causes.iter()) {
                        if let Some(entry) = closed.stamp.get_mut(usize::from(cause)) {
                            *entry = count.max(*entry);
                        }
                    }
                }
                let mut stamp = self.lanes[rank].stamp.iter().enumerate();
                if !stamp.all(|(other, &count)| other == rank || self.lanes[other].causal >= count) {
                    return self.lanes[rank].causal > before;
                }
                self.lanes[rank].causal += 1;
                self.lanes[rank].stamp_applied = false;
            }
            self.lanes[rank].number = number + 1;
        }
        // Nothing causal is left: the rest has no causes.
        if self.lanes[rank].causal >= lane.causals {
            self.lanes[rank].number = lane.received();
        }
        self.lanes[rank].causal > before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::group::lane::{Causes, Slot};
    use crate::core::group::parts::Part;
    use crate::core::options::Class;
    use bytes::Bytes;

    fn push(lane: &mut Lane, order: Order, causes: Causes) {
        let causes = (order == Order::Causal).then(|| Box::new(causes));
        let class = Class::new(order, true);
        lane.push(Slot { payload: Bytes::new(), causes, class, part: Part::WHOLE });
    }

    #[test]
    fn a_lane_is_closed_up_to_the_first_message_whose_cause_is_missing() {
        let mut lanes = [Lane::default(), Lane::default()];
        let mut closure = Closure::new(2);
        push(&mut lanes[1], Order::Fifo, vec![]);
        push(&mut lanes[1], Order::Causal, vec![(0, 1)]);
        push(&mut lanes[1], Order::Total, vec![]);
        closure.advance(&lanes);
        assert_eq!((closure.number(0), closure.number(1)), (0, 1));
        push(&mut lanes[0], Order::Causal, vec![]);
        closure.advance(&lanes);
        assert_eq!((closure.number(0), closure.number(1)), (1, 3));
    }

    #[test]
    fn causes_of_causes_count() {
        let mut lanes = [Lane::default(), Lane::default(), Lane::default()];
        let mut closure = Closure::new(3);
        push(&mut lanes[2], Order::Causal, vec![(1, 1)]);
        push(&mut lanes[1], Order::Causal, vec![(0, 1)]);
        closure.advance(&lanes);
        assert_eq!((closure.number(1), closure.number(2)), (0, 0));
        push(&mut lanes[0], Order::Causal, vec![]);
        closure.advance(&lanes);
        assert_eq!((closure.number(0), closure.number(1), closure.number(2)), (1, 1, 1));
    }
}

//! The servant of a simulated replica: a counter, and what timers do to it.

use super::Seat;
use crate::object::proto::{Concluded, Executed, Execution, TimerChange};
use crate::sim::objects::record::fold;
use bytes::{Buf, Bytes};
use quorb::adapter::RelayedReply;

impl Seat {
    /// One is added, and the new value answered; or a timer does what it does. Gives what is asked of the timers.
    pub(super) fn execute(&mut self, execution: &Execution, has_timers: bool) -> Vec<TimerChange> {
        let timers = match &execution.timer {
            Some(name) => {
                let rung = [name.as_bytes(), &execution.moment.time_us.to_be_bytes()].concat();
                self.rings = self.rings.wrapping_add(fold(&rung));
                Vec::new()
            }
            None => {
                self.value += 1;
                if has_timers { wishes(self.value, execution.moment.time_us) } else { Vec::new() }
            }
        };
        let body = Bytes::copy_from_slice(&self.value.to_be_bytes());
        let reply = RelayedReply::from_parts(Bytes::from_static(&[1, 0]), body);
        self.replica.executed(execution.key, Executed { reply, panicked: false, timers: timers.clone() });
        timers
    }

    pub(super) fn settle(&mut self) {
        (self.agreed, self.rings_agreed) = (self.proposed, self.rings_proposed);
    }

    pub(super) fn state(&self) -> Bytes {
        state_of(self.agreed, self.rings_agreed, self.drift)
    }

    /// The executor's state, or what it has done since it last shipped that.
    pub(super) fn conclude(&mut self) {
        (self.proposed, self.rings_proposed) = (self.value, self.rings);
        let change = match self.place.ships_effects {
            true => {
                let rings = self.rings.wrapping_sub(self.rings_agreed);
                state_of(self.value - self.agreed, rings, self.drift)
            }
            false => state_of(self.value, self.rings, self.drift),
        };
        self.replica.conclude(Concluded::Changed(change));
    }

    pub(super) fn adopt(&mut self, mut state: Bytes) {
        self.value = state.try_get_u64().unwrap_or_default();
        self.rings = state.try_get_u64().unwrap_or_default();
        self.drift = state.try_get_u64().unwrap_or_default();
        (self.agreed, self.rings_agreed) = (self.value, self.rings);
    }

    pub(super) fn apply(&mut self, mut effects: Bytes) {
        self.value += effects.try_get_u64().unwrap_or_default();
        self.rings = self.rings.wrapping_add(effects.try_get_u64().unwrap_or_default());
        (self.agreed, self.rings_agreed) = (self.value, self.rings);
    }

    pub(super) fn digest(&self) -> u128 {
        u128::from(self.value) << 64 | u128::from(self.drift.wrapping_add(self.rings))
    }
}

pub(super) fn state_of(value: u64, rings: u64, drift: u64) -> Bytes {
    [value.to_be_bytes(), rings.to_be_bytes(), drift.to_be_bytes()].concat().into()
}

/// What the request that made this value asks of the timers.
fn wishes(value: u64, now_us: u64) -> Vec<TimerChange> {
    let name = |n: u64| format!("timer {}", n % 4).into();
    let mut wishes = Vec::new();
    if value.is_multiple_of(3) {
        wishes.push(TimerChange { name: name(value), due_us: Some(now_us + value % 7 * 150_000) });
    }
    if value.is_multiple_of(11) {
        wishes.push(TimerChange { name: name(value / 11), due_us: None });
    }
    wishes
}

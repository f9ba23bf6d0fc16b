//! Timers: what a servant asks for in an update comes back as a place in the order, at all members the same.
//!
//! ```text
//!   an execution asks --> the table, at its place --> Effect::Arm at every member, later the higher its rank
//!   due() at the first whose alarm rings --> FIRE number --> its place: the timer leaves the table, and is executed
//! ```
//!
//! The table travels with the state. A timer fires once: whatever members say that it is due, the first FIRE that finds it
//! counts. A member that is lost before it has said so leaves that to the next by rank.

use super::message::{Fire, Message, Request};
use super::{Effect, Moment, Replica, Style};
use crate::core::WireError;
use crate::core::wire::{Reader, Wire, put_varint};
use bytes::{Bytes, BytesMut};
use quorb::proto::head::{ClientId, RequestIdentity};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a request wants of one timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerChange {
    /// Which. One of that name that runs already gives way.
    pub name: Arc<str>,
    /// When it is to fire, by the order's clock; none if it is not to fire.
    pub due_us: Option<u64>,
}

/// The timers that run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Timers {
    /// Numbers are given once.
    last: u64,
    /// By number: the name, and when it is due.
    of: BTreeMap<u64, (Arc<str>, u64)>,
    by_name: BTreeMap<Arc<str>, u64>,
}

impl Timers {
    fn remove(&mut self, name: &str) -> Option<u64> {
        let number = self.by_name.remove(name)?;
        self.of.remove(&number);
        Some(number)
    }

    fn insert(&mut self, name: Arc<str>, due_us: u64) -> u64 {
        self.last += 1;
        self.of.insert(self.last, (name.clone(), due_us));
        self.by_name.insert(name, self.last);
        self.last
    }
}

impl Replica {
    /// The timers that run: their names, and when they are due by the order's clock.
    pub fn timers(&self) -> impl ExactSizeIterator<Item = (&str, u64)> {
        self.shared.timers.of.values().map(|(name, due_us)| (&**name, *due_us))
    }

    /// Whether a timer of this name runs.
    #[must_use]
    pub fn has_timer(&self, name: &str) -> bool {
        self.shared.timers.by_name.contains_key(name)
    }

    /// What an execution has asked for, at the place where that is agreed on.
    pub(super) fn change_timers(&mut self, changes: Vec<TimerChange>) {
        for TimerChange { name, due_us } in changes {
            if let Some(number) = self.shared.timers.remove(&name) {
                self.emit(Effect::Disarm { number });
            }
            if let Some(due_us) = due_us {
                let number = self.shared.timers.insert(name, due_us);
                self.arm(number, due_us);
            }
        }
    }

    /// All that run are to ring here: this member has them from elsewhere, or may have missed when they rang.
    pub(super) fn arm_all(&mut self) {
        let all: Vec<(u64, u64)> = self.shared.timers.of.iter().map(|(n, (_, due))| (*n, *due)).collect();
        for (number, due_us) in all {
            self.arm(number, due_us);
        }
    }

    fn arm(&mut self, number: u64, due_us: u64) {
        if self.replaying {
            return;
        }
        let members = self.complete_members();
        let rank = members.iter().position(|member| *member == self.me).unwrap_or(members.len());
        let grace_us = self.limits.timer_grace_ms.saturating_mul(1_000).saturating_mul(rank as u64);
        let after_us = due_us.saturating_sub(self.shared.clock_us).saturating_add(grace_us);
        self.emit(Effect::Arm { number, after_us });
    }

    /// The alarm of a timer has rung here, as [`Effect::Arm`] asked. `moment` is as in [`call`](Self::call).
    pub fn due(&mut self, number: u64, moment: Moment) {
        let Some((_, due_us)) = self.shared.timers.of.get(&number) else { return };
        let fire = Fire { number, time_us: moment.time_us.max(*due_us), seed: moment.seed };
        self.emit(Effect::Multicast(Message::Fire(fire).to_bytes()));
    }

    /// A member says that a timer is due. If it does not run any more it was renewed or cancelled, or has fired.
    pub(super) fn fired(&mut self, fire: Fire) {
        // One of a poisoned object waits until that is reactivated.
        if self.shared.poisoned {
            return;
        }
        let Some((name, due_us)) = self.shared.timers.of.get(&fire.number).cloned() else { return };
        if self.mistake != Some(super::Mistake::TimerStays) {
            self.shared.timers.remove(&name);
        }
        let (time_us, place) = self.next_place(fire.time_us.max(due_us), fire.seed);
        let key = RequestIdentity { client: ClientId(0), incarnation: u64::MAX, sequence: fire.number };
        let request = Request {
            key: key.into(),
            acknowledged_below: 0,
            is_repeated: false,
            time_us,
            seed: fire.seed,
            place,
            head: Bytes::new(),
            arguments: Bytes::new(),
            timer: Some(name),
        };
        match self.shared.style {
            Style::Active => {
                let execution = super::executor::execution(&request, self.shared.outside, place);
                self.emit(Effect::Execute(execution));
            }
            Style::Executor => self.queue(request),
        }
        self.checkpoint();
    }
}

impl Wire for Timers {
    fn write(&self, out: &mut BytesMut) {
        self.last.write(out);
        put_varint(out, self.of.len() as u64);
        for (number, (name, due_us)) in &self.of {
            number.write(out);
            name.write(out);
            due_us.write(out);
        }
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let mut timers = Self { last: Wire::read(input)?, ..Self::default() };
        for _ in 0..input.count()? {
            let number = u64::read(input)?;
            let (name, due_us) = <(Arc<str>, u64)>::read(input)?;
            timers.by_name.insert(name.clone(), number);
            timers.of.insert(number, (name, due_us));
        }
        match timers.by_name.len() == timers.of.len() {
            true => Ok(timers),
            false => Err(WireError::Contradiction),
        }
    }
}

impl Wire for TimerChange {
    fn write(&self, out: &mut BytesMut) {
        self.name.write(out);
        self.due_us.write(out);
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        Ok(Self { name: Wire::read(input)?, due_us: Wire::read(input)? })
    }
}

//! The group's one order: what every member does at each place of it.

use super::executor::execution;
use super::message::{Message, Request};
use super::table::{Admission, Asked};
use super::{Effect, Executed, Replica, Style};
use crate::core::wire::{Reader, Wire};
use crate::core::{ProcessId, WireError};
use bytes::Bytes;
use quorb::adapter::RelayedReply;
use quorb::proto::head::{Completion, RequestIdentity};
use quorb::{ExceptionKind, Minor, SystemException};

impl Replica {
    /// A message of the group at its place.
    ///
    /// # Errors
    /// Octets that no member of this version sends. They change nothing.
    pub fn deliver(&mut self, sender: ProcessId, message: &Bytes) -> Result<(), WireError> {
        match Message::read(&mut Reader::new(message.clone()))? {
            Message::Request(request) => self.request(Request { timer: None, ..request }),
            Message::Place(place) => self.placed(sender, place),
            Message::Reactivate => {
                self.shared.poisoned = false;
                self.emit(Effect::Reactivate);
                self.arm_all();
            }
            Message::Outcome(outcome) => self.concluded(sender, outcome),
            Message::Digest(digest) => self.compared(sender, digest),
            Message::Fire(fire) => self.fired(fire),
        }
        Ok(())
    }

    /// Lets the object take updates again after one of them panicked: a place in the order, like everything.
    pub fn reactivate(&mut self) {
        self.emit(Effect::Multicast(Message::Reactivate.to_bytes()));
    }

    /// The time and the number of the next request, which says that it is so late.
    pub(super) fn next_place(&mut self, time_us: u64, seed: u64) -> (u64, u64) {
        let shared = &mut self.shared;
        shared.requests += 1;
        shared.clock_us = time_us.max(shared.clock_us + 1);
        if shared.outside.1 == 0 {
            shared.outside = (seed, shared.clock_us);
        }
        (shared.clock_us, shared.requests)
    }

    fn request(&mut self, request: Request) {
        self.next_place(request.time_us, request.seed);
        let shared = &mut self.shared;
        let key = RequestIdentity::from(request.key);
        let asked = Asked {
            key,
            acknowledged_below: request.acknowledged_below,
            is_repeated: request.is_repeated,
            time_us: shared.clock_us,
        };
        match shared.table.admit(asked, &self.limits) {
            Admission::Execute => self.admitted(key, request),
            Admission::Replay(reply) => self.settle(key, &reply),
            // Its first place settles it.
            Admission::Running => {}
            Admission::Refuse(reason) => self.refuse_at_place(key, reason, request.is_repeated),
        }
        self.checkpoint();
    }

    fn admitted(&mut self, key: RequestIdentity, request: Request) {
        if self.shared.poisoned {
            let refusal =
                SystemException::new(ExceptionKind::ObjAdapter, Minor::OBJECT_POISONED, Completion::No);
            return self.complete(key, &RelayedReply::raising(&refusal));
        }
        let (time_us, place) = (self.shared.clock_us, self.shared.requests);
        let request = Request { time_us, place, ..request };
        match self.shared.style {
            Style::Active => self.emit(Effect::Execute(execution(&request, self.shared.outside, place))),
            Style::Executor => self.queue(request),
        }
    }

    /// A request has been executed, as [`Effect::Execute`] asked.
    pub fn executed(&mut self, key: RequestIdentity, executed: Executed) {
        match self.shared.style {
            Style::Active => {
                self.shared.poisoned |= executed.panicked;
                if !executed.panicked {
                    self.change_timers(executed.timers);
                }
                self.complete(key, &executed.reply);
            }
            Style::Executor => self.executed_alone(key, executed),
        }
    }

    /// A request has its reply, at every member the same.
    pub(super) fn complete(&mut self, key: RequestIdentity, reply: &RelayedReply) {
        self.shared.table.complete(key, reply, &self.limits);
        self.settle(key, reply);
    }
}

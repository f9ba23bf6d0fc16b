//! The executor style: one member executes, all agree on what has come of it.
//!
//! ```text
//!   REQUEST r1, r2 .. -> queue at every member -> the executor: Execute r1, Execute r2, Conclude
//!   OUTCOME term, replies, state or effects -> every member: replies into the table, change adopted, queue shorter
//!   a view without the executor -> the next term: another one executes what is still in the queue
//! ```
//!
//! Nothing of an execution is visible before its outcome has its place: neither a reply nor a read. So an executor that is
//! lost leaves nothing behind but the calls that it has made itself; its successor makes them again under the same names, so that
//! they are executed once ([`Outside`]).

use super::message::{Answered, Message, Outcome, Request};
use super::table::Key;
use super::{Effect, Executed, Execution, Mistake, Moment, Outside, Replica, Style, TimerChange};
use crate::core::wire::{Reader, Wire, put_varint};
use crate::core::{GroupId, ProcessId, WireError};
use bytes::{Bytes, BytesMut};
use quorb::adapter::{RelayedCall, RelayedReply};
use quorb::proto::head::{ChainId, Completion, RequestIdentity};
use quorb::{ExceptionKind, Minor, SystemException};
use std::collections::VecDeque;

/// What all members know of the execution.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Executor {
    /// Counts the executors.
    term: u64,
    who: Option<ProcessId>,
    /// Requests without an outcome, in order.
    queue: VecDeque<Request>,
    /// Executors that were lost while the first of them had no outcome.
    lost_over_first: u32,
}

/// What the executor alone knows of its work.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Requests of the queue that are being executed, or were, since the last outcome.
    started: usize,
    done: Vec<Answered>,
    /// What they want of the timers.
    timers: Vec<TimerChange>,
    /// No more than so many together: the one after them has panicked.
    batch_max: Option<usize>,
    /// An outcome is on its way.
    concluding: bool,
}

/// What the executor makes of its state when it concludes; of the effects since it last did, where it ships those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concluded {
    /// It is as before.
    Unchanged,
    /// It is this.
    Changed(Bytes),
    /// It is larger than may be shipped, or has no form as octets.
    Unfit(Box<SystemException>),
}

impl Executor {
    pub(super) fn term(&self) -> u64 {
        self.term
    }

    pub(super) fn who(&self) -> Option<ProcessId> {
        self.who
    }
}

impl Replica {
    /// Keeps the executor as long as it is a member with the state: what it has executed is ahead of the others.
    pub(super) fn choose_executor(&mut self) {
        let complete = self.complete_members();
        let executor = &self.shared.executor;
        if complete.is_empty() || executor.who.is_some_and(|who| complete.contains(&who)) {
            return;
        }
        let group = self.group_view().map_or(GroupId(0), |view| view.group);
        let chosen = complete[spread(group) % complete.len()];
        let executor = &mut self.shared.executor;
        let lost_one = executor.who.is_some() && !executor.queue.is_empty();
        executor.lost_over_first += u32::from(lost_one);
        executor.term += 1;
        executor.who = Some(chosen);
        self.work = Work::default();
        if lost_one && self.mistake == Some(Mistake::QueueLostAtTakeover) {
            self.shared.executor.queue.clear();
        }
        if self.shared.executor.lost_over_first > self.limits.executors_lost_max {
            self.quarantine();
        }
        self.execute_more();
    }

    /// A request that has cost too many executors is not tried again.
    fn quarantine(&mut self) {
        let executor = &mut self.shared.executor;
        executor.lost_over_first = 0;
        let Some(request) = executor.queue.pop_front() else { return };
        let exception =
            SystemException::new(ExceptionKind::Unknown, Minor::REQUEST_QUARANTINED, Completion::Maybe);
        self.complete(request.key.into(), &RelayedReply::raising(&exception));
    }

    /// A request waits for the executor.
    pub(super) fn queue(&mut self, request: Request) {
        self.shared.executor.queue.push_back(request);
        self.execute_more();
    }

    /// Whether a request of this chain, less deep in it, waits for its outcome: a call that comes back from there would wait for
    /// itself. A member that is behind may take for under way what has ended, if a caller's next call comes to it by a longer way.
    #[must_use]
    pub fn is_inside(&self, chain: ChainId, depth: u32) -> bool {
        self.shared.executor.queue.iter().any(|request| {
            let call = RelayedCall::from_parts(request.head.clone(), Bytes::new());
            call.link().is_ok_and(|(of, at)| of == chain && at < depth)
        })
    }

    /// What of the queue this member is to execute now.
    fn execute_more(&mut self) {
        let executor = &self.shared.executor;
        if executor.who != Some(self.me) || self.work.concluding {
            return;
        }
        // Should one of them be what kills executors, it is to be seen which.
        let cautious = (executor.lost_over_first > 0).then_some(1);
        let most = self.work.batch_max.or(cautious).unwrap_or(self.limits.batch_requests_max);
        let until = executor.queue.len().min(most);
        let open_from = executor.queue.front().map_or(0, |request| request.place);
        let fresh: Vec<Execution> = { executor.queue.range(self.work.started.min(until)..until) }
            .map(|request| execution(request, self.shared.outside, open_from))
            .collect();
        self.work.started += fresh.len();
        for execution in fresh {
            self.emit(Effect::Execute(execution));
        }
    }

    pub(super) fn executed_alone(&mut self, key: RequestIdentity, executed: Executed) {
        let work = &mut self.work;
        let next = self.shared.executor.queue.get(work.done.len()).map(|request| request.key);
        if next != Some(Key::from(key)) || work.done.len() >= work.started {
            // It was begun in an earlier term.
            return;
        }
        if executed.panicked {
            return self.panicked(key, &executed.reply);
        }
        work.done.push(answered(key, &executed.reply));
        work.timers.extend(executed.timers);
        if work.done.len() == work.started {
            self.emit(Effect::Conclude);
        }
    }

    /// What a panic leaves is taken back, and with it what was executed before it since the last outcome; that is executed
    /// again, without the one that has panicked.
    fn panicked(&mut self, key: RequestIdentity, reply: &RelayedReply) {
        self.emit(Effect::TakeBack);
        let before = self.work.done.len();
        self.work = Work::default();
        if before > 0 {
            self.work.batch_max = Some(before);
            return self.execute_more();
        }
        self.work.started = 1;
        self.work.done.push(answered(key, reply));
        self.conclude(Concluded::Unchanged);
    }

    /// The state after everything that was executed, as [`Effect::Conclude`] asked.
    pub fn conclude(&mut self, state: Concluded) {
        if self.work.done.is_empty() || self.work.done.len() != self.work.started || self.work.concluding {
            return;
        }
        let mut replies = std::mem::take(&mut self.work.done);
        let mut timers = std::mem::take(&mut self.work.timers);
        let change = match state {
            Concluded::Unchanged => None,
            Concluded::Changed(state) => Some(state),
            Concluded::Unfit(exception) => {
                self.emit(Effect::TakeBack);
                timers.clear();
                for answer in &mut replies {
                    let refusal = RelayedReply::raising(&exception);
                    (answer.head, answer.body) = (refusal.head().clone(), refusal.body().clone());
                }
                None
            }
        };
        self.work.concluding = true;
        let outcome = Outcome { term: self.shared.executor.term, replies, change, timers };
        self.emit(Effect::Multicast(Message::Outcome(outcome).to_bytes()));
    }

    /// The log holds outcomes, not the views that made their senders executors, nor those that ended in quarantine.
    fn follow(&mut self, sender: ProcessId, outcome: &Outcome) {
        let executor = &mut self.shared.executor;
        if outcome.term < executor.term {
            return;
        }
        (executor.term, executor.who) = (outcome.term, Some(sender));
        let first = outcome.replies.first().map(|answer| answer.key);
        let before = executor.queue.iter().position(|request| Some(request.key) == first).unwrap_or(0);
        (0..before).for_each(|_| self.quarantine());
    }

    /// An outcome has its place.
    pub(super) fn concluded(&mut self, sender: ProcessId, outcome: Outcome) {
        if self.replaying {
            self.follow(sender, &outcome);
        }
        let executor = &mut self.shared.executor;
        let is_valid = self.shared.style == Style::Executor
            && executor.who == Some(sender)
            && executor.term == outcome.term
            && outcome.replies.len() <= executor.queue.len()
            && outcome.replies.iter().zip(&executor.queue).all(|(answer, request)| answer.key == request.key);
        if !is_valid {
            return;
        }
        executor.queue.drain(..outcome.replies.len());
        if self.mistake == Some(Mistake::OutcomeLostAtTakeover) && sender != self.me {
            return;
        }
        executor.lost_over_first = 0;
        if sender == self.me {
            self.work = Work::default();
            self.emit(Effect::Settled);
        } else if let Some(change) = outcome.change {
            self.emit(match self.shared.ships_effects {
                true => Effect::Apply(change),
                false => Effect::Adopt(change),
            });
        }
        self.change_timers(outcome.timers);
        for Answered { key, head, body } in outcome.replies {
            self.complete(key.into(), &RelayedReply::from_parts(head, body));
        }
        // Before anything more is executed: the executor's state is what all have agreed on.
        self.checkpoint_of_effects();
        self.execute_more();
    }
}

pub(super) fn execution(request: &Request, outside: (u64, u64), open_from: u64) -> Execution {
    let (client, since_us) = outside;
    Execution {
        outside: Outside { client, since_us, place: request.place, open_from },
        key: request.key.into(),
        call: RelayedCall::from_parts(request.head.clone(), request.arguments.clone()),
        timer: request.timer.clone(),
        moment: Moment { time_us: request.time_us, seed: request.seed },
    }
}

fn answered(key: RequestIdentity, reply: &RelayedReply) -> Answered {
    Answered { key: key.into(), head: reply.head().clone(), body: reply.body().clone() }
}

/// Spreads the executors of objects over their members.
fn spread(group: GroupId) -> usize {
    let mixed = (u64::from(group.0) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 33) as usize
}

impl Wire for Executor {
    fn write(&self, out: &mut BytesMut) {
        self.term.write(out);
        self.who.write(out);
        self.lost_over_first.write(out);
        put_varint(out, self.queue.len() as u64);
        self.queue.iter().for_each(|request| request.write(out));
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let (term, who, lost_over_first) = (Wire::read(input)?, Wire::read(input)?, Wire::read(input)?);
        let queue = Vec::<Request>::read(input)?.into();
        Ok(Self { term, who, queue, lost_over_first })
    }
}

//! The calls of this member's clients, from their arrival to their answer.

use super::message::{Message, Request};
use super::table::{Admission, Refusal};
use super::{Answer, ClientCall, Effect, Mistake, Moment, Replica, Ticket};
use crate::core::wire::Wire;
use quorb::adapter::RelayedReply;
use quorb::proto::head::{ClientId, Completion, RequestIdentity};
use quorb::{ExceptionKind, Minor, SystemException};
use std::collections::{BTreeMap, BTreeSet};

/// Calls that wait here.
#[derive(Debug, Default)]
pub(super) struct Calls {
    waiting: BTreeMap<RequestIdentity, Waiting>,
    keys: BTreeMap<Ticket, RequestIdentity>,
    /// Sequences given to clients that number nothing, and not answered.
    unnumbered: BTreeSet<u64>,
    last: u64,
    /// Too little of the domain can be reached.
    pub(super) cut_off: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    tickets: Vec<Ticket>,
    /// The client numbers its requests: it can ask again, and be told what became of this one.
    is_numbered: bool,
}

impl Replica {
    /// A client calls an update here. Sooner or later one [`Effect::Answer`] with the ticket follows, unless
    /// [`forget`](Self::forget) comes first. `moment` is this member's wall clock and a number that nobody can foresee.
    pub fn call(&mut self, ticket: Ticket, call: ClientCall, moment: Moment) {
        if let Some(refusal) = self.not_now() {
            return self.answer(ticket, Answer::Refusal(Box::new(refusal)));
        }
        let numbered = call.identity;
        let key = numbered.unwrap_or_else(|| self.calls.number(self.me.0));
        if numbered.is_some() {
            match self.shared.table.look(key) {
                Some(Admission::Replay(reply)) => return self.answer(ticket, Answer::Reply(reply)),
                Some(Admission::Refuse(reason)) => {
                    return self.refuse(&[ticket], reason, call.is_repeated, moment.time_us);
                }
                Some(Admission::Execute | Admission::Running) | None => {}
            }
        }
        let waiting = self.calls.waiting.entry(key).or_default();
        waiting.is_numbered = numbered.is_some();
        if waiting.tickets.len() >= self.limits.repetitions_max {
            let refusal = transient(Minor::TOO_MANY_CALLS, Completion::Maybe)
                .because(format_args!("{} repetitions of it wait", self.limits.repetitions_max));
            return self.answer(ticket, Answer::Refusal(Box::new(refusal)));
        }
        waiting.tickets.push(ticket);
        let is_under_way = waiting.tickets.len() > 1;
        self.calls.keys.insert(ticket, key);
        if is_under_way {
            return;
        }
        let acknowledged_below = match numbered {
            Some(_) => call.acknowledged_below,
            None => self.calls.unnumbered.first().copied().unwrap_or(0),
        };
        let request = Request {
            key: key.into(),
            acknowledged_below,
            is_repeated: call.is_repeated,
            time_us: moment.time_us,
            seed: moment.seed,
            place: 0,
            head: call.call.head().clone(),
            arguments: call.call.arguments().clone(),
            timer: None,
        };
        self.emit(Effect::Multicast(Message::Request(request).to_bytes()));
        if self.mistake == Some(Mistake::AnswerBeforeOrder) {
            self.settle(
                key,
                &RelayedReply::from_parts(bytes::Bytes::from_static(&[1, 0]), bytes::Bytes::new()),
            );
        }
    }

    /// Why no call can be taken now, if none can.
    #[must_use]
    pub fn not_now(&self) -> Option<SystemException> {
        if self.calls.cut_off {
            return Some(transient(Minor::NOT_PRIMARY, Completion::No));
        }
        if !self.complete || !self.is_counted() {
            return Some(transient(Minor::REPLICA_INCOMPLETE, Completion::No));
        }
        if self.calls.keys.len() >= self.limits.calls_waiting_max {
            let max = self.limits.calls_waiting_max;
            return Some(
                transient(Minor::TOO_MANY_CALLS, Completion::No)
                    .because(format_args!("calls_waiting_max = {max}")),
            );
        }
        None
    }

    /// Whether the others count this member among those with the state: what a member sends before that may be lost with them,
    /// and seem to be kept.
    fn is_counted(&self) -> bool {
        let listed = |view: &crate::core::GroupView| {
            view.members.iter().any(|member| member.process == self.me && member.complete)
        };
        self.view.as_ref().is_none_or(listed)
    }

    /// Whoever waits with this ticket has given up. The request has its place all the same.
    pub fn forget(&mut self, ticket: Ticket) {
        let Some(key) = self.calls.keys.remove(&ticket) else { return };
        if let Some(waiting) = self.calls.waiting.get_mut(&key) {
            waiting.tickets.retain(|&other| other != ticket);
        }
    }

    /// A message could not be sent to the group: nobody will see the request.
    pub fn not_sent(&mut self, ticket: Ticket, exception: SystemException) {
        if let Some(key) = self.calls.keys.get(&ticket).copied() {
            for ticket in self.calls.settle(key) {
                self.answer(ticket, Answer::Refusal(Box::new(exception.clone())));
            }
        }
    }

    /// Too little of the domain can be reached, or enough again. What waits is given up at once: the other side may have it.
    pub fn cut_off(&mut self, cut_off: bool) {
        self.calls.cut_off = cut_off;
        if cut_off {
            self.give_up(Minor::NOT_PRIMARY);
        }
    }

    /// This member is in the group no longer.
    pub fn ended(&mut self) {
        self.complete = false;
        self.give_up(Minor::REPLICA_INCOMPLETE);
    }

    /// Nobody here learns any more what becomes of the calls that wait. Who can ask another member is told to; for who cannot
    /// it looks like a connection that broke.
    fn give_up(&mut self, minor: Minor) {
        for (key, waiting) in std::mem::take(&mut self.calls.waiting) {
            let exception = if waiting.is_numbered {
                transient(minor, Completion::Maybe)
            } else {
                self.calls.unnumbered.remove(&key.sequence);
                SystemException::new(ExceptionKind::CommFailure, Minor::CONNECTION_LOST, Completion::Maybe)
                    .because("the replica has lost the others, and cannot tell what became of the call")
            };
            for ticket in waiting.tickets {
                self.calls.keys.remove(&ticket);
                self.answer(ticket, Answer::Refusal(Box::new(exception.clone())));
            }
        }
    }

    /// A request has its reply: whoever waits for it here gets it.
    pub(super) fn settle(&mut self, key: RequestIdentity, reply: &RelayedReply) {
        for ticket in self.calls.settle(key) {
            self.answer(ticket, Answer::Reply(reply.clone()));
        }
    }

    /// A request is refused at its place.
    pub(super) fn refuse_at_place(&mut self, key: RequestIdentity, reason: Refusal, is_repeated: bool) {
        let tickets = self.calls.settle(key);
        self.refuse(&tickets, reason, is_repeated, self.shared.clock_us);
    }

    fn refuse(&mut self, tickets: &[Ticket], reason: Refusal, is_repeated: bool, time_us: u64) {
        let completed = reason.completion(is_repeated);
        let begins_again = reason.is_of_the_client() && completed == Completion::No;
        let minor = match reason {
            Refusal::ClientBusy => Minor::TOO_MANY_CALLS,
            _ if reason.is_of_the_client() => Minor::CLIENT_FORGOTTEN,
            _ => Minor::OUTCOME_FORGOTTEN,
        };
        let exception = Box::new(transient(minor, completed).because(reason));
        for &ticket in tickets {
            let answer = match begins_again {
                true => Answer::BeginAgain(exception.clone(), time_us),
                false => Answer::Refusal(exception.clone()),
            };
            self.answer(ticket, answer);
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.emit(Effect::Answer { ticket, answer });
    }
}

impl Calls {
    /// The identity of a request whose client numbers nothing: this member stands for the client.
    fn number(&mut self, me: u64) -> RequestIdentity {
        self.last += 1;
        self.unnumbered.insert(self.last);
        RequestIdentity { client: ClientId(me), incarnation: 0, sequence: self.last }
    }

    /// A request is at its end: who waits for it.
    fn settle(&mut self, key: RequestIdentity) -> Vec<Ticket> {
        let Some(waiting) = self.waiting.remove(&key) else { return Vec::new() };
        if !waiting.is_numbered {
            self.unnumbered.remove(&key.sequence);
        }
        for ticket in &waiting.tickets {
            self.keys.remove(ticket);
        }
        waiting.tickets
    }
}

fn transient(minor: Minor, completed: Completion) -> SystemException {
    SystemException::new(ExceptionKind::Transient, minor, completed)
}

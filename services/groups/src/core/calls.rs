//! What the application asks of the domain: entering and leaving groups, casts, leaving. Requests go to the leader, are
//! repeated until a view has decided them, and take effect once each, in the order they were made.

use super::event::CallError;
use super::identity::{GroupId, ProcessId, Time};
use super::options::GroupOptions;
use super::protocol::Protocol;
use super::wire::item::{Request, tag};
use super::wire::value::{Change, ChangeKind};
use super::{Core, Stage};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Undecided requests are repeated at this interval.
const ASK_AGAIN_US: u64 = 250_000;

/// Requests of this process that no view has decided yet.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    open: BTreeMap<u64, ChangeKind>,
    last: u64,
    asked: Time,
    leaving: bool,
}

impl Calls {
    pub(crate) fn decided(&mut self, token: u64) {
        self.open.remove(&token);
    }
}

impl Core {
    /// Becomes a member of the group of this name, which is created if there is none. The view of the group, or a refusal
    /// with the token returned, says what came of it.
    pub fn enter_group(&mut self, name: &str, options: GroupOptions) -> Result<u64, CallError> {
        options.check()?;
        if options.durable && !self.log.is_kept() {
            return Err(CallError::NoLog);
        }
        if options.ordering.is_some() && self.protocol() < Protocol::ORDERING {
            return Err(CallError::NoOrderingDomains);
        }
        let entrant = self.entrant(name);
        self.request(ChangeKind::Enter { name: name.into(), options, entrant })
    }

    /// Ceases to be a member of a group.
    pub fn leave_group(&mut self, group: GroupId) -> Result<u64, CallError> {
        self.request(ChangeKind::Leave { group })
    }

    /// Gives a dormant group a new life without the state it had. What its members had acknowledged is lost: an
    /// operator's decision, and one that every member sees.
    pub fn reset_group(&mut self, group: GroupId) -> Result<u64, CallError> {
        self.request(ChangeKind::Reset { group })
    }

    /// Ends a group for all its members, after the same messages, and gives up its state, its copies and its name. What
    /// still waits to be sent in it is dropped.
    pub fn dissolve_group(&mut self, group: GroupId) -> Result<u64, CallError> {
        self.request(ChangeKind::Dissolve { group })
    }

    /// Sends a payload that every member of the domain sees between the same messages of all groups.
    pub fn cast(&mut self, payload: Bytes) -> Result<u64, CallError> {
        if payload.len() > self.config.limits.message_bytes_max {
            return Err(CallError::TooLong);
        }
        self.request(ChangeKind::Cast { payload })
    }

    /// Leaves the domain in an orderly way: `Left` says when it is done. Asking again while it is under way changes nothing.
    pub fn leave(&mut self) -> Result<(), CallError> {
        if self.stage == Stage::Gone && self.calls.leaving {
            return Ok(());
        }
        if self.stage != Stage::Member {
            return Err(CallError::NotInDomain);
        }
        self.calls.leaving = true;
        self.repeat_calls_now();
        Ok(())
    }

    fn request(&mut self, what: ChangeKind) -> Result<u64, CallError> {
        if self.stage != Stage::Member {
            return Err(CallError::NotInDomain);
        }
        Ok(self.ask(what))
    }

    /// Makes a request of this process.
    pub(super) fn ask(&mut self, what: ChangeKind) -> u64 {
        self.calls.last += 1;
        let token = self.calls.last;
        self.calls.open.insert(token, what.clone());
        let changes = vec![Change { by: self.me(), token, what }];
        let leader = self.presumed_leader();
        self.send_item(leader, tag::REQUEST, &Request { changes });
        token
    }

    /// Whether nothing can be decided without this process: then it leaves by stopping, and the view waits for it.
    fn is_last_voter(&self) -> bool {
        let others = self.view.members.iter().filter(|m| m.process != self.me());
        others.clone().all(|m| m.weight == 0) && (others.count() == 0 || self.own_member().weight > 0)
    }

    pub(super) fn repeat_calls(&mut self) {
        if self.now.since(self.calls.asked) >= ASK_AGAIN_US {
            self.repeat_calls_now();
        }
    }

    /// Tells the leader of this view what is still open.
    pub(super) fn repeat_calls_now(&mut self) {
        self.calls.asked = self.now;
        self.ask_who_is_ahead();
        let leader = self.presumed_leader();
        let (me, limit) = (self.me(), self.config.limits.changes_per_view_max);
        if !self.calls.open.is_empty() {
            let open = self.calls.open.iter().take(limit);
            let changes = open.map(|(&token, what)| Change { by: me, token, what: what.clone() }).collect();
            self.send_item(leader, tag::REQUEST, &Request { changes });
        }
        if self.calls.leaving && self.is_last_voter() {
            self.stage = Stage::Gone;
            self.tell(super::Upcall::Left);
        } else if self.calls.leaving {
            self.send_item::<ProcessId>(leader, tag::LEAVE, &me);
        }
    }
}

//! The groups this process is in, or is entering: where the core's upcalls go.

use super::authority::Authority;
use super::call::{Call, Entered, SEND_BYTES_MIN, Sending};
use super::error::{Ended, EnterError};
use super::event::{Delivery, Event, ReadPermit, StateRequest};
use super::limits::DriverLimits;
use crate::core::{Blocked, CallError, Core, GroupId, GroupOptions, GroupView, Refusal, Upcall};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Answers an attempt to enter.
type Reply = oneshot::Sender<Result<Entered, EnterError>>;

/// All of them.
#[derive(Debug)]
pub(super) struct Rooms {
    limits: DriverLimits,
    /// Handed out with requests for state; weak, so that the owner ends when all handles are gone.
    calls: mpsc::WeakSender<Call>,
    entering: BTreeMap<Arc<str>, (u64, Reply)>,
    rooms: BTreeMap<GroupId, Room>,
    authority: Arc<Authority>,
    flushes: BTreeMap<u64, (GroupId, oneshot::Sender<u64>)>,
    last_flush: u64,
}

/// One group. Whoever waits to send is told when it is dropped.
#[derive(Debug)]
struct Room {
    name: Arc<str>,
    events: mpsc::UnboundedSender<Event<Bytes>>,
    unread: Arc<AtomicUsize>,
    credit: Arc<Semaphore>,
    /// What the core had no credit for, in order.
    waiting: VecDeque<Sending>,
    /// The application reads no more, or too slowly: leaving is asked for.
    leaving: bool,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.credit.close();
    }
}

impl Rooms {
    pub(super) fn new(
        limits: DriverLimits,
        calls: mpsc::WeakSender<Call>,
        authority: Arc<Authority>,
    ) -> Self {
        Self {
            limits,
            calls,
            entering: BTreeMap::new(),
            rooms: BTreeMap::new(),
            authority,
            flushes: BTreeMap::new(),
            last_flush: 0,
        }
    }

    pub(super) fn enter(&mut self, core: &mut Core, name: Arc<str>, options: GroupOptions, reply: Reply) {
        let taken = self.entering.contains_key(&name) || self.rooms.values().any(|room| room.name == name);
        let asked = if taken {
            Err(Refusal::AlreadyMember.into())
        } else {
            core.enter_group(&name, options).map_err(EnterError::Call)
        };
        match asked {
            Ok(token) => drop(self.entering.insert(name, (token, reply))),
            // Nobody waits for the answer any more if this fails.
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    /// Hands a message to the core, behind those that wait already.
    pub(super) fn send(&mut self, core: &mut Core, sending: Sending) {
        let Some(room) = self.rooms.get_mut(&sending.group) else { return };
        room.waiting.push_back(sending);
        if room.waiting.len() == 1 {
            room.send_waiting(core);
        }
    }

    pub(super) fn flush(&mut self, core: &mut Core, group: GroupId, reply: oneshot::Sender<u64>) {
        self.last_flush += 1;
        self.flushes.retain(|_, (_, reply)| !reply.is_closed());
        if core.flush_group(group, self.last_flush).is_ok() {
            self.flushes.insert(self.last_flush, (group, reply));
        }
    }

    pub(super) fn query(&mut self, core: &mut Core, group: GroupId, token: u64) {
        if let Err(error) = core.query(group, token) {
            tracing::debug!(group = group.0, %error, "a read is refused");
            self.give(core, group, Event::MayNotRead(token));
        }
    }

    pub(super) fn leave(&mut self, core: &mut Core, group: GroupId) {
        if let Some(room) = self.rooms.get_mut(&group) {
            room.leave(core, group);
        }
    }

    /// Passes on what the core tells. True if the core was called in return.
    pub(super) fn told(&mut self, core: &mut Core, upcall: Upcall) -> bool {
        let (group, event) = match upcall {
            Upcall::GroupView(view) => {
                self.open(&view);
                (view.group, Event::View(view))
            }
            Upcall::Deliver { group, sender, class, payload } => {
                (group, Event::Message(Delivery { sender, class, message: payload }))
            }
            Upcall::TakeState { group, cut } => {
                let Some(calls) = self.calls.upgrade() else { return false };
                (group, Event::StateWanted(StateRequest { group, cut, calls }))
            }
            Upcall::InstallState { group, state, .. } => (group, Event::State(state)),
            Upcall::Stable { group, token } => {
                if let Some((_, reply)) = self.flushes.remove(&token) {
                    let _ = reply.send(token);
                }
                (group, Event::Stable(token))
            }
            Upcall::Answer { group, token, until } => {
                let until = self.authority.moment(until);
                (group, Event::MayRead(ReadPermit { read: token, until }))
            }
            Upcall::Decline { group, token } => (group, Event::MayNotRead(token)),
            Upcall::Refused { token, reason } => return self.refused(token, reason),
            Upcall::LeftGroup { group } => {
                self.close(group, Ended::Left);
                return false;
            }
            Upcall::Blocked(why) => return self.blocked(core, why, Event::Blocked),
            Upcall::Unblocked(why) => return self.blocked(core, why, Event::Unblocked),
            // Domain views go to the watch, ends to the owner; casts are not offered here.
            _ => return false,
        };
        self.give(core, group, event)
    }

    /// Everything ends.
    pub(super) fn close_all(&mut self, why: Ended) {
        let groups: Vec<GroupId> = self.rooms.keys().copied().collect();
        groups.into_iter().for_each(|group| self.close(group, why));
        self.entering.clear();
    }

    /// The first view of a group answers whoever is entering it.
    fn open(&mut self, view: &GroupView) {
        let Some((_, reply)) = self.entering.remove(&view.name) else { return };
        let (events, receiver) = mpsc::unbounded_channel();
        let credit = self.limits.sends_waiting_bytes_max.max(SEND_BYTES_MIN);
        let (unread, credit) = (Arc::default(), Arc::new(Semaphore::new(credit)));
        let entered = Entered {
            group: view.group,
            events: receiver,
            unread: Arc::clone(&unread),
            credit: Arc::clone(&credit),
            authority: Arc::clone(&self.authority),
        };
        let room = Room {
            name: Arc::clone(&view.name),
            events,
            unread,
            credit,
            waiting: VecDeque::new(),
            leaving: false,
        };
        self.rooms.insert(view.group, room);
        // If the caller has gone, its receiver is dropped here, and the first event finds nobody reading.
        let _ = reply.send(Ok(entered));
    }

    fn give(&mut self, core: &mut Core, group: GroupId, event: Event<Bytes>) -> bool {
        let Some(room) = self.rooms.get_mut(&group) else { return false };
        let unread = room.unread.load(Ordering::Relaxed);
        if unread > self.limits.events_waiting_bytes_max {
            tracing::warn!(group = group.0, unread, "too many unread events: leaving the group");
            room.leave(core, group);
            self.close(group, Ended::Unread);
            return true;
        }
        if room.give(event) { false } else { room.leave(core, group) }
    }

    fn close(&mut self, group: GroupId, why: Ended) {
        self.flushes.retain(|_, (of, _)| *of != group);
        if let Some(room) = self.rooms.remove(&group) {
            room.give(Event::Ended(why));
        }
    }

    fn refused(&mut self, token: u64, reason: Refusal) -> bool {
        let name = self.entering.iter().find(|(_, (t, _))| *t == token).map(|(name, _)| Arc::clone(name));
        if let Some((_, reply)) = name.and_then(|name| self.entering.remove(&name)) {
            let _ = reply.send(Err(reason.into()));
        }
        false
    }

    fn blocked(&mut self, core: &mut Core, why: Blocked, event: fn(Blocked) -> Event<Bytes>) -> bool {
        match why {
            Blocked::NotPrimary => {
                tracing::warn!(event = ?event(why), "too little of the domain can be reached");
                // A group that nobody reads is left when it goes on.
                self.rooms.values().for_each(|room| _ = room.give(event(why)));
            }
            Blocked::Credits(group) | Blocked::Dormant(group) => {
                let Some(room) = self.rooms.get_mut(&group) else { return false };
                room.give(event(why));
                return room.send_waiting(core);
            }
        }
        false
    }
}

impl Room {
    /// False if nobody reads any more.
    fn give(&self, event: Event<Bytes>) -> bool {
        self.unread.fetch_add(event.waiting_bytes(), Ordering::Relaxed);
        self.events.send(event).is_ok()
    }

    /// Hands the core what it has credit for; what is refused for another reason is dropped, for the membership has ended.
    fn send_waiting(&mut self, core: &mut Core) -> bool {
        let mut sent = false;
        while let Some(next) = self.waiting.front() {
            match core.multicast(next.group, next.class, next.payload.clone()) {
                Err(CallError::NoCredit) => break,
                Ok(()) => sent = true,
                Err(error) => tracing::debug!(group = next.group.0, %error, "message dropped"),
            }
            self.waiting.pop_front();
        }
        sent
    }

    /// Asks once to leave. True if the core was called.
    fn leave(&mut self, core: &mut Core, group: GroupId) -> bool {
        !std::mem::replace(&mut self.leaving, true) && core.leave_group(group).is_ok()
    }
}

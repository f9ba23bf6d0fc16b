//! The groups this process is in, or is entering: where the core's upcalls go.

use super::authority::Authority;
use super::call::{Call, Entered, StatePlace};
use super::error::{Ended, EnterError};
use super::event::{Cast, Delivery, Event, ReadPermit, StateRequest};
use super::inbox::InboxWriter;
use super::limits::DriverLimits;
use super::metrics::Metrics;
use super::outbox::{Outbox, SEND_BYTES_MIN, Sending};
use super::requests::Requests;
use crate::core::{
    Blocked, CallError, Class, Core, GroupId, GroupOptions, GroupView, Order, OrderingDomain, Refusal, Upcall,
};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU64;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

/// Answers an attempt to enter.
type Reply = oneshot::Sender<Result<Entered, EnterError>>;

/// All of them.
#[derive(Debug)]
pub(super) struct Rooms {
    limits: DriverLimits,
    /// Handed out with requests for state; weak, so that the owner ends when all handles are gone.
    calls: mpsc::WeakSender<Call>,
    outbox: Arc<Outbox>,
    entering: BTreeMap<Arc<str>, (u64, Reply)>,
    rooms: BTreeMap<GroupId, Box<Room>>,
    authority: Arc<Authority>,
    names: BTreeSet<Arc<str>>,
    /// Rooms with events that are not handed over yet.
    fresh: Vec<GroupId>,
    /// Groups in which this turn has brought something: their gates are closed.
    stirred: Vec<GroupId>,
    /// Rooms whose application lags, octets it had not read when it was last looked at, and since when it is so many.
    lagging: BTreeMap<GroupId, (usize, Instant)>,
    flushes: BTreeMap<u64, (GroupId, oneshot::Sender<u64>)>,
    last_flush: u64,
    /// The last number of each ordering domain.
    turns: BTreeMap<OrderingDomain, u64>,
    pub(super) requests: Requests,
}

/// One group. Whoever waits to send is told when it is dropped.
#[derive(Debug)]
struct Room {
    name: Arc<str>,
    events: InboxWriter,
    credit: Arc<Semaphore>,
    /// What the core had no credit for, in order.
    waiting: VecDeque<Sending>,
    /// The application reads no more, or too slowly: leaving is asked for.
    leaving: bool,
    ordering: Option<OrderingDomain>,
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
        outbox: Arc<Outbox>,
        authority: Arc<Authority>,
    ) -> Self {
        Self {
            limits,
            calls,
            outbox,
            entering: BTreeMap::new(),
            rooms: BTreeMap::new(),
            authority,
            names: BTreeSet::new(),
            fresh: Vec::new(),
            stirred: Vec::new(),
            lagging: BTreeMap::new(),
            flushes: BTreeMap::new(),
            last_flush: 0,
            turns: BTreeMap::new(),
            requests: Requests::default(),
        }
    }

    pub(super) fn enter(&mut self, core: &mut Core, name: Arc<str>, options: GroupOptions, reply: Reply) {
        let taken = self.entering.contains_key(&name) || self.names.contains(&name);
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

    /// Hands messages to the core, each behind those of its group that wait already.
    pub(super) fn send(&mut self, core: &mut Core, sends: &mut Vec<Sending>) {
        let mut sends = sends.drain(..).peekable();
        while let Some(first) = sends.next() {
            let group = first.group;
            let Some(room) = self.rooms.get_mut(&group) else { continue };
            let mut credit = 0;
            let mut next = Some(first);
            while let Some(sending) = next {
                if !room.waiting.is_empty() {
                    room.waiting.push_back(sending);
                } else if let Some(sending) = hand_in(core, sending, &mut credit) {
                    room.waiting.push_back(sending);
                }
                next = sends.next_if(|sending| sending.group == group);
            }
            room.credit.add_permits(credit);
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
            self.give(group, Event::MayNotRead(token));
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
                let ordering = core.options_of(view.group).and_then(|options| options.ordering);
                self.open(&view, ordering);
                (view.group, Event::View(view))
            }
            Upcall::Deliver { group, sender, class, payload } => {
                let turn = self.turn(group, class);
                (group, Event::Message(Delivery { sender, class, message: payload, turn }))
            }
            Upcall::GroupCast { group, sender, payload } => (group, Event::Cast(Cast { sender, payload })),
            Upcall::Decided { token } => {
                self.requests.decided(token, Ok(()));
                return false;
            }
            Upcall::TakeState { group, cut } => {
                let Some(calls) = self.calls.upgrade() else { return false };
                (group, Event::StateWanted(StateRequest { group, place: StatePlace::Cut(cut), calls }))
            }
            Upcall::TakeCheckpoint { group, index } => {
                let Some(calls) = self.calls.upgrade() else { return false };
                let place = StatePlace::Checkpoint(index);
                (group, Event::StateWanted(StateRequest { group, place, calls }))
            }
            Upcall::Restore { group, state, messages } => {
                self.give(group, Event::State(state));
                let class = Class::new(Order::Total, true);
                for (sender, message) in messages {
                    self.give(group, Event::Message(Delivery { sender, class, message, turn: None }));
                }
                self.give(group, Event::Replayed);
                return false;
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
            Upcall::Dissolved { group } => {
                self.close(group, Ended::Dissolved);
                return false;
            }
            Upcall::Blocked(why) => return self.blocked(core, why, Event::Blocked),
            Upcall::Unblocked(why) => return self.blocked(core, why, Event::Unblocked),
            // Domain views go to the watch, ends to the owner; casts are not offered here.
            _ => return false,
        };
        self.give(group, event);
        false
    }

    /// Adds what is known of groups.
    pub(super) fn measure(&self, metrics: &mut Metrics) {
        metrics.groups = self.rooms.len();
        metrics.groups_lagging = self.lagging.len();
        metrics.events_unread_bytes = self.rooms.values().map(|room| room.events.unread()).sum();
        metrics.sends_waiting = self.rooms.values().map(|room| room.waiting.len()).sum();
    }

    /// Everything ends.
    pub(super) fn close_all(&mut self, why: Ended) {
        let groups: Vec<GroupId> = self.rooms.keys().copied().collect();
        groups.into_iter().for_each(|group| self.close(group, why));
        self.entering.clear();
        self.requests = Requests::default();
    }

    /// The first view of a group answers whoever is entering it.
    fn open(&mut self, view: &GroupView, ordering: Option<OrderingDomain>) {
        let Some((_, reply)) = self.entering.remove(&view.name) else { return };
        let outbox = Arc::clone(&self.outbox);
        let (events, reader) = InboxWriter::new(view.group, outbox, self.limits.events_waiting_bytes_max);
        let credit = self.limits.sends_waiting_bytes_max.max(SEND_BYTES_MIN);
        let credit = Arc::new(Semaphore::new(credit));
        let entered = Entered {
            group: view.group,
            events: reader,
            credit: Arc::clone(&credit),
            authority: Arc::clone(&self.authority),
            gate: events.gate(),
        };
        let name = Arc::clone(&view.name);
        self.names.insert(Arc::clone(&name));
        let room = Room { name, events, credit, waiting: VecDeque::new(), leaving: false, ordering };
        self.rooms.insert(view.group, Box::new(room));
        // If the caller has gone, its receiver is dropped here, and the first event finds nobody reading.
        let _ = reply.send(Ok(entered));
    }

    /// The number of a message among all of its ordering domain, if the group is in one.
    fn turn(&mut self, group: GroupId, class: Class) -> Option<NonZeroU64> {
        let domain = self.rooms.get(&group)?.ordering.filter(|_| class.order() == Order::Total)?;
        let last = self.turns.entry(domain).or_default();
        *last += 1;
        NonZeroU64::new(*last)
    }

    fn give(&mut self, group: GroupId, event: Event<Bytes>) {
        if let Some(room) = self.rooms.get_mut(&group)
            && room.events.push(event)
        {
            self.fresh.push(group);
        }
    }

    /// Closes the gates of the groups in which the core has received something, before it says so to others.
    pub(super) fn close_gates(&mut self, core: &mut Core) {
        let before = self.stirred.len();
        core.take_stirred(&mut self.stirred);
        for group in &self.stirred[before..] {
            if let Some(room) = self.rooms.get(group) {
                room.events.close_gate();
            }
        }
    }

    /// With a view everything begins anew.
    pub(super) fn close_all_gates(&mut self) {
        self.rooms.values().for_each(|room| room.events.close_gate());
        self.stirred.extend(self.rooms.keys());
    }

    /// Opens the gates again at the end of a turn, where all that was received is delivered.
    pub(super) fn open_gates(&mut self, core: &Core) {
        for group in self.stirred.drain(..) {
            if let Some(room) = self.rooms.get(&group).filter(|_| core.is_settled(group)) {
                room.events.open_gate();
            }
        }
    }

    /// Hands over what a turn has brought to the applications. True if the core was called.
    pub(super) fn hand_over(&mut self, core: &mut Core) -> bool {
        let mut called = false;
        self.stirred.extend_from_slice(&self.fresh);
        for group in self.fresh.drain(..) {
            let Some(room) = self.rooms.get_mut(&group) else { continue };
            let max = self.limits.events_waiting_bytes_max;
            if !room.events.hand_over() {
                called |= room.leave(core, group);
            } else if room.events.unread() > max
                && !self.lagging.contains_key(&group)
                && room.events.await_reader(max)
            {
                tracing::debug!(
                    group = group.0,
                    unread = room.events.unread(),
                    "events unread: senders wait"
                );
                self.lagging.insert(group, (room.events.unread(), Instant::now()));
                core.lag(group, true);
                called = true;
            }
        }
        called
    }

    /// An application has read what had kept the senders waiting.
    pub(super) fn caught_up(&mut self, core: &mut Core, group: GroupId) {
        if self.lagging.remove(&group).is_some() {
            core.lag(group, false);
        }
    }

    /// Leaves the groups whose application keeps the senders waiting and reads nothing. True if the core was called.
    pub(super) fn watch_lagging(&mut self, core: &mut Core) -> bool {
        let mut lost = Vec::new();
        for (&group, (unread, since)) in &mut self.lagging {
            let now_unread = self.rooms.get(&group).map_or(0, |room| room.events.unread());
            if now_unread < *unread {
                (*unread, *since) = (now_unread, Instant::now());
            } else if since.elapsed() > self.limits.unread_wait {
                lost.push(group);
            }
        }
        for &group in &lost {
            tracing::warn!(group = group.0, "too many unread events: leaving the group");
            if let Some(room) = self.rooms.get_mut(&group) {
                room.leave(core, group);
            }
            self.close(group, Ended::Unread);
            core.lag(group, false);
        }
        !lost.is_empty()
    }

    fn close(&mut self, group: GroupId, why: Ended) {
        self.flushes.retain(|_, (of, _)| *of != group);
        self.lagging.remove(&group);
        if let Some(mut room) = self.rooms.remove(&group) {
            self.names.remove(&room.name);
            room.events.push(Event::Ended(why));
        }
    }

    fn refused(&mut self, token: u64, reason: Refusal) -> bool {
        self.requests.decided(token, Err(reason));
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
                let groups: Vec<GroupId> = self.rooms.keys().copied().collect();
                groups.into_iter().for_each(|group| self.give(group, event(why)));
            }
            Blocked::Credits(group) | Blocked::Dormant(group) => {
                self.give(group, event(why));
                return self.rooms.get_mut(&group).is_some_and(|room| room.send_waiting(core));
            }
        }
        false
    }
}

impl Room {
    /// Hands the core what it has credit for. True if that was something.
    fn send_waiting(&mut self, core: &mut Core) -> bool {
        let mut credit = 0;
        while let Some(next) = self.waiting.pop_front() {
            if let Some(next) = hand_in(core, next, &mut credit) {
                self.waiting.push_front(next);
                break;
            }
        }
        self.credit.add_permits(credit);
        credit > 0
    }

    /// Asks once to leave. True if the core was called.
    fn leave(&mut self, core: &mut Core, group: GroupId) -> bool {
        !std::mem::replace(&mut self.leaving, true) && core.leave_group(group).is_ok()
    }
}

/// Hands the core one message, and counts the credit that comes back for it. It is returned if the core has no room; if it
/// is refused for another reason it is dropped, for the membership has ended.
fn hand_in(core: &mut Core, sending: Sending, credit: &mut usize) -> Option<Sending> {
    let cost = Sending::cost(&sending.payload) as usize;
    match core.multicast(sending.group, sending.class, sending.payload.clone()) {
        Err(CallError::NoCredit) => return Some(sending),
        Ok(()) => {}
        Err(error) => tracing::debug!(group = sending.group.0, %error, "message dropped"),
    }
    *credit += cost;
    None
}

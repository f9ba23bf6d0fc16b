//! A member's task: it reads the group's order and does what the core says, in that order.

use super::error::ServeError;
use super::proto::{Effect, Place, Replica as Core, ReplicaLimits, Style};
use super::reference::GroupName;
use super::seat::{Seat, Turn};
use super::timers::Alarms;
use super::work::{Agreed, run};
use crate::core::ProcessId;
use crate::driver::{Ended, Event, Group, StateRequest, Way};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use tokio::sync::oneshot;

/// Why a servant of the active style may call nobody.
const NO_CALLS: &str = "every replica executes the request, and each would make the call: serve the object in the executor style";

/// One member, as long as it is in the group.
pub(super) struct Task {
    pub(super) seat: Arc<Seat>,
    pub(super) group: Group<Bytes>,
    /// Back into the group.
    pub(super) way: Way,
    pub(super) domain_name: String,
    pub(super) place: Place,
    pub(super) limits: ReplicaLimits,
    pub(super) agreed: Arc<Agreed>,
    pub(super) alarms: Alarms,
    /// Queries that wait because the executor's value is ahead.
    pub(super) reads_held: VecDeque<(u64, tokio::time::Instant)>,
}

impl Task {
    /// Runs until the membership ends, and no other life of the process follows; `leave` asks for that.
    pub(super) async fn run(mut self, leave: oneshot::Receiver<()>) -> Result<Ended, ServeError> {
        let mut leave = Asked(Some(leave));
        loop {
            let ended = self.take_part(&mut leave).await;
            self.end();
            let may_return = matches!(ended, Ok(Some(Ended::Excluded)));
            self.seat.over.store(!may_return, Ordering::Release);
            match ended {
                Ok(Some(Ended::Excluded)) => {}
                Ok(Some(why)) => return Ok(why),
                Ok(None) => return Ok(self.group.leave().await),
                Err(error) => {
                    self.group.leave().await;
                    return Err(error);
                }
            }
            let returned = tokio::select! {
                returned = self.way.enter() => returned.map(|entered| entered.ok_or(self.way.last_word())),
                () = leave.asked() => Ok(Err(Ended::Excluded)),
            };
            match returned {
                Ok(Ok((process, group))) => {
                    self.group = group;
                    self.take_seat(process).await;
                }
                stays_out => {
                    self.seat.over.store(true, Ordering::Release);
                    return stays_out
                        .map(|out| out.err().unwrap_or(Ended::Excluded))
                        .map_err(ServeError::from);
                }
            }
        }
    }

    /// One membership: how it ended, or nothing if it is to be left.
    async fn take_part(&mut self, leave: &mut Asked) -> Result<Option<Ended>, ServeError> {
        self.seat.in_service.store(true, Ordering::SeqCst);
        loop {
            let event = tokio::select! {
                event = self.group.next() => event,
                number = self.alarms.ring() => {
                    let effects = self.seat.input(|core| core.due(number, super::moment::now())).1;
                    self.perform(effects).await?;
                    continue;
                }
                () = leave.asked() => return Ok(None),
            };
            match event {
                None => return Ok(Some(Ended::Dropped)),
                Some(Event::Ended(why)) => return Ok(Some(why)),
                Some(event) => self.happened(event).await?,
            }
        }
    }

    /// The group has been entered, perhaps in another life of the process: as a new member that has nothing yet.
    pub(super) async fn take_seat(&mut self, process: ProcessId) {
        if process != self.seat.me() {
            self.begin_again(process).await;
        }
        self.seat.name.set(GroupName { domain: self.domain_name.clone(), group: self.group.id() });
        self.seat.group.set(self.group.sender());
        let place = self.place.clone();
        let ((), effects) = self.seat.input(|core| core.announce(place));
        effects.into_iter().for_each(|effect| self.seat.carry_out(effect, None));
    }

    async fn begin_again(&mut self, process: ProcessId) {
        tracing::info!(%process, "the object is served here again as soon as its state is here");
        self.place.time_us = super::moment::now().time_us;
        let core = Core::new(process, &self.place, self.limits.clone());
        self.seat.begin_again(process, core).await;
        self.reads_held.clear();
        self.alarms.clear();
    }

    /// Whoever waits here is told that nothing more comes.
    fn end(&self) {
        self.seat.in_service.store(false, Ordering::SeqCst);
        let ((), effects) = self.seat.input(Core::ended);
        effects.into_iter().for_each(|effect| self.seat.carry_out(effect, None));
        self.seat.refuse_reads();
    }

    async fn happened(&mut self, event: Event<Bytes>) -> Result<(), ServeError> {
        let effects = match event {
            Event::View(view) => {
                tracing::info!(object = %view.name, members = view.members.len(), "view of the object group");
                let waited = self.seat.look(|core| core.group_view().is_some() && !core.is_complete());
                let mut effects = self.seat.input(|core| core.view(&view)).1;
                if waited && self.seat.look(Core::is_complete) {
                    // An operator has let the group begin anew with what is here. What was said before is forgotten.
                    let place = self.place.clone();
                    effects.extend(self.seat.input(|core| core.announce(place)).1);
                }
                effects
            }
            Event::Message(message) => {
                let (read, effects) = self.seat.input(|core| core.deliver(message.sender, &message.message));
                if let Err(error) = read {
                    tracing::error!(sender = %message.sender, %error, "a message of the object group is passed over");
                }
                effects
            }
            Event::State(saved) => {
                let (state, effects) = self.seat.input(|core| core.restore(&saved, &self.place));
                let state = state?;
                match self.place.style == Style::Executor && !self.place.ships_effects {
                    true => self.agreed.set(state.clone()),
                    false => self.agreed.is_the_value(),
                }
                self.seat.subject.load(state).await?;
                self.seat.changed();
                // While it goes through its own log its value is an old one.
                self.seat.in_service.store(self.seat.look(Core::is_complete), Ordering::SeqCst);
                effects
            }
            Event::Replayed => {
                self.seat.in_service.store(true, Ordering::SeqCst);
                self.seat.input(Core::replayed).1
            }
            Event::StateWanted(request) => return self.give_state(request).await,
            Event::MayRead(permit) => {
                self.read(permit.read, permit.until);
                Vec::new()
            }
            Event::MayNotRead(number) => {
                self.seat.may_not_read(number);
                Vec::new()
            }
            Event::Blocked(crate::core::Blocked::NotPrimary) => self.seat.input(|core| core.cut_off(true)).1,
            Event::Blocked(crate::core::Blocked::Dormant(_)) => {
                tracing::warn!("no replica with the value is left: waiting for one to return");
                Vec::new()
            }
            Event::Unblocked(crate::core::Blocked::NotPrimary) => {
                self.seat.input(|core| core.cut_off(false)).1
            }
            _ => Vec::new(),
        };
        self.perform(effects).await
    }

    fn is_active(&self) -> bool {
        self.place.style == Style::Active
    }

    /// Does effects in their order; what follows from an execution comes after them.
    async fn perform(&mut self, effects: Vec<Effect>) -> Result<(), ServeError> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Execute(execution) if self.is_active() => {
                    let key = execution.key;
                    let (executed, _) = run(&self.seat, execution, Some(NO_CALLS)).await;
                    effects.extend(self.seat.input(|core| core.executed(key, executed)).1);
                    self.seat.changed();
                }
                Effect::Execute(execution) => {
                    if self.agreed.get().is_none() {
                        // The last moment at which the value is what all have agreed on.
                        self.agreed.set(self.seat.subject.save().await?);
                    }
                    self.seat.carry_out(Effect::Execute(execution), None);
                }
                Effect::Apply(changes) => {
                    self.seat.subject.apply_effects(changes).await?;
                    self.agreed.is_the_value();
                    self.seat.changed();
                }
                Effect::Arm { number, after_us } => {
                    self.alarms.arm(number, tokio::time::Instant::now(), after_us);
                }
                Effect::Disarm { number } => self.alarms.disarm(number),
                Effect::Adopt(state) => {
                    self.agreed.set(state.clone());
                    self.seat.subject.load(state).await?;
                    self.seat.changed();
                }
                Effect::Settled => {
                    self.agreed.settle(self.place.ships_effects);
                    *self.seat.ahead.write().unwrap_or_else(PoisonError::into_inner) = false;
                    self.seat.changed();
                    for (number, until) in std::mem::take(&mut self.reads_held) {
                        self.read(number, until);
                    }
                }
                Effect::Reactivate => self.seat.subject.servant().reactivate(),
                Effect::TakeDigest { place } => {
                    let digest = self.seat.subject.digest().await?;
                    effects.extend(self.seat.input(|core| core.digested(place, digest)).1);
                }
                Effect::Diverged { place } => return Err(ServeError::Diverged { place }),
                Effect::Disputed { place } => {
                    tracing::error!(
                        place,
                        "the replicas' states differ, and no majority of them agrees: look at the object, and start it anew from a state that you trust"
                    );
                }
                other => self.seat.carry_out(other, None),
            }
        }
        Ok(())
    }

    /// A query begins, unless this member's value is ahead of what all have agreed on.
    fn read(&mut self, number: u64, until: tokio::time::Instant) {
        match self.seat.may_read(number, until) {
            Turn::Begun => {}
            Turn::Later => self.reads_held.push_back((number, until)),
            Turn::AskAgain => {
                let sender = self.group.sender();
                // Nobody may wait here; one whose membership ended is told so with the end.
                tokio::spawn(async move { sender.ask_to_read(number).await });
            }
        }
    }

    /// The state as of this place, for a joiner; or the reason why it does not get it.
    async fn give_state(&self, request: StateRequest) -> Result<(), ServeError> {
        let state = match self.is_active() {
            true => self.seat.subject.save().await,
            false => self.seat.agreed_state(&self.agreed).await,
        };
        let max = self.limits.state_bytes_max;
        let wrong = match &state {
            Ok(state) => state.len() > max,
            Err(_) => true,
        };
        if wrong && request.is_for_the_log() {
            // The log goes on from the last state that it has. A reason why there is none would take that one's place.
            tracing::error!(
                max,
                "the state has no form that can be written: the log is not begun anew, and grows"
            );
            return Ok(());
        }
        let saved = match state {
            Ok(state) if state.len() <= max => self.seat.look(|core| core.save(&state)),
            Ok(state) => {
                let octets = state.len();
                tracing::error!(octets, max, "the state is larger than state_bytes_max: no member can join");
                Core::save_nothing(&format!(
                    "it has {octets} octets, above the limit state_bytes_max = {max}"
                ))
            }
            Err(error) => {
                tracing::error!(%error, "the state cannot be given: no member can join");
                Core::save_nothing(&error.to_string())
            }
        };
        // Whoever wanted it is told by the end of the membership.
        let _ = request.give(saved).await;
        Ok(())
    }
}

/// Whether somebody asks to leave. Without a handle nobody can.
struct Asked(Option<oneshot::Receiver<()>>);

impl Asked {
    /// Returns once it is asked for. Cancellation safe.
    async fn asked(&mut self) {
        if let Some(leave) = &mut self.0 {
            let asked = leave.await.is_ok();
            self.0 = None;
            if asked {
                return;
            }
        }
        std::future::pending().await
    }
}

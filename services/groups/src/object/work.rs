//! The executor's work: requests executed one after the other, beside the order, and what comes of them shipped.

use super::effects::Shipped;
use super::error::StateError;
use super::moment::Draws;
use super::proto::{Concluded, Effect, Executed, Execution, Outside, ReplicaLimits};
use super::seat::Seat;
use super::timers::Wishes;
use bytes::Bytes;
use quorb::adapter::{RelayedReply, Reply, ReplyBody, UpdateNames, execute};
use quorb::proto::head::{ChainId, ClientId, Completion};
use quorb::{Context, ExceptionKind, Minor, SystemException};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::mpsc;

/// Something for the executor to do, in this order.
#[derive(Debug)]
pub(super) enum Job {
    Execute(Execution),
    Conclude,
}

/// What all members have agreed on last, as octets, and what is about to be. Only the executor style has it: there the value
/// itself may be ahead of that.
#[derive(Debug, Default)]
pub(super) struct Agreed {
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    /// The state; none while it is the value itself, which only those know who ship effects.
    base: Option<Bytes>,
    /// The effects since then.
    effects: Vec<Bytes>,
    /// What is about to be the state, or the next effects.
    proposed: Option<Bytes>,
    /// Effects of what was executed since the last outcome.
    fresh: Result<Vec<u8>, StateError>,
}

impl Default for Held {
    fn default() -> Self {
        Self { base: None, effects: Vec::new(), proposed: None, fresh: Ok(Vec::new()) }
    }
}

/// Effects that are kept beside a state, at least: more of them than it has octets, and the state is written anew.
const EFFECTS_KEPT_BYTES: usize = 64 << 10;

impl Agreed {
    /// The state as all have it.
    pub(super) fn set(&self, state: Bytes) {
        *self.lock() = Held { base: Some(state), ..Held::default() };
    }

    /// It is the value itself.
    pub(super) fn is_the_value(&self) {
        *self.lock() = Held::default();
    }

    /// The state as it was written last, and the effects since then; none if it is the value itself.
    pub(super) fn get(&self) -> Option<(Bytes, Vec<Bytes>)> {
        let held = self.lock();
        held.base.clone().map(|base| (base, held.effects.clone()))
    }

    fn propose(&self, change: Bytes) {
        self.lock().proposed = Some(change);
    }

    /// Something was executed that has these effects.
    fn note(&self, effects: Result<Vec<u8>, StateError>) {
        let mut held = self.lock();
        match (&mut held.fresh, effects) {
            (Ok(fresh), Ok(effects)) => fresh.extend_from_slice(&effects),
            (fresh @ Ok(_), Err(error)) => *fresh = Err(error),
            (Err(_), _) => {}
        }
    }

    fn take_fresh(&self) -> Result<Vec<u8>, StateError> {
        std::mem::replace(&mut self.lock().fresh, Ok(Vec::new()))
    }

    /// The outcome has its place: the state is what was proposed, or the effects are part of it.
    pub(super) fn settle(&self, ships_effects: bool) {
        let mut held = self.lock();
        let Some(next) = held.proposed.take() else { return };
        if !ships_effects {
            held.base = Some(next);
            return;
        }
        held.effects.push(next);
        let octets: usize = held.effects.iter().map(Bytes::len).sum();
        let base = held.base.as_ref().map_or(0, Bytes::len);
        if octets > base.max(EFFECTS_KEPT_BYTES) {
            // Nothing is executed at this moment: the value is what all have agreed on.
            *held = Held::default();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The state that all have agreed on, as octets.
    pub(super) async fn agreed_state(&self, agreed: &Agreed) -> Result<Bytes, StateError> {
        match agreed.get() {
            Some((base, effects)) => self.subject.rebuilt(base, &effects),
            None => self.subject.save().await,
        }
    }
}

/// Does the executor's jobs, as long as the seat is there.
pub(super) async fn work(
    seat: Weak<Seat>,
    mut jobs: mpsc::UnboundedReceiver<(u64, Job)>,
    agreed: Arc<Agreed>,
    limits: ReplicaLimits,
) {
    while let Some((life, job)) = jobs.recv().await {
        let Some(seat) = seat.upgrade() else { return };
        let _working = seat.working.lock().await;
        if life != seat.life() {
            continue;
        }
        let effects = match job {
            Job::Execute(execution) => {
                *seat.ahead.write().unwrap_or_else(PoisonError::into_inner) = true;
                let key = execution.key;
                let (executed, effects) = run(&seat, execution, None).await;
                agreed.note(effects);
                seat.input(|core| core.executed(key, executed)).1
            }
            Job::Conclude => {
                let concluded = conclusion(&seat, &agreed, &limits).await;
                seat.input(|core| core.conclude(concluded)).1
            }
        };
        for effect in effects {
            match effect {
                // Before anything is said: once what follows has its place, queries are answered from the value.
                Effect::TakeBack => {
                    // What it had done is undone with it.
                    let _ = agreed.take_fresh();
                    if let Err(error) = take_back(&seat, &agreed).await {
                        tracing::error!(%error, "the agreed state cannot be taken back");
                    }
                }
                other => seat.carry_out(other, None),
            }
        }
    }
}

async fn take_back(seat: &Seat, agreed: &Agreed) -> Result<(), StateError> {
    let state = seat.agreed_state(agreed).await?;
    seat.subject.load(state).await
}

/// What the executor ships.
async fn conclusion(seat: &Seat, agreed: &Agreed, limits: &ReplicaLimits) -> Concluded {
    let unfit = |cause: &dyn std::fmt::Display| {
        let kind = ExceptionKind::ImpLimit;
        let exception = SystemException::new(kind, Minor::MESSAGE_TOO_LARGE, Completion::No).because(cause);
        Concluded::Unfit(Box::new(exception))
    };
    let (what, change) = match seat.subject.ships_effects() {
        true => ("effects", agreed.take_fresh().map(Bytes::from)),
        false => ("a state", seat.subject.save().await),
    };
    let is_old = |change: &Bytes| match seat.subject.ships_effects() {
        true => change.is_empty(),
        false => agreed.get().is_some_and(|(state, _)| state == *change),
    };
    match change {
        Ok(change) if is_old(&change) => Concluded::Unchanged,
        Ok(change) if change.len() > limits.outcome_bytes_max => {
            let (octets, max) = (change.len(), limits.outcome_bytes_max);
            unfit(&format_args!("{what} of {octets} octets, above the limit outcome_bytes_max = {max}"))
        }
        Ok(change) => {
            agreed.propose(change.clone());
            Concluded::Changed(change)
        }
        Err(error) => unfit(&error),
    }
}

/// Executes a request: what comes of it, and its effects where those are shipped. `calls_refused`: why it may call nobody.
pub(super) async fn run(
    seat: &Arc<Seat>,
    execution: Execution,
    calls_refused: Option<&'static str>,
) -> (Executed, Result<Vec<u8>, StateError>) {
    if let Some(reply) = seat.subject.apply(&execution) {
        return (reply.into(), Ok(Vec::new()));
    }
    if let Some(timer) = execution.timer.clone() {
        let chain = ChainId::starting_with(&execution.key);
        let context = Context::of_work(&seat.orb, "timer", chain, calls_refused);
        let asked = Asked::attach(seat, &execution, &context, calls_refused.is_none());
        let went_well = seat.subject.fire(timer, context).await;
        // Nobody hears of it, but for the log.
        let reply = RelayedReply::from_parts(Bytes::new(), Bytes::new());
        return asked.end(reply, !went_well);
    }
    let call = match execution.call.invocation(&seat.orb, Some(execution.key), calls_refused) {
        Ok(call) => call,
        Err(cause) => {
            let exception =
                SystemException::new(ExceptionKind::Marshal, Minor::ARGUMENTS_MALFORMED, Completion::No);
            return (RelayedReply::raising(&exception.because(cause)).into(), Ok(Vec::new()));
        }
    };
    let asked = Asked::attach(seat, &execution, call.context(), calls_refused.is_none());
    let form = call.reply_form();
    let reply = execute(seat.subject.servant(), call).await;
    asked.end(RelayedReply::of(&reply).in_form(form), has_panicked(&reply))
}

/// What an execution can ask for by its context, besides its reply.
struct Asked {
    wishes: Option<Arc<Wishes>>,
    shipped: Option<Arc<Shipped>>,
}

impl Asked {
    fn attach(seat: &Arc<Seat>, execution: &Execution, context: &Context, is_alone: bool) -> Self {
        context.attach(Arc::new(Draws::new(execution.moment)));
        let wishes = seat.subject.has_timers().then(|| Arc::new(Wishes::new(seat, execution.moment.time_us)));
        wishes.iter().for_each(|wishes| context.attach(wishes.clone()));
        let ships = is_alone && seat.subject.ships_effects();
        let shipped = ships.then(Arc::<Shipped>::default);
        shipped.iter().for_each(|shipped| context.attach(shipped.clone()));
        if is_alone {
            let Outside { client, since_us, place, open_from } = execution.outside;
            let names = UpdateNames::derived(ClientId(client), since_us, place, open_from);
            context.name_updates(Arc::new(names));
        }
        Self { wishes, shipped }
    }

    fn end(self, reply: RelayedReply, panicked: bool) -> (Executed, Result<Vec<u8>, StateError>) {
        let timers = self.wishes.map(|wishes| wishes.take()).unwrap_or_default();
        let effects = self.shipped.map_or_else(|| Ok(Vec::new()), |shipped| shipped.take());
        (Executed { reply, panicked, timers }, effects)
    }
}

fn has_panicked(reply: &Reply) -> bool {
    matches!(&reply.body, ReplyBody::System(exception)
        if exception.kind() == ExceptionKind::Unknown && exception.minor() == Minor::SERVANT_PANICKED)
}

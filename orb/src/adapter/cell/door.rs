//! The door of a cell: who may be inside, and who waits in front of it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::OBJECT_QUEUE_MAX;
use crate::adapter::Context;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::model::{Behaviour, Kind, Operation};
use crate::proto::gate::{Entry, Gate, GateRefusal, Grant, Mode, Ticket, Token};
use crate::proto::head::ChainId;
use crate::runtime::now;

/// Who may be inside an object, and who waits in front of it.
#[derive(Debug)]
pub struct Door {
    /// The lock is held for a decision of the gate, never across a wait.
    admission: Mutex<Admission>,
}

#[derive(Debug)]
struct Admission {
    gate: Gate,
    waiting: HashMap<Ticket, oneshot::Sender<Result<Token, GateRefusal>>>,
}

impl Door {
    pub(super) fn new() -> Arc<Door> {
        let admission = Admission { gate: Gate::new(OBJECT_QUEUE_MAX), waiting: HashMap::new() };
        Arc::new(Door { admission: Mutex::new(admission) })
    }

    /// Takes a place for a call: inside, or in front of the door.
    pub(super) fn enter(
        self: &Arc<Self>,
        context: &Context,
        operation: &'static Operation,
        mode: Mode,
    ) -> Entered {
        if let Err(late) = in_time(context) {
            return Entered::Refused(late);
        }
        let poisons = operation.behaviour.kind != Kind::Query;
        let mode = if poisons && mode == Mode::Shared { Mode::SharedUpdate } else { mode };
        let entered = self.request(context.chain(), mode, poisons);
        if matches!(entered, Entered::Now(_)) {
            context.0.start(&operation.behaviour);
        }
        entered
    }

    /// Enters outside of any call. Cancellation safe.
    pub(super) async fn enter_outside(self: &Arc<Self>, mode: Mode) -> Result<Pass, SystemException> {
        let entered = self.request(ChainId::NONE, mode, false);
        match entered {
            Entered::Now(pass) => Ok(pass),
            Entered::Refused(exception) => Err(exception),
            Entered::Later(waiting) => waiting.turn().await,
        }
    }

    fn request(self: &Arc<Self>, chain: ChainId, mode: Mode, poisons: bool) -> Entered {
        let mut admission = self.lock();
        match admission.gate.request(chain, mode) {
            Entry::Granted(token) => Entered::Now(Pass { door: self.clone(), token: Some(token), poisons }),
            Entry::Refused(reason) => Entered::Refused(refused(reason)),
            Entry::Queued(ticket) => {
                let (sender, receiver) = oneshot::channel();
                admission.waiting.insert(ticket, sender);
                Entered::Later(Waiting { door: self.clone(), ticket: Some(ticket), receiver, poisons })
            }
        }
    }

    /// Lets a call in if nothing is in its way; else nothing has happened. Who is in leaves by [`leave`](Door::leave).
    pub(crate) fn enter_at_once(&self, chain: ChainId, behaviour: &Behaviour) -> Option<Token> {
        self.lock().gate.request_at_once(chain, mode_of(behaviour))
    }

    /// Leaves, and lets in who is next. `poison` says that an update has failed in the middle.
    pub(crate) fn leave(&self, token: Token, poison: bool) {
        let mut admission = self.lock();
        if poison {
            let poisoning = admission.gate.poison();
            for ticket in poisoning.refused {
                if let Some(waiter) = admission.waiting.remove(&ticket) {
                    // Whoever has stopped waiting does not want to know.
                    let _ = waiter.send(Err(GateRefusal::Poisoned));
                }
            }
            hand_out(&mut admission, poisoning.granted);
        }
        let granted = admission.gate.release(token);
        hand_out(&mut admission, granted);
    }

    /// Lets updates in again after one of them panicked.
    pub(super) fn reactivate(&self) {
        self.lock().gate.restore();
    }

    fn lock(&self) -> MutexGuard<'_, Admission> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a call of a generated operation is inside.
fn mode_of(behaviour: &Behaviour) -> Mode {
    match behaviour.kind {
        Kind::Query => Mode::Shared,
        Kind::ConcurrentUpdate => Mode::SharedUpdate,
        Kind::Update => Mode::Exclusive,
    }
}

/// Gives passes to those whose turn it is. One who has stopped waiting hands its pass on.
fn hand_out(admission: &mut Admission, granted: Vec<Grant>) {
    if granted.is_empty() {
        return;
    }
    let mut granted = VecDeque::from(granted);
    while let Some(Grant { ticket, token }) = granted.pop_front() {
        let taken = admission.waiting.remove(&ticket).is_some_and(|waiter| waiter.send(Ok(token)).is_ok());
        if !taken {
            granted.extend(admission.gate.release(token));
        }
    }
}

/// Refuses a call that nobody waits for any more.
fn in_time(context: &Context) -> Result<(), SystemException> {
    if context.deadline().is_some_and(|deadline| deadline <= now()) {
        return Err(SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, Completion::No)
            .at(Stage::Admitting));
    }
    Ok(())
}

fn refused(reason: GateRefusal) -> SystemException {
    let (kind, minor) = match reason {
        GateRefusal::Reentrant { .. } => (ExceptionKind::BadInvOrder, Minor::CHAIN_REENTERED),
        GateRefusal::QueueFull { .. } => (ExceptionKind::Transient, Minor::OBJECT_QUEUE_FULL),
        GateRefusal::Poisoned => (ExceptionKind::ObjAdapter, Minor::OBJECT_POISONED),
    };
    SystemException::new(kind, minor, Completion::No).at(Stage::Admitting).because(reason)
}

/// How an attempt to enter went.
pub(super) enum Entered {
    Now(Pass),
    Later(Waiting),
    Refused(SystemException),
}

/// The right to be inside. Dropping it lets the next one in; dropping it in a panic of an update poisons the object.
#[derive(Debug)]
pub(super) struct Pass {
    door: Arc<Door>,
    token: Option<Token>,
    poisons: bool,
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            self.door.leave(token, self.poisons && std::thread::panicking());
        }
    }
}

/// A place in the queue. Dropping it leaves the queue.
pub(super) struct Waiting {
    door: Arc<Door>,
    ticket: Option<Ticket>,
    receiver: oneshot::Receiver<Result<Token, GateRefusal>>,
    poisons: bool,
}

impl Waiting {
    async fn turn(mut self) -> Result<Pass, SystemException> {
        let answer = (&mut self.receiver).await.expect("the door answers every ticket, and outlives it");
        self.ticket = None;
        let token = answer.map_err(refused)?;
        // From here on the pass goes back by itself.
        Ok(Pass { door: self.door.clone(), token: Some(token), poisons: self.poisons })
    }

    pub(super) async fn wait(
        self,
        context: &Context,
        operation: &'static Operation,
    ) -> Result<Pass, SystemException> {
        let pass = self.turn().await?;
        in_time(context)?;
        context.0.start(&operation.behaviour);
        Ok(pass)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut admission = self.door.lock();
        admission.waiting.remove(&ticket);
        self.receiver.close();
        // The answer may have come in this very moment.
        let granted = match self.receiver.try_recv() {
            Ok(Ok(token)) => admission.gate.release(token),
            Ok(Err(_)) => Vec::new(),
            Err(_) => admission.gate.cancel(ticket).unwrap_or_default(),
        };
        hand_out(&mut admission, granted);
    }
}

//! The cell: where a servant's value lives and how calls get at it.

use std::collections::{HashMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, oneshot};

use super::{Context, Dispatch, Invocation, Reply};
use crate::exception::{Completion, ExceptionKind, Fault, Minor, Raises, Stage, SystemException};
use crate::model::{Kind, Operation};
use crate::proto::gate::{Entry, Gate, GateRefusal, Grant, Mode, Ticket, Token};
use crate::proto::head::ChainId;
use crate::runtime::now;
use crate::value::{BodyError, BodyWriter};

/// Where a servant's value lives: queries share it, updates have it alone, in the order in which they came. A call whose own
/// chain holds the object in a conflicting way is refused at once, because it would wait for itself.
///
/// After a panic in an update the value may be half changed: further updates are refused until
/// [`reactivate`](ServantCell::reactivate); queries go on.
#[derive(Debug)]
pub struct ServantCell<T> {
    /// Who may be inside. The lock is held for a decision of the gate, never across a wait.
    admission: Mutex<Admission>,
    /// The gate admits before this is locked, so that locking it never waits; it makes sharing safe, not orderly.
    value: Arc<RwLock<T>>,
}

#[derive(Debug)]
struct Admission {
    gate: Gate,
    waiting: HashMap<Ticket, oneshot::Sender<Result<Token, GateRefusal>>>,
}

/// Calls that wait in front of one object; more are refused with TRANSIENT.
pub const OBJECT_QUEUE_MAX: usize = 4096;

/// Writes the results of a method.
pub type WriteResults<R> = fn(&R, &mut BodyWriter) -> Result<(), BodyError>;

impl<T: Send + Sync + 'static> ServantCell<T> {
    /// A cell around `value`.
    pub fn new(value: T) -> Arc<ServantCell<T>> {
        let admission = Admission { gate: Gate::new(OBJECT_QUEUE_MAX), waiting: HashMap::new() };
        let admission = Mutex::new(admission);
        Arc::new(ServantCell { admission, value: Arc::new(RwLock::new(value)) })
    }

    /// Runs a method that takes `&self` and does not wait. It runs at once unless an update is inside.
    pub fn query<R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        run: impl FnOnce(&T, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        let run = |guard: SharedGuard<T>, context: &Context| run(&guard, context);
        self.run(call, operation, Mode::Shared, Self::read_guard, run, write)
    }

    /// Runs a method that takes `&mut self` and does not wait. It runs at once unless anybody is inside.
    pub fn update<R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        run: impl FnOnce(&mut T, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        let run = |mut guard: ExclusiveGuard<T>, context: &Context| run(&mut guard, context);
        self.run(call, operation, Mode::Exclusive, Self::write_guard, run, write)
    }

    /// Runs a `#[blocking]` method that takes `&self`, on the blocking pool.
    pub fn blocking_query<R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        run: impl FnOnce(&T, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        let run = |guard: SharedGuard<T>, context: &Context| run(&guard, context);
        self.run_off_thread(call, operation, Mode::Shared, Self::read_guard, run, write)
    }

    /// Runs a `#[blocking]` method that takes `&mut self`, on the blocking pool.
    pub fn blocking_update<R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        run: impl FnOnce(&mut T, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        let run = |mut guard: ExclusiveGuard<T>, context: &Context| run(&mut guard, context);
        self.run_off_thread(call, operation, Mode::Exclusive, Self::write_guard, run, write)
    }

    /// Enters for an asynchronous method that takes `&self`. Its place in the queue is that of this call, not of the first
    /// poll. Cancellation safe: a dropped wait leaves the queue.
    ///
    /// # Errors
    /// BAD_INV_ORDER if the call's own chain has the object alone; TRANSIENT if the queue is full; TIMEOUT if the deadline
    /// has passed; OBJ_ADAPTER for an update of an object that an update has panicked in.
    pub fn shared(
        self: &Arc<Self>,
        call: &Invocation,
        operation: &'static Operation,
    ) -> impl Future<Output = Result<SharedGuard<T>, SystemException>> + Send + use<T> {
        let (cell, admitted) = (self.clone(), self.admitted(call, operation, Mode::Shared));
        async move { admitted.await.map(|pass| cell.read_guard(pass)) }
    }

    /// Enters for an asynchronous method that takes `&mut self`. Its place in the queue is that of this call, not of the
    /// first poll. Cancellation safe: a dropped wait leaves the queue.
    ///
    /// # Errors
    /// As [`shared`](ServantCell::shared), and BAD_INV_ORDER if the call's own chain is inside at all.
    pub fn exclusive(
        self: &Arc<Self>,
        call: &Invocation,
        operation: &'static Operation,
    ) -> impl Future<Output = Result<ExclusiveGuard<T>, SystemException>> + Send + use<T> {
        let (cell, admitted) = (self.clone(), self.admitted(call, operation, Mode::Exclusive));
        async move { admitted.await.map(|pass| cell.write_guard(pass)) }
    }

    /// Runs a method that does not wait: at once if it is let in at once, else in a task. The guard is dropped before the
    /// results are written.
    fn run<G: 'static, R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        mode: Mode,
        guard: fn(&Self, Pass<T>) -> G,
        run: impl FnOnce(G, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        match self.enter(&call, operation, mode) {
            Entered::Now(pass) => {
                let result = run(guard(self, pass), call.context());
                Dispatch::Done(call.finish(result, write))
            }
            Entered::Refused(exception) => Dispatch::Done(call.refuse(exception)),
            Entered::Later(waiting) => {
                let cell = self.clone();
                Dispatch::Pending(Box::pin(async move {
                    match waiting.wait(call.context(), operation).await {
                        Ok(pass) => {
                            let result = run(guard(&cell, pass), call.context());
                            call.finish(result, write)
                        }
                        Err(exception) => call.refuse(exception),
                    }
                }))
            }
        }
    }

    /// Runs a method that blocks its thread.
    fn run_off_thread<G: Send + 'static, R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        mode: Mode,
        guard: fn(&Self, Pass<T>) -> G,
        run: impl FnOnce(G, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        let (cell, admitted) = (self.clone(), self.admitted(&call, operation, mode));
        Dispatch::Pending(Box::pin(async move {
            match admitted.await {
                Ok(pass) => {
                    let guard = guard(&cell, pass);
                    off_thread(call, write, move |context| run(guard, context)).await
                }
                Err(exception) => call.refuse(exception),
            }
        }))
    }

    /// Takes a place at once, and waits for its turn when it is polled.
    fn admitted(
        self: &Arc<Self>,
        call: &Invocation,
        operation: &'static Operation,
        mode: Mode,
    ) -> impl Future<Output = Result<Pass<T>, SystemException>> + Send + use<T> {
        let (entered, context) = (self.enter(call, operation, mode), call.context().clone());
        async move {
            match entered {
                Entered::Now(pass) => Ok(pass),
                Entered::Refused(exception) => Err(exception),
                Entered::Later(waiting) => waiting.wait(&context, operation).await,
            }
        }
    }

    /// The value, beside queries, outside of any call: to save it. Waits for its turn; cancellation safe.
    ///
    /// # Errors
    /// TRANSIENT if the queue is full.
    pub async fn look(self: &Arc<Self>) -> Result<SharedGuard<T>, SystemException> {
        self.outside(Mode::Shared).await.map(|pass| self.read_guard(pass))
    }

    /// The value alone, outside of any call: to replace it, and with it what a panic may have left. Waits for its turn;
    /// cancellation safe.
    ///
    /// # Errors
    /// As [`look`](ServantCell::look).
    pub async fn replace(self: &Arc<Self>) -> Result<ExclusiveGuard<T>, SystemException> {
        self.reactivate();
        self.outside(Mode::Exclusive).await.map(|pass| self.write_guard(pass))
    }

    /// Enters for nobody's call.
    async fn outside(self: &Arc<Self>, mode: Mode) -> Result<Pass<T>, SystemException> {
        let entered = self.request(ChainId::NONE, mode, false);
        match entered {
            Entered::Now(pass) => Ok(pass),
            Entered::Refused(exception) => Err(exception),
            Entered::Later(waiting) => waiting.turn().await,
        }
    }

    /// Lets updates in again after one of them panicked.
    pub fn reactivate(&self) {
        self.admission().gate.restore();
    }

    fn enter(self: &Arc<Self>, call: &Invocation, operation: &'static Operation, mode: Mode) -> Entered<T> {
        let context = call.context();
        if let Err(late) = in_time(context) {
            return Entered::Refused(late);
        }
        let is_update = operation.behaviour.kind != Kind::Query;
        let mode = if is_update && mode == Mode::Shared { Mode::SharedUpdate } else { mode };
        let entered = self.request(context.chain(), mode, is_update);
        if matches!(entered, Entered::Now(_)) {
            context.0.start(&operation.behaviour);
        }
        entered
    }

    fn request(self: &Arc<Self>, chain: ChainId, mode: Mode, poisons: bool) -> Entered<T> {
        let mut admission = self.admission();
        match admission.gate.request(chain, mode) {
            Entry::Granted(token) => Entered::Now(Pass { cell: self.clone(), token: Some(token), poisons }),
            Entry::Refused(reason) => Entered::Refused(refused(reason)),
            Entry::Queued(ticket) => {
                let (sender, receiver) = oneshot::channel();
                admission.waiting.insert(ticket, sender);
                Entered::Later(Waiting { cell: self.clone(), ticket: Some(ticket), receiver, poisons })
            }
        }
    }

    fn read_guard(&self, pass: Pass<T>) -> SharedGuard<T> {
        let value = self
            .value
            .clone()
            .try_read_owned()
            .expect("the gate admits readers only when no writer is inside");
        SharedGuard { value, _pass: pass }
    }

    fn write_guard(&self, pass: Pass<T>) -> ExclusiveGuard<T> {
        let value = self
            .value
            .clone()
            .try_write_owned()
            .expect("the gate admits a writer only when nobody is inside");
        ExclusiveGuard { value, _pass: pass }
    }
}

impl<T> ServantCell<T> {
    fn admission(&self) -> MutexGuard<'_, Admission> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves, and lets in who is next.
    fn leave(&self, token: Token, poison: bool) {
        let mut admission = self.admission();
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
}

/// Gives passes to those whose turn it is. One who has stopped waiting hands its pass on.
fn hand_out(admission: &mut Admission, granted: Vec<Grant>) {
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

async fn off_thread<R: Send + 'static, E: Raises>(
    call: Invocation,
    write: WriteResults<R>,
    run: impl FnOnce(&Context) -> Result<R, Fault<E>> + Send + 'static,
) -> Reply {
    let context = call.context().clone();
    let work = move || {
        let result = context.scope_blocking(|| run(&context));
        call.finish(result, write)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(reply) => reply,
        // The broker catches the panic where it catches all of them.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Reply::system(SystemException::new(
                ExceptionKind::Transient,
                Minor::SERVER_DRAINING,
                Completion::Maybe,
            )),
        },
    }
}

/// How an attempt to enter went.
enum Entered<T> {
    Now(Pass<T>),
    Later(Waiting<T>),
    Refused(SystemException),
}

/// The right to be inside. Dropping it lets the next one in; dropping it in a panic of an update poisons the object.
#[derive(Debug)]
struct Pass<T> {
    cell: Arc<ServantCell<T>>,
    token: Option<Token>,
    poisons: bool,
}

impl<T> Drop for Pass<T> {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            self.cell.leave(token, self.poisons && std::thread::panicking());
        }
    }
}

/// A place in the queue. Dropping it leaves the queue.
struct Waiting<T> {
    cell: Arc<ServantCell<T>>,
    ticket: Option<Ticket>,
    receiver: oneshot::Receiver<Result<Token, GateRefusal>>,
    poisons: bool,
}

impl<T> Waiting<T> {
    async fn turn(mut self) -> Result<Pass<T>, SystemException> {
        let answer = (&mut self.receiver).await.expect("the cell answers every ticket, and outlives it");
        self.ticket = None;
        let token = answer.map_err(refused)?;
        // From here on the pass goes back by itself.
        Ok(Pass { cell: self.cell.clone(), token: Some(token), poisons: self.poisons })
    }

    async fn wait(
        self,
        context: &Context,
        operation: &'static Operation,
    ) -> Result<Pass<T>, SystemException> {
        let pass = self.turn().await?;
        in_time(context)?;
        context.0.start(&operation.behaviour);
        Ok(pass)
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut admission = self.cell.admission();
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

/// Shared access to a servant's value. It may be held across waits.
#[derive(Debug)]
pub struct SharedGuard<T> {
    // Fields are dropped in order: the value is unlocked before the next one is let in.
    value: OwnedRwLockReadGuard<T>,
    _pass: Pass<T>,
}

impl<T> Deref for SharedGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Access to a servant's value alone. It may be held across waits.
#[derive(Debug)]
pub struct ExclusiveGuard<T> {
    // Fields are dropped in order: the value is unlocked before the next one is let in.
    value: OwnedRwLockWriteGuard<T>,
    _pass: Pass<T>,
}

impl<T> Deref for ExclusiveGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for ExclusiveGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

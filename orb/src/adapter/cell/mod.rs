//! The cell: where a servant's value lives and how calls get at it.

mod door;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use parking_lot::lock_api::{ArcRwLockReadGuard, ArcRwLockWriteGuard};
use parking_lot::{RawRwLock, RwLock};

pub use self::door::Door;
use self::door::{Entered, Pass};
use super::{Context, Dispatch, Invocation, Reply};
use crate::exception::{Completion, ExceptionKind, Fault, Minor, Raises, SystemException};
use crate::model::Operation;
use crate::proto::gate::Mode;
use crate::value::{BodyError, BodyWriter};

/// Where a servant's value lives: queries share it, updates have it alone, in the order in which they came. A call whose own
/// chain holds the object in a conflicting way is refused at once, because it would wait for itself.
///
/// After a panic in an update the value may be half changed: further updates are refused until
/// [`reactivate`](ServantCell::reactivate); queries go on.
#[derive(Debug)]
pub struct ServantCell<T> {
    door: Arc<Door>,
    /// The door admits before this is locked, so that locking it never waits; it makes sharing safe, not orderly.
    value: Arc<RwLock<T>>,
}

/// Calls that wait in front of one object; more are refused with TRANSIENT.
pub const OBJECT_QUEUE_MAX: usize = 4096;

/// Where a method runs that is no future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thread {
    /// Where its call is being read: it does not wait.
    OfTheCall,
    /// On the blocking pool: it may block.
    OfThePool,
}

/// How a method has the value of a cell.
struct Access<T, G> {
    mode: Mode,
    guard: fn(&ServantCell<T>, Pass) -> G,
}

/// Writes the results of a method.
pub type WriteResults<R> = fn(&R, &mut BodyWriter) -> Result<(), BodyError>;

impl<T: Send + Sync + 'static> ServantCell<T> {
    /// A cell around `value`.
    pub fn new(value: T) -> Arc<ServantCell<T>> {
        Arc::new(ServantCell { door: Door::new(), value: Arc::new(RwLock::new(value)) })
    }

    /// Runs a method that takes `&self`. One that does not wait runs at once unless an update is inside.
    pub fn query<R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        thread: Thread,
        run: impl FnOnce(&T, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        let run = |guard: SharedGuard<T>, context: &Context| run(&guard, context);
        self.run(call, operation, thread, Self::SHARED, run, write)
    }

    /// Runs a method that takes `&mut self`. One that does not wait runs at once unless anybody is inside.
    pub fn update<R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        thread: Thread,
        run: impl FnOnce(&mut T, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        let run = |mut guard: ExclusiveGuard<T>, context: &Context| run(&mut guard, context);
        self.run(call, operation, thread, Self::EXCLUSIVE, run, write)
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

    const SHARED: Access<T, SharedGuard<T>> = Access { mode: Mode::Shared, guard: Self::read_guard };
    const EXCLUSIVE: Access<T, ExclusiveGuard<T>> =
        Access { mode: Mode::Exclusive, guard: Self::write_guard };

    /// Runs a method that does not wait: at once if it is let in at once, else in a task. The guard is dropped before the
    /// results are written.
    fn run<G: Send + 'static, R: Send + 'static, E: Raises>(
        self: &Arc<Self>,
        call: Invocation,
        operation: &'static Operation,
        thread: Thread,
        access: Access<T, G>,
        run: impl FnOnce(G, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        if thread == Thread::OfThePool {
            return self.run_off_thread(call, operation, access, run, write);
        }
        match self.door.enter(call.context(), operation, access.mode) {
            Entered::Now(pass) => {
                let result = run((access.guard)(self, pass), call.context());
                Dispatch::Done(call.finish(result, write))
            }
            Entered::Refused(exception) => Dispatch::Done(call.refuse(exception)),
            Entered::Later(waiting) => {
                let cell = self.clone();
                Dispatch::Pending(Box::pin(async move {
                    match waiting.wait(call.context(), operation).await {
                        Ok(pass) => {
                            let result = run((access.guard)(&cell, pass), call.context());
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
        access: Access<T, G>,
        run: impl FnOnce(G, &Context) -> Result<R, Fault<E>> + Send + 'static,
        write: WriteResults<R>,
    ) -> Dispatch {
        let (cell, admitted) = (self.clone(), self.admitted(&call, operation, access.mode));
        Dispatch::Pending(Box::pin(async move {
            match admitted.await {
                Ok(pass) => {
                    let guard = (access.guard)(&cell, pass);
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
    ) -> impl Future<Output = Result<Pass, SystemException>> + Send + use<T> {
        let (entered, context) = (self.door.enter(call.context(), operation, mode), call.context().clone());
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
        self.door.enter_outside(Mode::Shared).await.map(|pass| self.read_guard(pass))
    }

    /// The value alone, outside of any call: to replace it, and with it what a panic may have left. Waits for its turn;
    /// cancellation safe.
    ///
    /// # Errors
    /// As [`look`](ServantCell::look).
    pub async fn replace(self: &Arc<Self>) -> Result<ExclusiveGuard<T>, SystemException> {
        self.reactivate();
        self.alone().await
    }

    /// The value alone, outside of any call: to change it. Waits for its turn; cancellation safe.
    ///
    /// # Errors
    /// As [`look`](ServantCell::look).
    pub async fn alone(self: &Arc<Self>) -> Result<ExclusiveGuard<T>, SystemException> {
        self.door.enter_outside(Mode::Exclusive).await.map(|pass| self.write_guard(pass))
    }

    /// Lets updates in again after one of them panicked.
    pub fn reactivate(&self) {
        self.door.reactivate();
    }

    /// Runs a method of a direct call that takes `&self`; the call is inside already.
    pub fn directly<R>(&self, run: impl FnOnce(&T) -> R) -> R {
        run(&self.value.try_read().expect("the door admits readers only when no writer is inside"))
    }

    /// Runs a method of a direct call that takes `&mut self`; the call is inside already.
    pub fn directly_alone<R>(&self, run: impl FnOnce(&mut T) -> R) -> R {
        run(&mut self.value.try_write().expect("the door admits a writer only when nobody is inside"))
    }

    fn read_guard(&self, pass: Pass) -> SharedGuard<T> {
        let value = self.value.try_read_arc().expect("the door admits readers only when no writer is inside");
        SharedGuard { value, _pass: pass }
    }

    fn write_guard(&self, pass: Pass) -> ExclusiveGuard<T> {
        let value = self.value.try_write_arc().expect("the door admits a writer only when nobody is inside");
        ExclusiveGuard { value, _pass: pass }
    }
}

/// What a direct call needs to know of a servant's cell, whatever the servant's type is.
pub trait Guarded: Send + Sync + 'static {
    /// Where it enters.
    fn door(&self) -> &Door;
}

impl<T: Send + Sync + 'static> Guarded for ServantCell<T> {
    fn door(&self) -> &Door {
        &self.door
    }
}

async fn off_thread<R: Send + 'static, E: Raises>(
    call: Invocation,
    write: WriteResults<R>,
    run: impl FnOnce(&Context) -> Result<R, Fault<E>> + Send + 'static,
) -> Reply {
    let context = call.context().clone();
    let work = move || {
        let result = context.scope_now(|| run(&context));
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

/// Shared access to a servant's value. It may be held across waits.
#[derive(Debug)]
pub struct SharedGuard<T> {
    // Fields are dropped in order: the value is unlocked before the next one is let in.
    value: ArcRwLockReadGuard<RawRwLock, T>,
    _pass: Pass,
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
    value: ArcRwLockWriteGuard<RawRwLock, T>,
    _pass: Pass,
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

//! Calls from threads without tokio.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::Orb;
use crate::exception::{Completion, ExceptionKind, Fault, Minor, SystemException};

thread_local! {
    /// The next call that begins on this thread is all that the thread waits for.
    static WAITS: Cell<bool> = const { Cell::new(false) };
}

/// Whether the call that begins here may block its thread: nothing else goes on there. Only the first call that asks may.
pub(crate) fn may_block() -> bool {
    WAITS.replace(false)
}

/// Runs the future of a call on this thread until it ends.
///
/// It is begun outside of any executor: a call that may block ends there, and the runtime never hears of it.
///
/// On a worker of a multi-threaded runtime, other tasks are moved away first. The only thread of a current-thread runtime
/// must not be blocked, since nothing could move there any more: on it the call is refused.
pub(crate) fn block_on_call<R, E>(
    orb: Option<&Orb>,
    call: impl Future<Output = Result<R, Fault<E>>>,
) -> Result<R, Fault<E>> {
    let here = Handle::try_current().ok();
    match (orb.map(|orb| &orb.shared.runtime), here) {
        (runtime, Some(here)) if here.runtime_flavor() != RuntimeFlavor::CurrentThread => {
            tokio::task::block_in_place(|| run(runtime.unwrap_or(&here), call))
        }
        (Some(runtime), Some(_)) if !orb.is_some_and(Orb::is_driven_by_this_thread) => run(runtime, call),
        (_, Some(_)) => Err(refused().into()),
        (Some(runtime), None) => run(runtime, call),
        (None, None) => {
            // A call on a local proxy needs no sockets, only a clock and an executor.
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|cause| {
                    SystemException::new(ExceptionKind::NoResources, Minor::UNSPECIFIED, Completion::No)
                        .because(cause)
                })?;
            runtime.block_on(call)
        }
    }
}

fn run<F: Future>(runtime: &Handle, call: F) -> F::Output {
    let mut call = pin!(call);
    match begin(runtime, call.as_mut()) {
        Poll::Ready(ended) => ended,
        // Whoever drives it further polls it again first, and so registers a waker that wakes.
        Poll::Pending => runtime.block_on(call),
    }
}

/// Polls the future of a call for the first time; the call may block the thread meanwhile.
fn begin<F: Future>(runtime: &Handle, call: Pin<&mut F>) -> Poll<F::Output> {
    /// Nobody else may, however the poll ends.
    struct Withdraw;
    impl Drop for Withdraw {
        fn drop(&mut self) {
            WAITS.set(false);
        }
    }
    let _entered = runtime.enter();
    let _withdraw = Withdraw;
    WAITS.set(true);
    call.poll(&mut Context::from_waker(Waker::noop()))
}

/// The runtime that calls go on in: the broker's, else that of this thread.
pub(crate) fn runtime_for(orb: Option<&Orb>) -> Option<Handle> {
    orb.map(|orb| orb.shared.runtime.clone()).or_else(|| Handle::try_current().ok())
}

fn refused() -> SystemException {
    SystemException::new(ExceptionKind::BadInvOrder, Minor::BLOCKING_ON_ASYNC_THREAD, Completion::No)
}

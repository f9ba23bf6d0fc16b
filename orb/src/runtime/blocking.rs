//! Calls from threads without tokio.

use std::future::Future;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::Orb;
use crate::exception::{Completion, ExceptionKind, Fault, Minor, SystemException};

/// Runs the future of a call on this thread until it ends.
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
            tokio::task::block_in_place(|| runtime.unwrap_or(&here).block_on(call))
        }
        (Some(runtime), Some(_)) if !orb.is_some_and(Orb::is_driven_by_this_thread) => runtime.block_on(call),
        (_, Some(_)) => Err(refused().into()),
        (Some(runtime), None) => runtime.block_on(call),
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

/// The runtime that calls go on in: the broker's, else that of this thread.
pub(crate) fn runtime_for(orb: Option<&Orb>) -> Option<Handle> {
    orb.map(|orb| orb.shared.runtime.clone()).or_else(|| Handle::try_current().ok())
}

fn refused() -> SystemException {
    SystemException::new(ExceptionKind::BadInvOrder, Minor::BLOCKING_ON_ASYNC_THREAD, Completion::No)
}

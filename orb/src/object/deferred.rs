//! Calls that are sent now and collected later.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::task::AbortHandle;

use super::ObjectRef;
use super::dynamic::DynamicException;
use crate::exception::{Completion, ExceptionKind, Fault, Minor, SystemException};
use crate::model::{InterfaceDesc, OperationDesc};
use crate::runtime::{Orb, block_on_call, runtime_for};

/// A call that is under way; made by the methods of `proxy.deferred()`.
///
/// The future of an ordinary call does nothing before it is awaited. A deferred call has been sent, or stands in line for
/// its connection, when the method returns; its end is collected by awaiting it, by [`try_take`](Deferred::try_take), or by
/// [`wait`](Deferred::wait) on a thread without tokio. It keeps the deadline, the retries, and the chain that it was made with.
///
/// Dropping it before its end cancels the call, as dropping the future of an ordinary one does: a query, or an update that
/// has not started, is dropped; a started update runs to its end unless it is declared `#[cancellable]`.
/// [`detach`](Deferred::detach) lets it go on.
#[must_use = "dropping a deferred call cancels it: await it, or detach it"]
pub struct Deferred<T, E = Infallible> {
    state: State<T, E>,
    orb: Option<Orb>,
}

enum State<T, E> {
    /// It ended where it was made. None once that has been collected.
    Ended(Option<Box<Result<T, Fault<E>>>>),
    /// It goes on in a task.
    UnderWay { end: oneshot::Receiver<Result<T, Fault<E>>>, task: AbortHandle },
}

impl ObjectRef {
    /// Sends a call now, to be collected later: what `deferred()` of generated proxies does, for calls that are made of
    /// several, or that have no generated method.
    ///
    /// ```
    /// # use quorb::{Proxy, interface};
    /// # #[interface] trait Grid { fn get(&self, n: i16) -> i32; }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let grid = GridProxy::mock(|call| call.reply(&7));
    /// let other = grid.clone();
    /// let sum = grid.object().defer(async move { Ok::<_, quorb::Fault>(other.get(1).await? + other.get(2).await?) });
    /// assert_eq!(sum.await.unwrap(), 14);
    /// # }
    /// ```
    pub fn defer<T, E>(
        &self,
        call: impl Future<Output = Result<T, Fault<E>>> + Send + 'static,
    ) -> Deferred<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let orb = self.orb().cloned();
        let Some(runtime) = runtime_for(orb.as_ref()) else {
            // A proxy without a broker on a thread without tokio: there is nobody who could go on with it.
            let end = block_on_call(None, call);
            return Deferred { state: State::Ended(Some(Box::new(end))), orb };
        };
        let mut call = Box::pin(call);
        // The first step is made here: on an open connection it sends the request, and it takes deadline and chain from the
        // call that is being served here. Whatever it waits for will wake the task that goes on with it.
        let first = {
            let _entered = runtime.enter();
            call.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()))
        };
        let state = match first {
            Poll::Ready(end) => State::Ended(Some(Box::new(end))),
            Poll::Pending => {
                let (sender, end) = oneshot::channel();
                let task = runtime.spawn(async move {
                    // Whoever dropped the other end does not want it.
                    let _ = sender.send(call.await);
                });
                State::UnderWay { end, task: task.abort_handle() }
            }
        };
        Deferred { state, orb }
    }

    /// [`call_dynamic`](ObjectRef::call_dynamic), sent now and collected later.
    pub fn call_dynamic_deferred(
        &self,
        interface: &Arc<InterfaceDesc>,
        operation: &OperationDesc,
        arguments: Vec<ciborium::Value>,
    ) -> Deferred<Vec<ciborium::Value>, DynamicException> {
        let (object, interface, operation) = (self.clone(), interface.clone(), operation.clone());
        self.defer(async move { object.call_dynamic(&interface, &operation, &arguments).await })
    }
}

impl<T, E> Deferred<T, E> {
    /// The end of the call, if it has come and has not been collected. Never waits.
    pub fn try_take(&mut self) -> Option<Result<T, Fault<E>>> {
        let end = match &mut self.state {
            State::Ended(end) => return end.take().map(|end| *end),
            State::UnderWay { end, .. } => match end.try_recv() {
                Ok(end) => end,
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Closed) => Err(stopped().into()),
            },
        };
        self.state = State::Ended(None);
        Some(end)
    }

    /// Lets the call go on, and its end go unnoticed.
    pub fn detach(mut self) {
        self.state = State::Ended(None);
    }

    /// Waits on this thread for the end of the call: for threads that no asynchronous runtime drives.
    ///
    /// # Errors
    /// Those of the call; BAD_INV_ORDER on a thread that drives asynchronous tasks, which must not be blocked.
    ///
    /// # Panics
    /// The end has been taken by [`try_take`](Deferred::try_take).
    pub fn wait(self) -> Result<T, Fault<E>> {
        let orb = self.orb.clone();
        block_on_call(orb.as_ref(), self)
    }
}

impl<T, E> Future for Deferred<T, E> {
    type Output = Result<T, Fault<E>>;

    /// Cancellation safe, as long as the value itself is kept: `&mut deferred` can be awaited again.
    ///
    /// # Panics
    /// The end has been collected before.
    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let end = match &mut self.state {
            State::Ended(end) => return Poll::Ready(*end.take().expect("a call ends once")),
            State::UnderWay { end, .. } => match Pin::new(end).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(end) => end.unwrap_or_else(|_| Err(stopped().into())),
            },
        };
        self.state = State::Ended(None);
        Poll::Ready(end)
    }
}

/// Nothing in it is pinned: the call has its own place on the heap.
impl<T, E> Unpin for Deferred<T, E> {}

impl<T, E> Drop for Deferred<T, E> {
    fn drop(&mut self) {
        if let State::UnderWay { task, .. } = &self.state {
            task.abort();
        }
    }
}

impl<T, E> fmt::Debug for Deferred<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.state {
            State::Ended(Some(_)) => "Deferred(ended)",
            State::Ended(None) => "Deferred(collected)",
            State::UnderWay { .. } => "Deferred(under way)",
        })
    }
}

/// The task of the call was ended by somebody else: its runtime is gone.
fn stopped() -> SystemException {
    SystemException::new(ExceptionKind::BadInvOrder, Minor::BROKER_STOPPED, Completion::Maybe)
        .because("the runtime that the call went on in has ended")
}

//! Running an invocation: built-in operations, panics, cancellation, the ambient context.

use std::any::Any;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use super::{BoxFuture, Context, Dispatch, Invocation, Reply, Servant, answer_builtin};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};

/// Hands an invocation to a servant: what a servant does that hands its calls on to another one. What that one does at once
/// has been done on return. Operations that every object has are answered, and panics are caught.
pub fn dispatch(servant: Arc<dyn Servant>, call: Invocation) -> Dispatch {
    call.context().clone().scope_now(|| dispatch_within(servant, call))
}

/// As [`dispatch`], on a task that executes the call already.
pub(crate) fn dispatch_within(servant: Arc<dyn Servant>, call: Invocation) -> Dispatch {
    if let Some(answered) = answer_builtin(&*servant, &call) {
        return answered;
    }
    let context = call.context().clone();
    let run = || servant.dispatch(call);
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Dispatch::Done(panicked(&context, panic)))
}

/// Runs an invocation to its end, as [`dispatch`] begins it. Calls that the servant makes belong to the chain of this one.
pub async fn execute(servant: Arc<dyn Servant>, call: Invocation) -> Reply {
    let context = call.context().clone();
    match dispatch(servant, call) {
        Dispatch::Done(reply) => reply,
        Dispatch::Pending(future) => context.scope(run_to_end(&context, future)).await,
    }
}

/// Drives a pending invocation to its reply; `None` once its caller has given up and it may be stopped.
///
/// Dropping the future abandons the invocation where it stands.
pub(crate) async fn drive(context: Context, future: BoxFuture<'static, Reply>) -> Option<Reply> {
    let run = context.scope(run_to_end(&context, future));
    tokio::select! {
        biased;
        reply = run => Some(reply),
        () = stopped(&context) => None,
    }
}

/// Drives a pending invocation to its reply. A panic becomes the reply.
pub(crate) async fn run_to_end(context: &Context, mut future: BoxFuture<'static, Reply>) -> Reply {
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled,
        Err(panic) => Poll::Ready(panicked(context, panic)),
    })
    .await
}

/// Ends when the invocation should be dropped where it stands: its caller gave up before it had started something that
/// must not be cut short.
async fn stopped(context: &Context) {
    context.cancelled().await;
    if !context.0.should_stop() {
        pending::<()>().await;
    }
}

pub(crate) fn panicked(context: &Context, panic: Box<dyn Any + Send>) -> Reply {
    Reply::system(fault_of_panic(context, panic))
}

/// Reports a panic; what its caller gets to know of it.
pub(crate) fn fault_of_panic(context: &Context, panic: Box<dyn Any + Send>) -> SystemException {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message");
    tracing::error!(
        operation = context.operation(),
        peer = %context.peer(),
        chain = %context.chain(),
        message,
        "a servant panicked"
    );
    // The message stays here: it may say more about the server than a caller should know.
    SystemException::new(ExceptionKind::Unknown, Minor::SERVANT_PANICKED, Completion::Maybe)
        .at(Stage::Executing)
        .in_operation(context.operation())
}

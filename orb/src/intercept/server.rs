//! The serving side: around the dispatch to a servant.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use bytes::Bytes;

use crate::adapter::{
    BoxFuture, Context, Dispatch, Invocation, Reply, Servant, dispatch, dispatch_within, run_to_end,
};
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::model::{Interface, Operation};
use crate::proto::head::TraceContext;
use crate::runtime::Orb;
use crate::value::{Body, Encoding};

/// Code around the calls that a broker serves.
///
/// ```
/// use quorb::Reply;
/// use quorb::intercept::{ServerCall, ServerInterceptor, ServerNext};
/// use quorb::{Completion, ExceptionKind, Minor, SystemException};
///
/// /// Only callers on this machine are served.
/// struct LocalOnly;
///
/// impl ServerInterceptor for LocalOnly {
///     async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
///         let address = &call.context().peer().address;
///         if address.is_empty() || address.starts_with("127.0.0.1:") || !address.contains(':') {
///             return next.run(call).await;
///         }
///         call.refuse(SystemException::new(ExceptionKind::NoPermission, Minor::UNSPECIFIED, Completion::No))
///     }
/// }
/// # let builder = quorb::Orb::builder().intercept_service(LocalOnly);
/// ```
///
/// It stands between the connection and the servant: behind the look-up of the object and behind at-most-once execution, so
/// that a repeated request that is answered from memory does not pass through it again. Calls from this process pass
/// through it, too; their peer's protocol is [`Collocated`](crate::adapter::Protocol::Collocated).
pub trait ServerInterceptor: Send + Sync + 'static {
    /// Serves the call, or answers without serving it. While the future does not wait, it runs on the task of the
    /// connection. It is dropped when the caller gives up before the servant's method has begun.
    ///
    /// A refusal whose completion is No lets the caller, or its broker, ask again.
    fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> impl Future<Output = Reply> + Send;
}

impl<T: ServerInterceptor> ServerInterceptor for Arc<T> {
    fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> impl Future<Output = Reply> + Send {
        T::serve(self, call, next)
    }
}

/// A call on its way to a servant.
pub struct ServerCall {
    orb: Orb,
    context: Context,
    servant: Arc<dyn Servant>,
    /// None once it was handed to the servant.
    invocation: Option<Invocation>,
    request_bytes: usize,
}

/// The rest of the way of a call: the interceptors further in, and at the end the servant. It is run at most once.
pub struct ServerNext<'a> {
    inner: &'a [Arc<dyn AnyServerInterceptor>],
}

impl ServerNext<'_> {
    /// Goes on with the call to its end. A panic of the servant has become UNKNOWN.
    pub async fn run(self, call: &mut ServerCall) -> Reply {
        match self.inner.split_first() {
            Some((first, inner)) => first.serve_boxed(call, ServerNext { inner }).await,
            None => call.execute().await,
        }
    }
}

impl ServerCall {
    async fn execute(&mut self) -> Reply {
        // An interceptor might run the rest of another call's way with this one.
        let Some(invocation) = self.invocation.take() else {
            return self.refuse(served_already());
        };
        match dispatch_within(self.servant.clone(), invocation) {
            Dispatch::Done(reply) => reply,
            Dispatch::Pending(future) => run_to_end(&self.context, future).await,
        }
    }

    /// The circumstances of the call: peer, object, deadline, chain, identity, service contexts.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The most derived interface of the object.
    pub fn interface(&self) -> &'static Interface {
        self.servant.interface()
    }

    /// The operation's name on the wire: `get`, `_get_height`, `_is_a`. It is the caller's word: the object may have no such
    /// operation.
    pub fn operation(&self) -> &str {
        self.context.operation()
    }

    /// The operation, as the interface declares it; none for operations that every object has, and for unknown ones.
    pub fn declared(&self) -> Option<&'static Operation> {
        self.servant.interface().operation(self.operation())
    }

    /// The undecoded arguments; none once the servant has them.
    pub fn arguments(&self) -> Option<&Body> {
        self.invocation.as_ref().map(Invocation::arguments)
    }

    /// How to read the body of the reply, which is in the format of the request.
    pub(super) fn reply_reader(&self) -> impl Fn(&Bytes) -> Body + use<> {
        let encoding = self.invocation.as_ref().map(Invocation::reply_encoding);
        move |octets| match encoding {
            Some(Encoding::Cdr { profile, origin }) => Body::written(octets.clone(), profile, origin),
            Some(Encoding::Cbor) | None => Body::Cbor(octets.clone()),
        }
    }

    /// Octets of the encoded arguments.
    pub fn request_bytes(&self) -> usize {
        self.request_bytes
    }

    /// The octets of the service context with this id that came with the request.
    pub fn request_context(&self, id: u32) -> Option<&Bytes> {
        self.context.service_context(id)
    }

    /// From now on the call is a span of its own: what its servant calls has this trace context as its parent. Only the
    /// first time counts. Answers whether it was that.
    pub fn serve_as(&self, span: TraceContext) -> bool {
        self.context.0.serving.set(span).is_ok()
    }

    /// A number that nobody can foresee, as trace ids and samplers need it.
    pub fn random(&self) -> u64 {
        self.orb.random()
    }

    /// The reply that raises a system exception.
    pub fn refuse(&self, exception: SystemException) -> Reply {
        Reply::system(exception.in_operation(self.operation()))
    }
}

impl fmt::Debug for ServerCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCall").field("context", &self.context).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerNext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerNext").field("interceptors", &self.inner.len()).finish()
    }
}

fn served_already() -> SystemException {
    SystemException::new(ExceptionKind::Internal, Minor::UNSPECIFIED, Completion::Maybe)
        .because("an interceptor ran a call twice")
}

/// A server interceptor whose type is forgotten.
pub(super) trait AnyServerInterceptor: Send + Sync {
    fn serve_boxed<'a>(&'a self, call: &'a mut ServerCall, next: ServerNext<'a>) -> BoxFuture<'a, Reply>;

    /// Serves the call as the outermost of a chain.
    fn serve_first(self: Arc<Self>, call: ServerCall, chain: ServerChain) -> BoxFuture<'static, Reply>;
}

impl<T: ServerInterceptor> AnyServerInterceptor for T {
    fn serve_boxed<'a>(&'a self, call: &'a mut ServerCall, next: ServerNext<'a>) -> BoxFuture<'a, Reply> {
        Box::pin(self.serve(call, next))
    }

    fn serve_first(self: Arc<Self>, mut call: ServerCall, chain: ServerChain) -> BoxFuture<'static, Reply> {
        Box::pin(async move { self.serve(&mut call, ServerNext { inner: &chain.0[1..] }).await })
    }
}

/// The server interceptors of a broker, outermost first.
#[derive(Clone, Default)]
pub(crate) struct ServerChain(Arc<Vec<Arc<dyn AnyServerInterceptor>>>);

impl ServerChain {
    pub(crate) fn push(&mut self, interceptor: impl ServerInterceptor) {
        Arc::make_mut(&mut self.0).push(Arc::new(interceptor));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hands an invocation through the interceptors to a servant. What they and the servant do at once has been done on
    /// return.
    pub(crate) fn dispatch(&self, orb: &Orb, servant: Arc<dyn Servant>, invocation: Invocation) -> Dispatch {
        let Some(first) = self.0.first() else { return dispatch(servant, invocation) };
        let context = invocation.context().clone();
        let request_bytes = invocation.arguments().len();
        let call = ServerCall {
            orb: orb.clone(),
            context: context.clone(),
            servant,
            invocation: Some(invocation),
            request_bytes,
        };
        let mut future = first.clone().serve_first(call, self.clone());
        if context.stands_high() {
            return Dispatch::Pending(future);
        }
        // Whoever drives it further polls it again first, and so registers a waker that wakes.
        let mut nobody = TaskContext::from_waker(Waker::noop());
        let poll = || context.scope_now(|| future.as_mut().poll(&mut nobody));
        match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(Poll::Ready(reply)) => Dispatch::Done(reply),
            Ok(Poll::Pending) => Dispatch::Pending(future),
            Err(panic) => Dispatch::Done(crate::adapter::panicked(&context, panic)),
        }
    }
}

impl fmt::Debug for ServerChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerChain").field(&self.0.len()).finish()
    }
}

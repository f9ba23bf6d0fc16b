//! The calling side: around the whole logical call.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{AttemptReport, ClientReply, Passage};
use crate::adapter::{BoxFuture, Context, Peer};
use crate::exception::{Completion, SystemException};
use crate::model::{Behaviour, Interface};
use crate::object::Request;
use crate::proto::head::{ServiceContext, TraceContext};
use crate::runtime::Route;
use crate::value::BodyWriter;

/// Code around the calls that a broker makes.
///
/// ```
/// use quorb::SystemException;
/// use quorb::intercept::{ClientCall, ClientInterceptor, ClientNext, ClientReply};
///
/// struct Log;
///
/// impl ClientInterceptor for Log {
///     async fn call(&self, call: &mut ClientCall<'_>, next: ClientNext<'_>) -> Result<ClientReply, SystemException> {
///         let reply = next.run(call).await;
///         println!("{} took {} attempts", call.operation(), call.attempts_made());
///         reply
///     }
/// }
/// # let builder = quorb::Orb::builder().intercept_calls(Log);
/// ```
///
/// It sees the logical call: deadlines, retries and forwards happen inside of `next`. Calls on objects of the same broker
/// pass through it, too. References without a broker (mocks, local proxies) have no interceptors.
pub trait ClientInterceptor: Send + Sync + 'static {
    /// Makes the call, or answers without making it. The future is dropped when the caller gives up, so that what must
    /// happen at the end of every call belongs into a value that is dropped with it.
    fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> impl Future<Output = Result<ClientReply, SystemException>> + Send;

    /// Whether it wants to see the attempts of calls: then each is timed and reported, to all interceptors of the broker.
    /// Asked once, when it is registered.
    fn watches_attempts(&self) -> bool {
        false
    }

    /// Sees each attempt of a call that it has passed on, when the attempt has ended, if any interceptor of the broker
    /// [watches](ClientInterceptor::watches_attempts) them. Must not block.
    fn attempted(&self, operation: &str, attempt: &AttemptReport) {
        let _ = (operation, attempt);
    }
}

impl<T: ClientInterceptor> ClientInterceptor for Arc<T> {
    fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> impl Future<Output = Result<ClientReply, SystemException>> + Send {
        T::call(self, call, next)
    }

    fn watches_attempts(&self) -> bool {
        T::watches_attempts(self)
    }

    fn attempted(&self, operation: &str, attempt: &AttemptReport) {
        T::attempted(self, operation, attempt);
    }
}

/// A call on its way out.
pub struct ClientCall<'a> {
    route: &'a Route,
    request: &'a Request<'a>,
    parent: Option<&'a Context>,
    passage: Passage<'a>,
}

/// The rest of the way of a call: the interceptors further in, and at the end the broker.
///
/// It may be run more than once, which makes as many calls: each with an identity of its own, so that an update may be
/// executed as often.
#[derive(Clone, Copy)]
pub struct ClientNext<'a> {
    inner: &'a [Arc<dyn AnyClientInterceptor>],
}

impl ClientNext<'_> {
    /// Goes on with the call to its end.
    ///
    /// # Errors
    /// Whatever a call may raise. Cancellation safe in the sense of calls: dropping the future cancels the call.
    pub async fn run(self, call: &mut ClientCall<'_>) -> Result<ClientReply, SystemException> {
        match self.inner.split_first() {
            Some((first, inner)) => first.call_boxed(call, ClientNext { inner }).await,
            None => call.make().await,
        }
    }
}

impl<'a> ClientCall<'a> {
    /// Makes the call itself.
    async fn make(&mut self) -> Result<ClientReply, SystemException> {
        self.passage.begin();
        let request = Request {
            interface: self.request.interface,
            operation: self.request.operation.clone(),
            behaviour: self.request.behaviour,
            as_cbor: self.request.as_cbor,
            write: self.request.write,
            time_limit: self.request.time_limit,
            deadline: self.passage.deadline,
            may_block: false,
            at_once: self.request.at_once,
            passage: Some(&self.passage),
            activity: self.request.activity.clone(),
        };
        // In a box, so that the futures of all interceptors around stay small.
        let answer = match self.route.leads_here() {
            true => Box::pin(self.route.call(&request, self.parent)).await?,
            // A smaller box, which the allocator has at hand.
            false => Box::pin(self.route.call_elsewhere(&request, self.parent)).await?,
        };
        Ok(ClientReply::new(answer, self.passage.take_reply_contexts()))
    }

    /// The interface of the proxy; none for operations that every object has, and for dynamic calls.
    pub fn interface(&self) -> Option<&'static Interface> {
        self.request.interface
    }

    /// The operation's name on the wire: `get`, `_get_height`.
    pub fn operation(&self) -> &str {
        self.request.operation.as_str()
    }

    /// What the operation is declared to be.
    pub fn behaviour(&self) -> &Behaviour {
        &self.request.behaviour
    }

    /// The key of the object, opaque, as the reference has it now; empty if the reference names none.
    pub fn object_key(&self) -> Bytes {
        self.route.object_key()
    }

    /// The reference through which the call is made, as text, without what a server forwarded to. The same object may have
    /// several.
    pub fn reference(&self) -> Arc<quorb_giop::ior::Ior> {
        self.route.reference()
    }

    /// The moment by which the caller wants the reply.
    pub fn deadline(&self) -> Instant {
        self.passage.deadline
    }

    /// Makes the deadline earlier; a later one changes nothing.
    pub fn limit_deadline(&mut self, deadline: Instant) {
        self.passage.deadline = self.passage.deadline.min(deadline);
    }

    /// The time left until the deadline, zero when it has passed.
    pub fn time_left(&self) -> Duration {
        self.passage.deadline.saturating_duration_since(Instant::now())
    }

    /// The call whose servant makes this one; none outside of servants.
    pub fn parent(&self) -> Option<&Context> {
        self.parent
    }

    /// The trace context that the call will carry: that of the calling servant's call unless an interceptor has set another.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.passage.trace.as_ref()
    }

    /// Sets the trace context that the call will carry.
    pub fn set_trace(&mut self, trace: Option<TraceContext>) {
        self.passage.trace = trace;
    }

    /// The service contexts that the call will carry.
    pub fn contexts(&self) -> &[ServiceContext] {
        &self.passage.contexts
    }

    /// Lets the call carry a service context: on IIOP as an entry of the ServiceContextList (CORBA 3.3 Part 2, 9.7), on the
    /// native protocol in the head of the request; collocated calls hand it over. One with the same id is replaced. Ids of
    /// the OMG's contexts that the broker writes itself (code sets, request identity) are ignored on IIOP. The head of a
    /// native request has room for 64 contexts and 64 KiB altogether; a call with more fails with IMP_LIMIT.
    pub fn set_context(&mut self, id: u32, data: impl Into<Bytes>) {
        let contexts = &mut self.passage.contexts;
        contexts.retain(|context| context.id != id);
        contexts.push(ServiceContext { id, data: data.into() });
    }

    /// The arguments as CBOR: an array of values that describe themselves. Encodes them anew for each question.
    ///
    /// # Errors
    /// The exception with which the call would fail if it went over a connection that carries CBOR.
    pub fn arguments(&self) -> Result<Bytes, SystemException> {
        let mut body = BodyWriter::Cbor(Vec::new());
        (self.request.write)(&mut body)
            .map_err(|cause| crate::adapter::unwritable(&cause, Completion::No))?;
        Ok(body.into_bytes().into())
    }

    /// How many attempts of the call there were so far. Those that found no connection do not count.
    pub fn attempts_made(&self) -> u32 {
        self.passage.attempts_made()
    }

    /// Where the last attempt went.
    pub fn last_peer(&self) -> Option<Peer> {
        self.passage.last_peer()
    }

    /// The attempts of the call so far, in order, if an interceptor of the broker
    /// [watches](ClientInterceptor::watches_attempts) them; with a number of them that is bounded by `retry_attempts_max` and
    /// `forwards_max`. Attempts that found no connection are not among them.
    pub fn attempts(&self) -> Vec<AttemptReport> {
        self.passage.attempts()
    }

    /// Octets of the arguments as they were last encoded.
    pub(super) fn request_bytes(&self) -> usize {
        self.passage.request_bytes()
    }

    /// A number that nobody can foresee, as trace ids and samplers need it.
    pub fn random(&self) -> u64 {
        self.route.orb().random()
    }
}

impl fmt::Debug for ClientCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCall")
            .field("operation", &self.operation())
            .field("attempts_made", &self.attempts_made())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientNext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientNext").field("interceptors", &self.inner.len()).finish()
    }
}

/// A client interceptor whose type is forgotten.
pub(super) trait AnyClientInterceptor: Send + Sync {
    fn call_boxed<'a>(
        &'a self,
        call: &'a mut ClientCall<'_>,
        next: ClientNext<'a>,
    ) -> BoxFuture<'a, Result<ClientReply, SystemException>>;

    fn attempted_any(&self, operation: &str, attempt: &AttemptReport);
}

impl<T: ClientInterceptor> AnyClientInterceptor for T {
    fn call_boxed<'a>(
        &'a self,
        call: &'a mut ClientCall<'_>,
        next: ClientNext<'a>,
    ) -> BoxFuture<'a, Result<ClientReply, SystemException>> {
        Box::pin(self.call(call, next))
    }

    fn attempted_any(&self, operation: &str, attempt: &AttemptReport) {
        self.attempted(operation, attempt);
    }
}

/// The client interceptors of a broker, outermost first.
#[derive(Clone, Default)]
pub(crate) struct ClientChain {
    interceptors: Vec<Arc<dyn AnyClientInterceptor>>,
    watches_attempts: bool,
}

impl ClientChain {
    pub(crate) fn push(&mut self, interceptor: impl ClientInterceptor) {
        self.watches_attempts |= interceptor.watches_attempts();
        self.interceptors.push(Arc::new(interceptor));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.interceptors.is_empty()
    }

    /// Whether any of them wants to see attempts.
    pub(super) fn watches_attempts(&self) -> bool {
        self.watches_attempts
    }

    /// Every interceptor sees the attempt.
    pub(super) fn attempted(&self, operation: &str, attempt: &AttemptReport) {
        self.interceptors.iter().for_each(|interceptor| interceptor.attempted_any(operation, attempt));
    }

    /// Makes a call through all of them.
    pub(crate) async fn call(
        &self,
        route: &Route,
        request: &Request<'_>,
        parent: Option<&Context>,
    ) -> Result<ClientReply, SystemException> {
        let trace = parent.and_then(|parent| parent.trace().cloned());
        let passage = Passage::new(self, request.operation.as_str(), trace, request.deadline);
        let mut call = ClientCall { route, request, parent, passage };
        ClientNext { inner: &self.interceptors }.run(&mut call).await
    }
}

impl fmt::Debug for ClientChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientChain").field(&self.interceptors.len()).finish()
    }
}

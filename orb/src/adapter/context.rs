//! The circumstances of a call, as its servant sees them.

use std::any::{Any, TypeId};
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Notify;

use super::names::UpdateNames;
use super::running::{CURRENT, Running};
use crate::model::{Behaviour, Kind, Operation};
use crate::proto::head::{
    ChainId, RequestHead, RequestIdentity, ResponseExpected, ServiceContext, TraceContext,
};
use crate::runtime::Orb;

/// The protocol a call arrived by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// The native protocol.
    Native,
    /// GIOP over TCP or a Unix socket.
    Iiop,
    /// No connection: caller and object share the process.
    Collocated,
}

/// The other end of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The protocol.
    pub protocol: Protocol,
    /// The address of the other end as text; empty for collocated calls.
    pub address: Arc<str>,
}

impl Peer {
    /// The other end of a call that stays in this process.
    pub(crate) fn collocated() -> Peer {
        static NOWHERE: LazyLock<Arc<str>> = LazyLock::new(|| "".into());
        Peer { protocol: Protocol::Collocated, address: NOWHERE.clone() }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Protocol::Native => write!(f, "native {}", self.address),
            Protocol::Iiop => write!(f, "iiop {}", self.address),
            Protocol::Collocated => f.write_str("collocated"),
        }
    }
}

/// The circumstances of a call: who calls, how long it may take, which chain of calls it belongs to.
///
/// A servant's method gets it by declaring a first parameter `cx: &Context`, which is not on the wire. Calls that the
/// method makes through proxies inherit deadline and chain by themselves, as long as they are made on the method's own
/// task; [`Context::scope`] carries them into a spawned one. Cloning is cheap; a clone outlives the call harmlessly.
#[derive(Clone)]
pub struct Context(pub(crate) Arc<CallState>);

/// Calls of one chain that are polled inside one another.
const CALLS_ON_STACK_MAX: u32 = 8;

/// A value that an interceptor has attached to a call.
type Attached = Arc<dyn Any + Send + Sync>;

/// What stands behind a [`Context`].
pub(crate) struct CallState {
    pub(crate) peer: Peer,
    pub(crate) object_key: Bytes,
    pub(crate) operation: Bytes,
    /// The operation as the object's interface declares it, where that has been looked up.
    pub(crate) declared: Option<&'static Operation>,
    /// Whether anybody sees the results.
    pub(crate) has_audience: bool,
    pub(crate) deadline: Option<Instant>,
    /// The broker that serves it: references among the arguments are bound to it, whenever they are read.
    pub(crate) orb: Option<Orb>,
    pub(crate) chain: ChainId,
    /// Calls of the chain that wait for this one.
    pub(crate) depth: u32,
    pub(crate) identity: Option<RequestIdentity>,
    /// What the client has said of its earlier requests.
    pub(crate) acknowledged_below: u64,
    /// The request has been sent before.
    pub(crate) is_repeated: bool,
    /// The version of the endpoint set that the client holds; 0 for none.
    pub(crate) endpoint_set_version: u64,
    /// Why the servant may call nobody.
    pub(crate) calls_refused: Option<&'static str>,
    /// How the updates that the servant makes are named; else each gets a fresh name.
    pub(crate) names: OnceLock<Arc<UpdateNames>>,
    pub(crate) trace: Option<TraceContext>,
    /// The span that the call is here, once an interceptor has said so.
    pub(crate) serving: OnceLock<TraceContext>,
    pub(crate) contexts: Vec<ServiceContext>,
    /// What interceptors have attached, by type. The lock is held for a look or an insertion.
    attached: Mutex<Vec<(TypeId, Attached)>>,
    cancelled: AtomicBool,
    /// Once set, a cancellation no longer stops the call.
    unstoppable: AtomicBool,
    cancellation: Notify,
}

impl CallState {
    pub(crate) fn new(peer: Peer, object_key: Bytes, operation: Bytes, chain: ChainId) -> CallState {
        CallState {
            peer,
            object_key,
            operation,
            declared: None,
            has_audience: true,
            deadline: None,
            orb: None,
            chain,
            depth: 0,
            identity: None,
            acknowledged_below: 0,
            is_repeated: false,
            endpoint_set_version: 0,
            calls_refused: None,
            names: OnceLock::new(),
            trace: None,
            serving: OnceLock::new(),
            contexts: Vec::new(),
            attached: Mutex::new(Vec::new()),
            cancelled: AtomicBool::new(false),
            unstoppable: AtomicBool::new(false),
            cancellation: Notify::new(),
        }
    }

    /// That of a call that has come over a connection. It is large, and so made where it stays.
    pub(crate) fn of_request(
        orb: &Orb,
        peer: Peer,
        head: Box<RequestHead>,
        chain: ChainId,
        deadline: Option<Instant>,
        declared: Option<&'static Operation>,
    ) -> Arc<CallState> {
        Arc::new(CallState {
            peer,
            object_key: head.object_key.0,
            operation: head.operation.into_bytes(),
            declared,
            has_audience: head.response == ResponseExpected::Yes || !orb.server_chain().is_empty(),
            deadline,
            orb: Some(orb.clone()),
            chain,
            depth: head.depth,
            identity: head.identity,
            acknowledged_below: head.acknowledged_below,
            is_repeated: head.retry_of_server.is_some(),
            endpoint_set_version: head.endpoint_set_version,
            calls_refused: None,
            names: OnceLock::new(),
            trace: head.trace,
            serving: OnceLock::new(),
            contexts: head.contexts,
            attached: Mutex::new(Vec::new()),
            cancelled: AtomicBool::new(false),
            unstoppable: AtomicBool::new(false),
            cancellation: Notify::new(),
        })
    }

    /// Notes that the caller gave up.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.cancellation.notify_waiters();
    }

    /// Notes that the servant's method starts now. An update that has started runs to its end even if its caller gives up,
    /// unless it is declared `#[cancellable]`.
    pub(crate) fn start(&self, behaviour: &Behaviour) {
        if behaviour.kind != Kind::Query && !behaviour.cancellable {
            self.unstoppable.store(true, Ordering::Release);
        }
    }

    /// Whether the call should be dropped where it stands.
    pub(crate) fn should_stop(&self) -> bool {
        self.cancelled.load(Ordering::Acquire) && !self.unstoppable.load(Ordering::Acquire)
    }
}

impl Context {
    /// The context of the call that the current task or thread executes; `None` outside of servants.
    pub fn current() -> Option<Context> {
        CURRENT.try_with(Running::context).ok()
    }

    /// Runs `future` as part of this call: calls it makes inherit deadline and chain.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(Running::Given(self.clone()), future)
    }

    /// Runs `work` on this thread as part of this call.
    pub(crate) fn scope_now<R>(&self, work: impl FnOnce() -> R) -> R {
        CURRENT.sync_scope(Running::Given(self.clone()), work)
    }

    /// Who calls.
    pub fn peer(&self) -> &Peer {
        &self.0.peer
    }

    /// The key of the object.
    pub fn object_key(&self) -> &[u8] {
        &self.0.object_key
    }

    /// The operation's name on the wire.
    pub fn operation(&self) -> &str {
        match self.0.declared {
            Some(operation) => operation.name,
            None => std::str::from_utf8(&self.0.operation).unwrap_or("?"),
        }
    }

    /// The moment by which the caller wants the reply.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// The time left until the deadline, zero when it has passed.
    pub fn time_left(&self) -> Option<Duration> {
        self.0.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The chain of calls that this call belongs to.
    pub fn chain(&self) -> ChainId {
        self.0.chain
    }

    /// Calls of the chain that wait for this one: 0 if its caller is no servant. Calls deeper than
    /// [`call_depth_max`](crate::Limits::call_depth_max) are refused.
    pub fn depth(&self) -> u32 {
        self.0.depth
    }

    /// Whether the call stands on the stack of so many others of its chain that it must not be polled there: collocated
    /// calls are polled inside one another, and every so many-th goes on in a task of its own.
    pub(crate) fn stands_high(&self) -> bool {
        let depth = self.depth().saturating_add(1);
        self.0.peer.protocol == Protocol::Collocated && depth.is_multiple_of(CALLS_ON_STACK_MAX)
    }

    /// The identity of the request, where the caller gave one: the same for every repetition.
    pub fn identity(&self) -> Option<RequestIdentity> {
        self.0.identity
    }

    /// Every update of this client's life with a lower sequence has its answer, and is not asked for again.
    pub fn acknowledged_below(&self) -> u64 {
        self.0.acknowledged_below
    }

    /// Whether the client says that it has sent the request before, perhaps to another server.
    pub fn is_repeated(&self) -> bool {
        self.0.is_repeated
    }

    /// The version of the object's endpoint set that the client holds: it has been answered by a server of that version, or of an
    /// earlier one. 0 where the client says none.
    pub fn endpoint_set_version(&self) -> u64 {
        self.0.endpoint_set_version
    }

    /// Has the updates that the servant makes named so, and not by fresh names. Only the first time counts.
    pub fn name_updates(&self, names: Arc<UpdateNames>) {
        // Whoever was first has named some already.
        let _ = self.0.names.set(names);
    }

    pub(crate) fn update_names(&self) -> Option<&Arc<UpdateNames>> {
        self.0.names.get()
    }

    /// A context in which all updates are one request, on behalf of the call that is executed here, if one is.
    pub(crate) fn of_one_request(orb: &Orb) -> Context {
        let parent = Context::current();
        let parent = parent.as_ref();
        let chain = parent.map_or_else(|| ChainId::starting_with(&orb.next_identity()), Context::chain);
        let mut state = CallState::new(Peer::collocated(), Bytes::new(), Bytes::new(), chain);
        state.deadline = parent.and_then(Context::deadline);
        state.depth = parent.map_or(0, Context::depth);
        state.calls_refused = parent.and_then(Context::calls_refused);
        state.trace = parent.and_then(|parent| parent.trace().cloned());
        let context = Context(Arc::new(state));
        context.name_updates(Arc::new(UpdateNames::same(orb)));
        context
    }

    /// A context for work that nobody has called for: what a timer does. Calls that are made in its
    /// [`scope`](Context::scope) belong to the chain; if `calls_refused` gives a reason, none may be made.
    pub fn of_work(
        orb: &Orb,
        what: &'static str,
        chain: ChainId,
        calls_refused: Option<&'static str>,
    ) -> Context {
        let mut state =
            CallState::new(Peer::collocated(), Bytes::new(), Bytes::from_static(what.as_bytes()), chain);
        state.calls_refused = calls_refused;
        state.orb = Some(orb.clone());
        Context(Arc::new(state))
    }

    /// Why the servant may call nobody, if it may not.
    pub fn calls_refused(&self) -> Option<&'static str> {
        self.0.calls_refused
    }

    /// The W3C trace context that calls made by the servant have as their parent: the span that an interceptor has opened
    /// for this call, else what the caller gave.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.0.serving.get().or(self.0.trace.as_ref())
    }

    /// The W3C trace context that the caller gave.
    pub fn callers_trace(&self) -> Option<&TraceContext> {
        self.0.trace.as_ref()
    }

    /// The octets of the service context with this id that came with the request.
    pub fn service_context(&self, id: u32) -> Option<&Bytes> {
        self.service_contexts().iter().find(|context| context.id == id).map(|context| &context.data)
    }

    /// The service contexts that came with the request, but for those that the broker reads itself.
    pub fn service_contexts(&self) -> &[ServiceContext] {
        &self.0.contexts
    }

    /// Attaches a value for those that see this call after: an interceptor leaves what it has found out (a principal, a
    /// transaction), the servant reads it with [`attached`](Context::attached), and so does a client interceptor from
    /// [`ClientCall::parent`](crate::intercept::ClientCall::parent). A value of the same type is replaced.
    pub fn attach<T: Any + Send + Sync>(&self, value: Arc<T>) {
        let mut attached = self.0.attached.lock().unwrap_or_else(PoisonError::into_inner);
        attached.retain(|(id, _)| *id != TypeId::of::<T>());
        attached.push((TypeId::of::<T>(), value));
    }

    /// The value of this type that was attached to the call.
    pub fn attached<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let attached = self.0.attached.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, value) = attached.iter().find(|(id, _)| *id == TypeId::of::<T>())?;
        value.clone().downcast().ok()
    }

    /// Whether the caller has given up.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Waits until the caller gives up; for ever if it never does. Cancellation safe.
    pub async fn cancelled(&self) {
        loop {
            let notified = self.0.cancellation.notified();
            if self.is_cancelled() {
                return;
            }
            notified.await;
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("peer", &self.0.peer)
            .field("operation", &self.operation())
            .field("chain", &self.0.chain)
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}

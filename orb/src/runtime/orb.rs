//! The broker of a process.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quorb_giop::cdr::Endian;
use quorb_giop::ior::Ior;

use super::budget::Budget;
use super::builder::{OrbBuilder, Preference, Settings};
use super::callers::Callers;
use super::clock::Clock;
use super::driver::Seats;
use super::listen::Listening;
use super::once::Served;
use super::pool::Pool;
use super::profiles;
use super::shutdown::{DrainReport, Lifecycle};
use super::{Address, Connection, Endpoint, Limits};
use crate::adapter::{ActiveObject, ActiveObjects, Adapter, Context, Lookup, ObjectKey, Tie};
use crate::exception::SystemException;
use crate::intercept::{ClientChain, ServerChain};
use crate::object::{LocalTarget, ObjectRef};
use crate::proto::head::{ClientId, RequestIdentity, Time};
use crate::proto::health::{Health, HealthLimits};
use crate::proto::retry::RetryLimits;
use crate::repository::{self, KnownInterfaces};

/// The broker of a process: it serves the objects of its [`Adapter`] and carries calls to objects elsewhere.
///
/// It is made by [`Orb::builder`], inside a tokio runtime of either flavour, or with a runtime of its own by
/// [`OrbBuilder::start_blocking`]. Cloning is cheap and gives the same broker. Dropping the last handle does not stop it:
/// [`Orb::shutdown`] does, or the end of the runtime.
#[derive(Clone)]
pub struct Orb {
    pub(super) shared: Arc<OrbShared>,
}

/// What all handles on a broker share.
pub(crate) struct OrbShared {
    pub(super) settings: Settings,
    pub(super) runtime: tokio::runtime::Handle,
    /// The thread that drives the runtime, if only one does.
    started_on: std::thread::ThreadId,
    pub(super) clock: Clock,
    /// Who this broker is, to peers.
    pub(super) identity: u64,
    /// Which life of it this is: larger is later.
    pub(super) incarnation: u64,
    pub(super) listening: Listening,
    pub(super) served: Served,
    pub(super) pool: Pool,
    pub(super) callers: Callers,
    pub(super) streams_open: Arc<AtomicUsize>,
    pub(super) seats: Seats,
    pub(super) budget: Arc<Budget>,
    /// Which addresses have failed lately. The lock is held for a look or a note.
    pub(super) health: Mutex<Health<Address>>,
    pub(super) lifecycle: Lifecycle,
    objects: ActiveObjects,
    sequence: AtomicU64,
    /// Who makes oneway calls: they are numbered apart, since nobody acknowledges them.
    oneway_identity: u64,
    oneway_sequence: AtomicU64,
    /// The lock is held for an insertion or a look.
    updates: Mutex<Updates>,
    randomness: RandomState,
    draws: AtomicU64,
}

/// The updates that a broker makes, and under which name.
#[derive(Debug)]
struct Updates {
    /// Who makes them. A server that has forgotten us makes us take another name.
    client: ClientId,
    incarnation: u64,
    /// Sequence numbers of those without an answer yet, under whatever name.
    open: BTreeSet<u64>,
}

/// The calls that are open in a broker, for tools and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OpenCalls {
    /// Calls of this broker that wait for their replies.
    pub made: usize,
    /// Calls of others that are under way here, and those that stay in this process.
    pub served: usize,
}

/// An update whose sequence number is open: servers keep its reply as long.
#[derive(Debug)]
pub(crate) struct OpenUpdate {
    orb: Orb,
    sequence: u64,
}

impl Drop for OpenUpdate {
    fn drop(&mut self) {
        self.orb.updates().open.remove(&self.sequence);
    }
}

/// One request for several objects; see [`Orb::one_request`]. Clones are the same request.
#[derive(Debug, Clone)]
pub struct OneRequest(Context);

impl OneRequest {
    /// Makes calls within this request: one update to each object.
    pub fn scope<F: Future>(&self, calls: F) -> impl Future<Output = F::Output> {
        self.0.scope(calls)
    }
}

impl Orb {
    /// Begins the configuration of a broker.
    pub fn builder() -> OrbBuilder {
        OrbBuilder::default()
    }

    /// A broker with default settings that only calls: it listens nowhere.
    ///
    /// # Errors
    /// INITIALIZE outside of a tokio runtime.
    pub async fn client() -> Result<Orb, SystemException> {
        Orb::builder().start().await
    }

    pub(super) fn assemble(settings: Settings, listening: Listening) -> Orb {
        let randomness = RandomState::new();
        let identity = draw(&randomness, u64::MAX);
        let incarnation = microseconds_since_epoch();
        let shared = OrbShared {
            runtime: tokio::runtime::Handle::current(),
            started_on: std::thread::current().id(),
            clock: Clock::new(),
            identity,
            incarnation,
            listening,
            served: Served::new(&settings.limits),
            pool: Pool::default(),
            callers: Callers::default(),
            streams_open: Arc::default(),
            seats: Seats::default(),
            budget: Budget::new(&settings.limits),
            health: Mutex::new(Health::new(HealthLimits {
                rest_first: settings.limits.endpoint_rest_first,
                rest_max: settings.limits.endpoint_rest_max,
                peers_max: RESTING_MAX,
            })),
            lifecycle: if settings.holding { Lifecycle::holding() } else { Lifecycle::default() },
            objects: ActiveObjects::default(),
            sequence: AtomicU64::new(1),
            oneway_identity: draw(&randomness, u64::MAX - 1),
            oneway_sequence: AtomicU64::new(1),
            updates: Mutex::new(Updates { client: ClientId(identity), incarnation, open: BTreeSet::new() }),
            draws: AtomicU64::new(0),
            randomness,
            settings,
        };
        Orb { shared: Arc::new(shared) }
    }

    /// The adapter, where objects are activated.
    pub fn adapter(&self) -> Adapter {
        Adapter::new(self.clone())
    }

    /// Activates the persistent object `id` and returns a proxy on it: short for
    /// [`Adapter::activate_persistent`].
    ///
    /// # Errors
    /// As [`Adapter::activate_persistent`].
    pub fn serve<S: Tie>(&self, id: &str, servant: S) -> Result<S::Proxy, SystemException> {
        self.adapter().activate_persistent(id, servant)
    }

    /// The interface repository: what this broker knows of interfaces and types, as CORBA objects that any program can ask
    /// (`CORBA::Repository`, its reading side; writing is NO_IMPLEMENT). It is also at
    /// `corbaloc::HOST:PORT/InterfaceRepository`, and behind `_interface` of every object.
    ///
    /// It knows the interface of every object that was ever active here, and those that were
    /// [published](Adapter::publish). What only foreign descriptions refer to is there by its name, without contents.
    pub fn interface_repository(&self) -> ObjectRef {
        repository::root(self)
    }

    /// The addresses that the broker listens on, as bound: a port of 0 has become a real one.
    pub fn addresses(&self) -> &[Address] {
        &self.shared.listening.bound
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.shared.settings.limits
    }

    /// Connections that are open now, in either direction.
    pub fn open_connections(&self) -> usize {
        self.shared.lifecycle.connections()
    }

    /// Octets that messages take now on all connections: in buffers, in assembly, as replies that are not taken, as arguments
    /// of calls that wait. [`Limits::buffers_bytes_max`] bounds it.
    pub fn buffered_bytes(&self) -> u64 {
        self.shared.budget.held()
    }

    /// Calls that are open now, in either direction. Costs a look at every connection.
    pub fn open_calls(&self) -> OpenCalls {
        let lifecycle = &self.shared.lifecycle;
        OpenCalls { made: lifecycle.calls_made(), served: lifecycle.calls_served() }
    }

    /// Stops: closes the listeners at once, lets calls under way end for up to `limit`, then closes every connection
    /// whatever its peer does. New calls of others get TRANSIENT with completion No, so that clients go elsewhere; new calls
    /// of this broker get BAD_INV_ORDER, unless a call under way makes them.
    ///
    /// Returns within `limit` and a moment. Cancellation safe: a cancelled shutdown goes on at the next call of it.
    pub async fn shutdown(&self, limit: Duration) -> DrainReport {
        let report = self.shared.lifecycle.drain(&self.shared.pool, limit).await;
        self.shared.listening.remove_sockets();
        self.shared.objects.clear();
        report
    }

    /// Waits until a shutdown begins: whatever would keep it waiting, such as a call that waits for news, ends now. Returns at
    /// once behind that. Cancellation safe.
    pub async fn draining(&self) {
        self.shared.lifecycle.draining().await;
    }

    /// Lets connections in, after a start with [`OrbBuilder::holding`]. Else it changes nothing.
    pub fn open(&self) {
        self.shared.lifecycle.open();
    }

    /// Lets connections in, serves until the process is told to end (SIGTERM, or Ctrl-C), then shuts down.
    ///
    /// Connections are let in and signals are heard from the call on, before the future is awaited: a program that tells
    /// others that it is ready does so in between.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn run_until_signal(&self, limit: Duration) -> impl Future<Output = DrainReport> + Send + use<> {
        self.open();
        let (told, orb) = (super::shutdown_signal(), self.clone());
        async move {
            told.await;
            orb.shutdown(limit).await
        }
    }

    /// Whether this is the one thread of the current-thread runtime that the broker was started in.
    pub(super) fn is_driven_by_this_thread(&self) -> bool {
        self.shared.started_on == std::thread::current().id()
    }

    pub(crate) fn incarnation(&self) -> u64 {
        self.shared.incarnation
    }

    /// The incarnation of a client that begins its life at this time.
    pub(super) fn incarnation_at(&self, time: Time) -> u64 {
        self.shared.incarnation.saturating_add(time.0 / 1_000)
    }

    pub(crate) fn active_objects(&self) -> &ActiveObjects {
        &self.shared.objects
    }

    /// The interceptors of calls that this broker makes; none if there are none.
    pub(crate) fn client_chain(&self) -> Option<&ClientChain> {
        let chain = &self.shared.settings.client_chain;
        (!chain.is_empty()).then_some(chain)
    }

    /// The interceptors of calls that this broker serves.
    pub(crate) fn server_chain(&self) -> &ServerChain {
        &self.shared.settings.server_chain
    }

    /// The byte order of the GIOP messages that this broker writes.
    pub(crate) fn giop_byte_order(&self) -> Endian {
        if self.shared.settings.giop_big_endian { Endian::Big } else { Endian::NATIVE }
    }

    pub(crate) fn preference(&self) -> Preference {
        self.shared.settings.preference
    }

    pub(crate) fn retry_limits(&self) -> RetryLimits {
        let limits = self.limits();
        RetryLimits {
            retry_attempts_max: limits.retry_attempts_max,
            backoff_first: limits.retry_wait_first,
            backoff_max: limits.retry_wait_max,
        }
    }

    /// A reference to the object with this key in this broker.
    pub(crate) fn reference_to(
        &self,
        key: &ObjectKey,
        interface: &'static crate::model::Interface,
    ) -> ObjectRef {
        self.object(profiles::of_own_object(self, key, interface))
    }

    /// The key, if the reference leads to this broker.
    pub(crate) fn own_key(&self, ior: &Ior) -> Option<ObjectKey> {
        profiles::own_key(ior, self.shared.identity)
    }

    /// The object with this key: an active one, or one of the interface repository.
    pub(super) fn find_object(&self, key: &ObjectKey) -> Result<Arc<ActiveObject>, SystemException> {
        match self.shared.objects.find(key, self.shared.incarnation) {
            Lookup::Unknown => match repository::find(self, key) {
                Some(servant) => Ok(ActiveObject::new(servant)),
                None => Lookup::Unknown.into_result(),
            },
            known => known.into_result(),
        }
    }

    /// What the interface repository is made of.
    pub(crate) fn known_interfaces(&self) -> &KnownInterfaces {
        self.shared.objects.known_interfaces()
    }

    /// The target of a collocated call.
    pub(crate) fn local_target(&self, key: &ObjectKey) -> Result<LocalTarget, SystemException> {
        let object = self.find_object(key)?;
        Ok(LocalTarget::of_broker(object.servant.clone(), key.0.clone(), self.clone()))
    }

    /// A connection to an endpoint, shared with every other user of it.
    pub(crate) async fn connect(
        &self,
        endpoint: &Endpoint,
    ) -> Result<Arc<Connection>, super::connect::ConnectError> {
        if self.shared.lifecycle.is_stopped() {
            return Err(super::connect::ConnectError::Stopped);
        }
        if let Some(connection) = self.shared.callers.connection(&endpoint.address) {
            return Ok(connection);
        }
        if endpoint.is_only_called_back() {
            return Err(super::connect::ConnectError::NotHere);
        }
        self.shared.pool.connect(self, endpoint).await
    }

    /// A request that may be sent to several: whatever update is called within its [`scope`](OneRequest::scope) has the same
    /// identity. Objects that share their memory of requests, as replicas do, execute it once; each gives the reply.
    pub fn one_request(&self) -> OneRequest {
        OneRequest(Context::of_one_request(self))
    }

    /// The identity of a new request.
    pub(crate) fn next_identity(&self) -> RequestIdentity {
        RequestIdentity {
            client: ClientId(self.shared.identity),
            incarnation: self.shared.incarnation,
            sequence: self.shared.sequence.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The identity of a new oneway call.
    pub(super) fn next_oneway(&self) -> RequestIdentity {
        RequestIdentity {
            client: ClientId(self.shared.oneway_identity),
            incarnation: self.shared.incarnation,
            sequence: self.shared.oneway_sequence.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The identity of a new update, which is open until the second value is dropped. Numbering and opening are one step:
    /// otherwise another call could say in between that everything below its own number is answered.
    pub(crate) fn open_update(&self) -> (RequestIdentity, OpenUpdate) {
        let mut updates = self.updates();
        let Updates { client, incarnation, .. } = *updates;
        let identity = RequestIdentity { client, incarnation, ..self.next_identity() };
        updates.open.insert(identity.sequence);
        (identity, OpenUpdate { orb: self.clone(), sequence: identity.sequence })
    }

    /// A server has forgotten the client of a request that it has not executed, and lets it in again in `incarnation`: from
    /// now on updates go out under another name. Answers the identity for the request.
    ///
    /// Requests that are under way keep their name: the servers that they are with still know it.
    pub(super) fn begin_again(&self, refused: RequestIdentity, incarnation: u64) -> RequestIdentity {
        let name = ClientId(self.random());
        let mut updates = self.updates();
        // Of many requests that are refused at the same time, the first one changes the name.
        if (updates.client, updates.incarnation) == (refused.client, refused.incarnation) {
            updates.client = name;
            updates.incarnation = incarnation;
        }
        let Updates { client, incarnation, .. } = *updates;
        RequestIdentity { client, incarnation, sequence: refused.sequence }
    }

    /// Below this, every update of this broker has its answer.
    pub(crate) fn acknowledged_below(&self) -> u64 {
        let next = self.shared.sequence.load(Ordering::Relaxed);
        self.updates().open.first().copied().unwrap_or(next)
    }

    /// A number that nobody can foresee.
    pub(crate) fn random(&self) -> u64 {
        draw(&self.shared.randomness, self.shared.draws.fetch_add(1, Ordering::Relaxed))
    }

    fn updates(&self) -> std::sync::MutexGuard<'_, Updates> {
        self.shared.updates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Addresses that are remembered to have failed.
const RESTING_MAX: usize = 4096;

/// The keyed hash of a counter, whose key the standard library draws from the operating system.
fn draw(randomness: &RandomState, counter: u64) -> u64 {
    let mut hasher = randomness.build_hasher();
    hasher.write_u64(counter);
    hasher.finish()
}

fn microseconds_since_epoch() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Orb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Orb")
            .field("addresses", &self.addresses())
            .field("objects", &self.adapter().len())
            .field("connections", &self.open_connections())
            .finish()
    }
}

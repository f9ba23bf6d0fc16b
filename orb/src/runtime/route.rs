//! The binding of a reference: which way its calls go.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quorb_giop::ior::Ior;

use super::call::stopped;
use super::connect::ConnectError;
use super::connection::Connection;
use super::endpoint::{Endpoint, WireChoice, endpoints_of};
use super::orb::Orb;
use super::progress::Progress;
use crate::adapter::ObjectKey;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::object::LocalTarget;

/// The binding of a reference: which way its calls go, found at the first call and kept until it fails.
pub(crate) struct Route {
    orb: Orb,
    /// The lock is held for a look or a change, never across a wait.
    state: Mutex<State>,
}

struct State {
    /// The reference that is followed now: the original, or what a server forwarded to.
    path: Arc<Path>,
    /// The original, to fall back to when what was forwarded to fails; none while it is followed itself.
    original: Option<Arc<Path>>,
    /// The connection of the last call, to save the look-up.
    connection: Option<Arc<Connection>>,
    /// The server that is followed was built with another version of the interface: bodies go as CBOR from the start.
    wants_cbor: bool,
}

/// A reference and what it offers.
struct Path {
    ior: Arc<Ior>,
    endpoints: Vec<Arc<Endpoint>>,
    /// The object is in this process.
    own: Option<ObjectKey>,
}

/// A connection, and what of the reference it serves.
pub(super) struct Bound {
    pub(super) connection: Arc<Connection>,
    pub(super) endpoint: Arc<Endpoint>,
    /// The whole reference that the endpoint is from.
    pub(super) ior: Arc<Ior>,
}

impl Route {
    pub(crate) fn new(orb: Orb, ior: &Ior) -> Route {
        let path = Arc::new(Path::of(&orb, ior));
        Route { orb, state: Mutex::new(State { path, original: None, connection: None, wants_cbor: false }) }
    }

    pub(crate) fn orb(&self) -> &Orb {
        &self.orb
    }

    /// The reference that the route was made of.
    pub(crate) fn reference(&self) -> Arc<Ior> {
        let state = self.lock();
        state.original.as_ref().unwrap_or(&state.path).ior.clone()
    }

    /// The key of the object where the route leads now; empty if it leads nowhere.
    pub(crate) fn object_key(&self) -> bytes::Bytes {
        let state = self.lock();
        let key = state.path.own.as_ref().or_else(|| state.path.endpoints.first().map(|first| &first.key));
        key.map(|key| key.0.clone()).unwrap_or_default()
    }

    /// A connection to the first endpoint that can be reached; only native ones if `native_only`. What is tried is noted in
    /// `progress`. Cancellation safe.
    pub(super) async fn connect(
        &self,
        native_only: bool,
        progress: &mut Progress,
    ) -> Result<Bound, SystemException> {
        let suits = |endpoint: &&Arc<Endpoint>| !native_only || endpoint.wire == WireChoice::Native;
        let path = {
            let state = self.lock();
            let usable = state.connection.as_ref().filter(|connection| connection.is_usable());
            if let Some(connection) = usable
                && let Some(endpoint) = state.path.endpoint_of(connection).filter(suits)
            {
                let ior = state.path.ior.clone();
                return Ok(Bound { connection: connection.clone(), endpoint: endpoint.clone(), ior });
            }
            state.path.clone()
        };
        let refuse = |kind, minor, stage| Err(SystemException::new(kind, minor, Completion::No).at(stage));
        if path.endpoints.is_empty() {
            return refuse(ExceptionKind::InvObjref, Minor::NO_USABLE_PROFILE, Stage::Resolving);
        }
        let suitable = path.endpoints.iter().filter(suits);
        let (second, first): (Vec<_>, Vec<_>) =
            suitable.partition(|endpoint| progress.is_second_choice(endpoint));
        for endpoint in first.into_iter().chain(second) {
            progress.tries(endpoint, Stage::Connecting);
            match self.orb.connect(endpoint).await {
                Ok(connection) => {
                    self.lock().connection = Some(connection.clone());
                    return Ok(Bound { connection, endpoint: endpoint.clone(), ior: path.ior.clone() });
                }
                Err(ConnectError::Stopped) => return Err(stopped()),
                Err(cause) => progress.not_reached(endpoint, &cause),
            }
        }
        self.fall_back();
        refuse(ExceptionKind::Transient, Minor::NOT_REACHABLE, Stage::Connecting)
    }

    /// Whether a server has asked for bodies in CBOR.
    pub(super) fn wants_cbor(&self) -> bool {
        self.lock().wants_cbor
    }

    /// The server has asked for bodies in CBOR: the next call does not wait to be told again.
    pub(super) fn note_cbor_wanted(&self) {
        self.lock().wants_cbor = true;
    }

    /// Goes where a server points.
    pub(super) fn follow(&self, to: &Ior, permanent: bool) {
        let path = Arc::new(Path::of(&self.orb, to));
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.path, path);
        state.connection = None;
        state.wants_cbor = false;
        if permanent {
            state.original = None;
        } else {
            state.original.get_or_insert(before);
        }
    }

    /// What was forwarded to cannot be reached, or does not have the object: the original may know better. Answers whether
    /// there was one to fall back to.
    pub(super) fn fall_back(&self) -> bool {
        let mut state = self.lock();
        let original = state.original.take();
        let falls_back = original.is_some();
        if let Some(original) = original {
            state.path = original;
            state.connection = None;
        }
        falls_back
    }

    /// A connection has failed a call: the next call looks for one anew.
    pub(super) fn forget_connection(&self, failed: &Arc<Connection>) {
        let mut state = self.lock();
        if state.connection.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, failed)) {
            state.connection = None;
        }
    }

    /// The target in this process, if the reference leads there.
    ///
    /// # Errors
    /// OBJECT_NOT_EXIST if it leads here and the object is not active.
    pub(super) fn collocated(&self) -> Result<Option<LocalTarget>, SystemException> {
        let path = self.lock().path.clone();
        path.own.as_ref().map(|key| self.orb.local_target(key)).transpose()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Path {
    fn of(orb: &Orb, ior: &Ior) -> Path {
        Path {
            endpoints: endpoints_of(ior, orb.preference()).into_iter().map(Arc::new).collect(),
            own: orb.own_key(ior),
            ior: Arc::new(ior.clone()),
        }
    }

    fn endpoint_of(&self, connection: &Connection) -> Option<&Arc<Endpoint>> {
        self.endpoints.iter().find(|endpoint| connection.serves(endpoint))
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        let mut list = f.debug_list();
        if state.path.own.is_some() {
            list.entry(&"collocated");
        }
        list.entries(state.path.endpoints.iter().map(ToString::to_string)).finish()
    }
}

//! The binding of a reference: which way its calls go.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quorb_giop::ior::Ior;

use super::connection::Connection;
use super::endpoint::{Endpoint, WireChoice};
use super::orb::Orb;
use super::path::Path;
use super::progress::Progress;
use super::resolver::Source;
use crate::adapter::{ActiveObject, ObjectKey};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::object::LocalTarget;
use crate::proto::head::EndpointSet;

/// The binding of a reference: which way its calls go, found at the first call and kept until it fails.
pub(crate) struct Route {
    orb: Orb,
    /// Where the reference is from, to ask there again.
    source: Option<Source>,
    /// The lock is held for a look or a change, never across a wait.
    state: Mutex<State>,
    /// Whether the reference that is followed leads to an object of this broker.
    leads_here: AtomicBool,
    /// It leads to one member of a group, and stays with it: newer endpoints are noted, and not followed.
    stays: bool,
}

struct State {
    /// The reference that is followed now: the original, or what a server forwarded to.
    path: Arc<Path>,
    /// The original, to fall back to when what was forwarded to fails; none while it is followed itself.
    original: Option<Arc<Path>>,
    /// The connection of the last call, to save the look-up.
    connection: Option<Arc<Connection>>,
    /// The newest endpoints that were heard of, where they are not followed.
    newest: Option<Arc<Path>>,
}

/// A connection, and what of the reference it serves.
pub(super) struct Bound {
    pub(super) connection: Arc<Connection>,
    pub(super) endpoint: Arc<Endpoint>,
    /// The reference that the endpoint is from.
    pub(super) path: Arc<Path>,
}

impl Route {
    pub(crate) fn new(orb: Orb, ior: &Ior, source: Option<Source>) -> Route {
        let path = Arc::new(Path::of(&orb, ior));
        let leads_here = AtomicBool::new(path.own.is_some());
        let state = Mutex::new(State { path, original: None, connection: None, newest: None });
        Route { orb, source, state, leads_here, stays: false }
    }

    /// As [`new`](Route::new), to one member of a group.
    pub(crate) fn to_member(orb: Orb, ior: &Ior) -> Route {
        Route { stays: true, ..Route::new(orb, ior, None) }
    }

    /// If the object is in this broker, follows the newest endpoints that it has published: nobody else tells.
    pub(crate) fn follow_own(&self) {
        let Some((key, object)) = self.leads_here().then(|| self.own_object()).flatten() else { return };
        let path = self.path();
        let Some(set) = object.endpoints.newer_than(path.set_version) else { return };
        let Ok(newest) = Path::of_set(&self.orb, &set, &key) else { return };
        let newest = Arc::new(newest.of_the_same_servers_as(&path));
        let mut state = self.lock();
        if Arc::ptr_eq(&state.path, &path) {
            self.replace_path(&mut state, newest);
        }
    }

    /// Follows what a route to a member has heard of meanwhile.
    pub(crate) fn follow_newest(&self, member: &Route) {
        let Some(newest) = member.lock().newest.take() else { return };
        let mut state = self.lock();
        if newest.set_version > state.path.set_version {
            self.replace_path(&mut state, newest);
        }
    }

    pub(crate) fn orb(&self) -> &Orb {
        &self.orb
    }

    /// Whether the object is in this broker, as far as is known without a look.
    pub(crate) fn leads_here(&self) -> bool {
        self.leads_here.load(Ordering::Relaxed)
    }

    /// The object and its key, if the route leads to an active object of this broker.
    pub(crate) fn own_object(&self) -> Option<(ObjectKey, Arc<ActiveObject>)> {
        let key = self.path().own.clone()?;
        let object = self.orb.active_objects().active(&key)?;
        Some((key, object))
    }

    /// The reference as calls follow it now.
    pub(crate) fn followed(&self) -> Arc<Ior> {
        self.lock().path.ior.clone()
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

    /// A connection to an endpoint of the reference; only a native one if `native_only`. What is tried is noted in
    /// `progress`. Cancellation safe.
    pub(super) async fn connect(
        &self,
        native_only: bool,
        progress: &mut Progress,
        deadline: Instant,
    ) -> Result<Bound, SystemException> {
        if let Some(bound) = self.standing(native_only, progress) {
            return Ok(bound);
        }
        let suits = |endpoint: &Endpoint| !native_only || endpoint.wire == WireChoice::Native;
        let path = self.path();
        let refuse = |kind, minor, stage| Err(SystemException::new(kind, minor, Completion::No).at(stage));
        if path.endpoints.is_empty() {
            return refuse(ExceptionKind::InvObjref, Minor::NO_USABLE_PROFILE, Stage::Resolving);
        }
        progress.has_waited = true;
        let candidates = path.candidates(suits);
        if let Some((connection, endpoint)) = self.orb.reach(candidates, progress).await? {
            self.lock().connection = Some(connection.clone());
            let endpoint = connection.endpoint_for(&endpoint).unwrap_or(endpoint);
            return Ok(Bound { connection, endpoint, path });
        }
        self.look_elsewhere(&path, progress, deadline).await;
        refuse(ExceptionKind::Transient, Minor::NOT_REACHABLE, Stage::Connecting)
    }

    /// The connection of the last call, if it may be used for this one.
    pub(super) fn standing(&self, native_only: bool, progress: &Progress) -> Option<Bound> {
        let state = self.lock();
        let connection = state.connection.as_ref()?;
        if !connection.is_usable() || !progress.may_ask(connection) {
            return None;
        }
        let endpoint = state.path.endpoint_of(connection)?;
        let suits = !native_only || endpoint.wire == WireChoice::Native;
        suits.then(|| Bound { connection: connection.clone(), endpoint, path: state.path.clone() })
    }

    /// Whether the server that is followed has asked for bodies in CBOR.
    pub(super) fn wants_cbor(&self) -> bool {
        self.lock().path.wants_cbor.load(Ordering::Relaxed)
    }

    /// Goes where a server points that was reached by `from`.
    pub(super) fn follow(&self, from: &Arc<Path>, to: &Ior, permanent: bool) {
        let path = Arc::new(Path::of(&self.orb, to));
        let mut state = self.lock();
        let was_followed = Arc::ptr_eq(&state.path, from);
        let was_original = state.original.as_ref().is_some_and(|original| Arc::ptr_eq(original, from));
        let before = self.replace_path(&mut state, path);
        state.connection = None;
        // For good is only what takes the place of the original; what a server on a detour says concerns the detour.
        if permanent && (was_original || was_followed && state.original.is_none()) {
            state.original = None;
        } else {
            state.original.get_or_insert(before);
        }
    }

    /// What `failed` leads to is not there: the original may know better, and where the reference is from perhaps even
    /// more. Answers whether there is something else to try. Ends by the deadline.
    pub(super) async fn look_elsewhere(
        &self,
        failed: &Arc<Path>,
        progress: &mut Progress,
        deadline: Instant,
    ) -> bool {
        {
            let mut state = self.lock();
            if !Arc::ptr_eq(&state.path, failed) {
                // Another call has found another way in the meantime.
                return true;
            }
            if let Some(original) = state.original.take() {
                self.replace_path(&mut state, original);
                state.connection = None;
                return true;
            }
        }
        let Some(source) = &self.source else {
            return false;
        };
        let _turn = source.turn.lock().await;
        if !Arc::ptr_eq(&self.lock().path, failed) {
            return true;
        }
        match source.ask(&self.orb, deadline).await {
            Ok(ior) if ior == *failed.ior => false,
            Ok(ior) => {
                let path = Arc::new(Path::of(&self.orb, &ior));
                let mut state = self.lock();
                self.replace_path(&mut state, path);
                (state.original, state.connection) = (None, None);
                true
            }
            Err(cause) => {
                progress.not_resolved(&*source.resolver, &cause);
                false
            }
        }
    }

    /// A server says that the endpoints in the reference are old. Nothing happens unless it names newer ones of the same
    /// object.
    pub(super) fn adopt(&self, from: &Bound, set: &EndpointSet) {
        if set.version <= from.path.set_version {
            return;
        }
        let path = match Path::of_set(&self.orb, set, &from.endpoint.key) {
            Ok(path) => Arc::new(path.of_the_same_servers_as(&from.path)),
            Err(cause) => {
                tracing::warn!(endpoint = %from.endpoint, %cause, "a new endpoint set is not taken");
                return;
            }
        };
        let mut state = self.lock();
        if self.stays {
            state.newest = Some(path);
        } else if Arc::ptr_eq(&state.path, &from.path) {
            self.replace_path(&mut state, path);
        } else if let Some(original) = &mut state.original
            && Arc::ptr_eq(original, &from.path)
        {
            *original = path;
        }
    }

    /// A call has waited for so long in vain. If nothing at all was heard of the server, and others have the object too, the
    /// next calls ask them first.
    pub(super) fn note_silence(&self, progress: &Progress, waited: Duration) {
        let Some(endpoint) = progress.waits_for() else { return };
        let mut state = self.lock();
        let kept = state.connection.as_ref().filter(|kept| kept.endpoint_for(endpoint).is_some());
        let is_silent = kept.is_some_and(|connection| connection.silent_for() >= waited);
        if is_silent && state.path.endpoints.iter().any(|other| other.address != endpoint.address) {
            state.connection = None;
            self.orb.note_leaving(&endpoint.address);
        }
    }

    /// A connection has failed a call: the next call looks for one anew.
    pub(super) fn forget_connection(&self, failed: &Arc<Connection>) {
        let mut state = self.lock();
        if state.connection.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, failed)) {
            state.connection = None;
        }
    }

    /// The reference that is followed now.
    pub(super) fn path(&self) -> Arc<Path> {
        self.lock().path.clone()
    }

    /// The target in this process, if the path leads there.
    ///
    /// # Errors
    /// OBJECT_NOT_EXIST if it leads here and the object is not active.
    pub(super) fn collocated(&self, path: &Path) -> Result<Option<LocalTarget>, SystemException> {
        path.own.as_ref().map(|key| self.orb.local_target(key)).transpose()
    }

    /// Follows another reference; answers the one before.
    fn replace_path(&self, state: &mut State, path: Arc<Path>) -> Arc<Path> {
        self.leads_here.store(path.own.is_some(), Ordering::Relaxed);
        std::mem::replace(&mut state.path, path)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        let mut list = f.debug_list();
        if path.own.is_some() {
            list.entry(&"collocated");
        }
        list.entries(path.endpoints.iter().map(ToString::to_string)).finish()
    }
}

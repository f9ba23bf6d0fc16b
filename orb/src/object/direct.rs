//! Direct calls: a proxy calls the method of a servant in its own process, and nothing is encoded.
//!
//! Everything that a call means holds (its object's door, its chain, deadline and depth, panics, a broker that stops), and
//! whenever something is in the way of the call, or is watching it, it goes the general way, which knows what to do. So do
//! values that would not come out of encoding as they went in, or would share something with the caller.

use std::any::TypeId;
use std::cell::OnceCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use quorb_giop::cdr::{CdrProfile, Endian};

use super::invoke::{Answer, decode};
use super::local::next_local_chain;
use super::reference::{ObjectRef, Way};
use super::values::binding_to;
use crate::adapter::{
    CURRENT, Context, DirectCall, DirectDeadline, Facet, Guarded, Place, ReplyBody, Running, Usher,
    WriteResults, encoded, executed_here, fault_of_panic, unwritable,
};
use crate::exception::{Completion, Fault, Raises, Stage, SystemException};
use crate::model::{Kind, Operation, Replies};
use crate::proto::gate::Token;
use crate::proto::head::ChainId;
use crate::runtime::{Orb, check_depth};
use crate::value::{Body, BodyError, BodyReader, Encoding};

/// The servants of one reference, by the interface that they are called through.
#[derive(Default)]
pub(super) struct Servants {
    /// The one that was found first: nearly always the only one.
    first: OnceLock<Seen>,
    /// Other interfaces of the object, and servants that have taken its place. The lock is held for a look or a change.
    further: Mutex<Vec<Seen>>,
    /// There is none, and will be none: calls go the general way at once.
    is_hopeless: AtomicBool,
}

/// A servant as one of its interfaces sees it. It may be gone, and does not stay because of this.
struct Seen {
    facet: Facet,
    usher: Option<Weak<dyn Usher>>,
    in_service: Option<Arc<AtomicBool>>,
    place: Arc<Place>,
}

/// A servant that takes direct calls now.
struct Found<F: ?Sized> {
    servant: Arc<F>,
    usher: Option<Arc<dyn Usher>>,
    place: Arc<Place>,
}

impl Seen {
    fn open<F: ?Sized + 'static>(&self) -> Option<Found<F>> {
        let facet = self.facet.downcast_ref::<Weak<F>>()?;
        if self.is_out_of_service() {
            return None;
        }
        let usher = match &self.usher {
            Some(usher) => Some(usher.upgrade()?),
            None => None,
        };
        Some(Found { servant: facet.upgrade()?, usher, place: self.place.clone() })
    }

    fn is_out_of_service(&self) -> bool {
        self.in_service.as_ref().is_some_and(|in_service| !in_service.load(Ordering::Acquire))
    }
}

impl Servants {
    fn find<F: ?Sized + 'static>(&self, way: &Way) -> Option<Found<F>> {
        match self.first.get().and_then(Seen::open) {
            Some(found) => Some(found),
            None if self.is_hopeless.load(Ordering::Relaxed) => None,
            None => self.find_further(way),
        }
    }

    #[cold]
    fn find_further<F: ?Sized + 'static>(&self, way: &Way) -> Option<Found<F>> {
        if let Some(found) = self.further().iter().find_map(Seen::open) {
            return Some(found);
        }
        let seen = self.resolve(way, TypeId::of::<F>())?;
        let found = seen.open();
        if let Err(seen) = self.first.set(seen) {
            let mut further = self.further();
            further.retain(|seen| !seen.is_out_of_service());
            further.push(seen);
        }
        found
    }

    fn resolve(&self, way: &Way, of: TypeId) -> Option<Seen> {
        let (servant, in_service, orb, object_key) = match way {
            Way::Local(local) => (local.servant().clone(), None, None, bytes::Bytes::new()),
            Way::Routed(route) => {
                let orb = route.orb();
                if orb.client_chain().is_some() || !orb.server_chain().is_empty() {
                    self.is_hopeless.store(true, Ordering::Relaxed);
                    return None;
                }
                let (key, object) = route.own_object()?;
                (object.servant.clone(), Some(object.in_service.clone()), Some(orb.clone()), key.0)
            }
            Way::Nil | Way::Unbound => return None,
        };
        let Some(facet) = servant.facet(of) else {
            self.is_hopeless.store(true, Ordering::Relaxed);
            return None;
        };
        let usher = servant.usher();
        Some(Seen { facet, usher, in_service, place: Arc::new(Place { orb, object_key }) })
    }

    fn further(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.further.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A direct call that is inside its object, and has not run yet. Dropping it leaves the object.
pub struct Direct<'a, F: ?Sized + Guarded> {
    inside: Inside<'a, F>,
    call: DirectCall,
}

/// The right to be inside, and the place in the broker's count of calls.
struct Inside<'a, F: ?Sized + Guarded> {
    servant: Arc<F>,
    orb: Option<&'a Orb>,
    token: Option<Token>,
}

impl<F: ?Sized + Guarded> Inside<'_, F> {
    fn leave(&mut self, poison: bool) {
        if let Some(token) = self.token.take() {
            self.servant.door().leave(token, poison);
        }
    }
}

impl<F: ?Sized + Guarded> Drop for Inside<'_, F> {
    fn drop(&mut self) {
        self.leave(false);
        if let Some(orb) = self.orb {
            orb.call_ends();
        }
    }
}

impl ObjectRef {
    /// A direct call of an operation, if the object is a generated servant of this process, nobody watches its calls, its
    /// door is open, and `are_plain` says of the arguments that they may be handed over as they are. Else nothing has
    /// happened, and the call goes the general way.
    pub fn direct<F: ?Sized + Guarded>(
        &self,
        operation: &'static Operation,
        are_plain: impl FnOnce() -> bool,
    ) -> Option<Direct<'_, F>> {
        let orb = match &self.target.way {
            Way::Routed(route) if route.leads_here() => Some(route.orb()),
            Way::Local(_) => None,
            _ => return None,
        };
        let Found { servant, usher, place } = self.target.servants.find::<F>(&self.target.way)?;
        let behaviour = &operation.behaviour;
        let is_for_one = behaviour.kind == Kind::Query && behaviour.replies == Replies::First;
        if usher.is_some() && !is_for_one || !are_plain() {
            return None;
        }
        let parent = Context::current();
        if parent.as_ref().is_some_and(|parent| parent.calls_refused().is_some()) {
            return None;
        }
        let deadline = self.direct_deadline(operation, parent.as_ref())?;
        // It counts from here on, so that a shutdown waits for it.
        orb.inspect(|orb| orb.call_begins());
        let mut inside = Inside { servant, orb, token: None };
        let chain = match &parent {
            None if orb.is_some_and(Orb::is_draining) => return None,
            None => orb.map_or_else(next_local_chain, |orb| ChainId::starting_with(&orb.next_identity())),
            Some(parent) => {
                check_depth(parent.depth().saturating_add(1), orb).ok()?;
                parent.chain()
            }
        };
        inside.token = Some(inside.servant.door().enter_at_once(chain, &operation.behaviour)?);
        if usher.is_some_and(|usher| !usher.admits_query()) {
            return None;
        }
        let call = DirectCall { place, operation, chain, deadline, parent, made: OnceCell::new() };
        Some(Direct { inside, call })
    }

    /// When the call is to have ended; none if that is now.
    fn direct_deadline(&self, operation: &Operation, parent: Option<&Context>) -> Option<DirectDeadline> {
        let own = self.time_limit(operation.behaviour.deadline, None);
        let Some(theirs) = parent.and_then(Context::deadline) else {
            return (own > Duration::ZERO).then_some(DirectDeadline::Within(own));
        };
        let now = Instant::now();
        let deadline = theirs.min(now + own);
        (deadline > now).then_some(DirectDeadline::At(deadline))
    }
}

impl<F: ?Sized + Guarded> fmt::Debug for Direct<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").field("operation", &self.call.operation.name).finish_non_exhaustive()
    }
}

impl<F: ?Sized + Guarded> Direct<'_, F> {
    /// Runs the method. `is_plain` says of its results that they may be handed over as they are; else they are copied by
    /// `write` and `read`.
    ///
    /// # Errors
    /// What the method raises; UNKNOWN, completion Maybe, for a panic.
    pub fn call<R, E: Raises>(
        self,
        run: impl FnOnce(&F) -> Result<R, Fault<E>>,
        is_plain: impl FnOnce(&R) -> bool,
        write: WriteResults<R>,
        read: impl FnOnce(&mut BodyReader<'_>) -> Result<R, BodyError>,
    ) -> Result<R, Fault<E>> {
        let (operation, orb) = (self.call.operation, self.inside.orb);
        match self.run(run) {
            Ok(Ok(results)) if is_plain(&results) => Ok(results),
            Ok(Err(Fault::User(exception))) if exception.is_plain() => Err(Fault::User(exception)),
            Ok(Err(Fault::System(exception))) | Err(exception) => {
                Err(exception.in_operation(operation.name).into())
            }
            Ok(results) => copied(operation, orb, results, write, read),
        }
    }

    /// Runs a oneway method: nobody hears of its end.
    pub fn tell<R, E: Raises>(self, run: impl FnOnce(&F) -> Result<R, Fault<E>>) {
        // A panic has been reported where it was caught.
        let _ = self.run(run);
    }

    fn run<R>(self, run: impl FnOnce(&F) -> R) -> Result<R, SystemException> {
        let Direct { mut inside, call } = self;
        let (servant, is_query) = (&*inside.servant, call.operation.behaviour.kind == Kind::Query);
        let ran = CURRENT.sync_scope(Running::Direct(call), || {
            catch_unwind(AssertUnwindSafe(|| run(servant)))
                .map_err(|panic| fault_of_panic(&executed_here(), panic))
        });
        inside.leave(ran.is_err() && !is_query);
        ran
    }
}

/// Copies what a method has returned by encoding and decoding it.
#[cold]
fn copied<R, E: Raises>(
    operation: &'static Operation,
    orb: Option<&Orb>,
    result: Result<R, Fault<E>>,
    write: WriteResults<R>,
    read: impl FnOnce(&mut BodyReader<'_>) -> Result<R, BodyError>,
) -> Result<R, Fault<E>> {
    let encoding = Encoding::Cdr { profile: CdrProfile::native(Endian::NATIVE), origin: 0 };
    let body = |octets| Body::native_cdr(octets, Endian::NATIVE);
    let answer = match encoded(&result, encoding, write) {
        Ok(ReplyBody::Results(octets)) => Answer::Results(body(octets)),
        Ok(ReplyBody::User(octets)) => Answer::User(body(octets)),
        // The method has raised neither of these, or they have been dealt with.
        Ok(ReplyBody::System(_) | ReplyBody::Forward { .. }) => return result,
        Err(cause) => {
            let exception = unwritable(&cause, Completion::Yes).at(Stage::Executing);
            return Err(exception.in_operation(operation.name).into());
        }
    };
    binding_to(orb, || decode(operation, Some(answer), read))
}

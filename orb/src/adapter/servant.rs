//! The servant: what answers invocations.

use std::any::{Any, TypeId};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use quorb_giop::ior::Ior;

use super::{Invocation, Reply, ServantCell};
use crate::model::Interface;
use crate::object::{ObjectRef, Proxy};

/// A future on the heap that any thread may drive.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A servant as one of its interfaces sees it, for direct calls.
pub type Facet = Box<dyn Any + Send + Sync>;

/// What came of handing an invocation to a servant.
#[must_use]
pub enum Dispatch {
    /// It ran to its end at once.
    Done(Reply),
    /// It goes on in this future. Dropping the future abandons the call.
    Pending(BoxFuture<'static, Reply>),
}

impl std::fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Dispatch::Done(reply) => f.debug_tuple("Done").field(reply).finish(),
            Dispatch::Pending(_) => f.write_str("Pending"),
        }
    }
}

/// What answers the invocations of an object.
///
/// `#[interface]` generates a servant around a value of the user's type (`GridServant::new(grid)`); the trait can also be
/// implemented by hand, for objects whose interface is known only at run time. It is object-safe: the broker holds
/// `Arc<dyn Servant>`.
pub trait Servant: Send + Sync + 'static {
    /// The most derived interface of the object.
    fn interface(&self) -> &'static Interface;

    /// Runs an invocation. Must not block: an operation that waits answers [`Dispatch::Pending`]. A panic is caught by the
    /// broker and reported to the caller as UNKNOWN.
    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch;

    /// Lets the object take updates again after one of them panicked.
    fn reactivate(&self) {}

    /// Whether the servant itself sees to it that no request runs twice. The broker then remembers no replies for it and hands
    /// over repetitions like any other call, with [`Context::identity`](super::Context::identity) to tell them by: its
    /// memory is that of one process, and would hide what several remember together.
    fn remembers(&self) -> bool {
        false
    }

    /// The servant behind the type that direct calls of an interface are made through, if it has that interface: the value
    /// in the box is a `Weak` of that type. Only generated servants have one.
    #[doc(hidden)]
    fn facet(&self, of: TypeId) -> Option<Facet> {
        let _ = of;
        None
    }

    /// Who decides about each direct call, where the servant behind the facet is not for everybody at all times.
    #[doc(hidden)]
    fn usher(&self) -> Option<Weak<dyn Usher>> {
        None
    }

    /// Where the object is, for clients that ask before they call (LocateRequest of GIOP). Servants that answer calls by
    /// forwarding them say so here, too.
    fn location(&self) -> Location {
        Location::Here
    }
}

/// Decides whether queries may read a servant's value where it is: what stands in front of it for all other calls knows more
/// than the servant. Updates never go past it.
#[doc(hidden)]
pub trait Usher: Send + Sync + 'static {
    /// Whether a query may read the value now. It is inside already: no update can begin before it is out again.
    fn admits_query(&self) -> bool;
}

/// Where an object is.
#[derive(Debug, Clone)]
pub enum Location {
    /// Where it was asked for.
    Here,
    /// Elsewhere.
    Elsewhere {
        /// Where.
        to: Arc<Ior>,
        /// It will not come back.
        permanent: bool,
    },
}

/// A generated servant, which knows its proxy.
pub trait Tie: Servant + Sized {
    /// The proxy of the interface.
    type Proxy: Proxy;

    /// A proxy that calls this servant in this process, without a broker, for tests: arguments are still copied, updates
    /// still run alone, and panics are still caught.
    fn into_local_proxy(self) -> Self::Proxy {
        Self::Proxy::from_object(ObjectRef::local(Arc::new(self)))
    }
}

/// A generated servant around a value of the user's: what takes the value out for a moment, to save it or to replace it.
pub trait ValueTie: Tie {
    /// The type of the value.
    type Value: Send + Sync + 'static;

    /// Where the value lives.
    fn cell(&self) -> &Arc<ServantCell<Self::Value>>;
}

//! What a host can serve: servants made when they are wanted.

use super::interface::Plan;
use crate::driver::{Domain, Ended};
use crate::object::{Replica, ServeError, Style};
use quorb::adapter::{BoxFuture, ValueTie};
use quorb::{ObjectRef, Orb, Proxy};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

/// One kind of object.
pub(super) trait Offer: Send + Sync {
    /// Serves one under this name, as planned; `active` is told when it refuses calls rather than not knowing them.
    fn serve<'a>(
        &'a self,
        domain: &'a Domain,
        orb: &'a Orb,
        name: &'a str,
        plan: &'a Plan,
        active: oneshot::Sender<()>,
    ) -> BoxFuture<'a, Result<Box<dyn Held>, ServeError>>;
}

/// A replica that is served here.
pub(super) trait Held: Send + Sync {
    /// The reference to the object, with all its replicas.
    fn reference(&self) -> ObjectRef;

    /// Leaves the group.
    fn leave(self: Box<Self>) -> BoxFuture<'static, Result<Ended, ServeError>>;

    /// Waits for the end of the membership.
    fn ended(&mut self) -> BoxFuture<'_, Result<Ended, ServeError>>;
}

/// An offer that is a function.
pub(super) struct Make<F>(pub(super) F);

impl<S, F> Offer for Make<F>
where
    F: Fn() -> S + Send + Sync,
    S: ValueTie,
    S::Value: Serialize + DeserializeOwned,
    S::Proxy: Send + Sync + 'static,
{
    fn serve<'a>(
        &'a self,
        domain: &'a Domain,
        orb: &'a Orb,
        name: &'a str,
        plan: &'a Plan,
        active: oneshot::Sender<()>,
    ) -> BoxFuture<'a, Result<Box<dyn Held>, ServeError>> {
        let style = if plan.executor { Style::Executor } else { Style::Active };
        let mut serving = domain.serve(orb, name, (self.0)()).style(style).tell_active(active);
        if plan.durable {
            serving = serving.durable();
        }
        Box::pin(async move {
            let replica = serving.await?;
            Ok(Box::new(replica) as Box<dyn Held>)
        })
    }
}

impl<P: Proxy + Send + Sync + 'static> Held for Replica<P> {
    fn reference(&self) -> ObjectRef {
        Replica::reference(self)
    }

    fn leave(self: Box<Self>) -> BoxFuture<'static, Result<Ended, ServeError>> {
        Box::pin(Replica::leave(*self))
    }

    fn ended(&mut self) -> BoxFuture<'_, Result<Ended, ServeError>> {
        Box::pin(Replica::ended(self))
    }
}

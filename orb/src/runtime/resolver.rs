//! Where references come from, so that they can be had again.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use quorb_giop::ior::Ior;
use tokio::sync::Mutex;

use super::Orb;
use crate::adapter::BoxFuture;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};

/// Where a reference comes from: a name in a naming service, a list of addresses, anything that can be asked again.
///
/// A reference that carries one ([`Orb::resolve_with`]) asks it again when its object is gone or cannot be reached, within
/// the deadline of the call that notices; of several calls that notice at the same time, one asks. If the answer is another
/// reference, the call goes on there. As text it stands in messages about that.
pub trait Resolver: fmt::Display + Send + Sync + 'static {
    /// Finds out what the reference is now. Must be cancellation safe.
    ///
    /// # Errors
    /// Whatever prevents it, in the words that the caller should read.
    fn resolve<'a>(&'a self, orb: &'a Orb) -> BoxFuture<'a, Result<Ior, SystemException>>;
}

/// The resolver of one reference.
pub(crate) struct Source {
    pub(super) resolver: Arc<dyn Resolver>,
    /// Held while it is asked.
    pub(super) turn: Mutex<()>,
}

impl Source {
    pub(super) fn new(resolver: Arc<dyn Resolver>) -> Source {
        Source { resolver, turn: Mutex::default() }
    }

    /// Asks, by the deadline.
    pub(super) async fn ask(&self, orb: &Orb, deadline: Instant) -> Result<Ior, SystemException> {
        let answer = self.resolver.resolve(orb);
        let answer = tokio::time::timeout_at(deadline.into(), answer).await.unwrap_or_else(|_| {
            Err(SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, Completion::No))
        });
        match answer {
            Ok(ior) if ior.is_nil() => {
                Err(SystemException::new(ExceptionKind::InvObjref, Minor::NIL_REFERENCE, Completion::No))
            }
            answer => answer,
        }
        .map_err(|exception| exception.at(Stage::Resolving))
    }
}

/// A list of addresses. Asking it again leads back to them from wherever servers have forwarded to.
pub(super) struct Addresses {
    pub(super) text: String,
    pub(super) ior: Ior,
}

impl Resolver for Addresses {
    fn resolve<'a>(&'a self, _: &'a Orb) -> BoxFuture<'a, Result<Ior, SystemException>> {
        Box::pin(std::future::ready(Ok(self.ior.clone())))
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

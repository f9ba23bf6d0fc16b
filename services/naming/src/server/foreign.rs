//! Contexts of other services on the way of a name.

use quorb::{Completion, Fault, ObjectRef, Proxy};
use tokio::sync::SemaphorePermit;

use super::references;
use super::refused::Refused;
use super::service::Service;
use crate::cos::{CannotProceed, NameComponent, NamingContextProxy};
use crate::tree::Reference;

/// A context of another service, and the right to call it.
///
/// It may be slow, gone, or lying. It gets a bounded time, and whatever is wrong with it is told as what it is to the
/// caller: the service cannot proceed there, the caller may try.
pub(super) struct Foreign<'a> {
    context: ObjectRef,
    /// What is left of the name there.
    rest: &'a [NameComponent],
    _permit: SemaphorePermit<'a>,
}

impl Service {
    /// The context that the first `components` of a name have led to.
    pub(super) fn foreign<'a>(
        &'a self,
        context: &Reference,
        name: &'a [NameComponent],
        components: usize,
    ) -> Result<Foreign<'a>, Refused> {
        let context = references::bound(self.orb(), context);
        let rest = name.get(components..).unwrap_or_default();
        match self.foreign_permits().try_acquire() {
            Ok(permit) => {
                let context = context.unchecked::<NamingContextProxy>();
                let context = context.with_deadline(self.limits().foreign_wait_max).object().clone();
                Ok(Foreign { context, rest, _permit: permit })
            }
            Err(_) => Err(cannot_proceed(&context, rest)),
        }
    }
}

impl<'a> Foreign<'a> {
    /// What to call.
    pub(super) fn proxy(&self) -> NamingContextProxy {
        self.context.unchecked()
    }

    /// What to ask it.
    pub(super) fn rest(&self) -> &'a [NameComponent] {
        self.rest
    }

    /// Leases do not reach across services: whoever wants one there asks there.
    pub(super) fn not_leased(&self) -> Refused {
        cannot_proceed(&self.context, self.rest)
    }

    /// What its answer means to our caller.
    pub(super) fn answer<R, E: Into<Refused>>(&self, answer: Result<R, Fault<E>>) -> Result<R, Refused> {
        answer.map_err(|fault| match fault {
            Fault::User(declared) => declared.into(),
            Fault::System(exception) => {
                tracing::debug!(%exception, "a context of another service cannot be asked");
                // An update that may have been made there must not look as if it had not been.
                match exception.completed() {
                    Completion::No => cannot_proceed(&self.context, self.rest),
                    _ => Refused::System(exception),
                }
            }
        })
    }

    /// What its answer to a question means to our caller: whether it has been executed does not matter.
    pub(super) fn answer_to_question<R, E: Into<Refused>>(
        &self,
        answer: Result<R, Fault<E>>,
    ) -> Result<R, Refused> {
        answer.map_err(|fault| match fault {
            Fault::User(declared) => declared.into(),
            Fault::System(exception) => {
                tracing::debug!(%exception, "a context of another service cannot be asked");
                cannot_proceed(&self.context, self.rest)
            }
        })
    }
}

fn cannot_proceed(context: &ObjectRef, rest: &[NameComponent]) -> Refused {
    let cxt = context.unchecked::<NamingContextProxy>();
    Refused::CannotProceed(CannotProceed { cxt, rest_of_name: rest.to_vec() })
}

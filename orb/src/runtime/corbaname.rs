//! Names in a naming service, as references are resolved by them (CORBA 3.3 Part 2, 7.6.10.4).

use std::convert::Infallible;
use std::fmt;

use quorb_giop::ior::Ior;

use super::{Orb, Resolver};
use crate::adapter::BoxFuture;
use crate::exception::{Completion, ExceptionKind, Fault, Minor, SystemException};
use crate::model::{Behaviour, Kind, Operation, Replies, Signature};
use crate::object::ObjectRef;
use crate::value::BodyWriter;

/// A stringified name in a naming context.
pub(super) struct Name {
    pub(super) context: ObjectRef,
    pub(super) name: String,
    /// The whole reference string.
    pub(super) text: String,
}

/// `Object resolve_str(in string n)` of `CosNaming::NamingContextExt`.
static RESOLVE: Operation = Operation {
    name: "resolve_str",
    behaviour: Behaviour {
        kind: Kind::Query,
        oneway: false,
        idempotent: true,
        cancellable: true,
        deadline: None,
        replies: Replies::First,
    },
    signature: |_| Signature { parameters: Vec::new(), result: None, raises: Vec::new() },
};

impl Resolver for Name {
    fn resolve<'a>(&'a self, _: &'a Orb) -> BoxFuture<'a, Result<Ior, SystemException>> {
        Box::pin(async move {
            let write = |body: &mut BodyWriter| {
                body.items(1);
                body.put(&self.name)
            };
            let call = self
                .context
                .call::<ObjectRef, Infallible>(None, &RESOLVE, &write, |body| body.next("result"));
            call.await.map(|object| object.ior().clone()).map_err(|fault| self.unresolved(fault))
        })
    }
}

impl Name {
    /// What a naming service declares, such as `NotFound`, says nothing about the operation that was to be called.
    fn unresolved(&self, fault: Fault) -> SystemException {
        let Fault::System(exception) = fault;
        if exception.minor() != Minor::UNDECLARED_EXCEPTION {
            return exception;
        }
        let answer = exception.report().and_then(|report| report.detail.clone()).unwrap_or_default();
        SystemException::new(ExceptionKind::InvObjref, Minor::NAME_NOT_RESOLVED, Completion::No)
            .because(format_args!("{self}: {answer}"))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

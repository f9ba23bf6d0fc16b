//! From what went wrong to the exception that says so.

use quorb::{Completion, ExceptionKind, Fault, Minor, SystemException};

use super::service::{Failure, Service};
use crate::cos::{
    AlreadyBound, BindError, BindLeasedError, CannotProceed, InvalidName, NameComponent, NamingContextProxy,
    NotEmpty, NotFound, NotFoundReason, ResolveError, ToUrlError, UnknownLease,
};
use crate::tree::{Refusal, Why};

/// Everything that an operation on names may raise.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refused {
    NotFound(NotFound),
    CannotProceed(CannotProceed),
    InvalidName,
    AlreadyBound,
    NotEmpty,
    UnknownLease,
    System(SystemException),
}

impl Refused {
    pub(super) fn system(kind: ExceptionKind, completed: Completion, cause: &str) -> Refused {
        Refused::System(SystemException::new(kind, Minor::UNSPECIFIED, completed).because(cause))
    }

    /// An argument that is none.
    pub(super) fn bad_param(cause: &str) -> Refused {
        Refused::system(ExceptionKind::BadParam, Completion::No, cause)
    }
}

impl Service {
    /// What a refusal means for the operation with this name.
    pub(super) fn refused(&self, refusal: Refusal, name: &[NameComponent]) -> Refused {
        let rest = |components: usize| name.get(components..).unwrap_or_default().to_vec();
        let system = |kind| {
            Refused::System(SystemException::new(kind, Minor::UNSPECIFIED, Completion::No).because(refusal))
        };
        match refusal {
            Refusal::NotFound { why, components } => {
                Refused::NotFound(NotFound { why: why.into(), rest_of_name: rest(components) })
            }
            Refusal::Destroyed { context, components } => Refused::CannotProceed(CannotProceed {
                cxt: self.context_reference(context).unchecked::<NamingContextProxy>(),
                rest_of_name: rest(components),
            }),
            Refusal::AlreadyBound => Refused::AlreadyBound,
            Refusal::NoName => Refused::InvalidName,
            Refusal::NotEmpty => Refused::NotEmpty,
            Refusal::NoLease => Refused::UnknownLease,
            Refusal::NoContext => system(ExceptionKind::ObjectNotExist),
            Refusal::IsRoot => system(ExceptionKind::NoPermission),
            Refusal::NoTarget | Refusal::LeaseTime => system(ExceptionKind::BadParam),
            Refusal::Full { .. } => system(ExceptionKind::ImpLimit),
        }
    }

    /// What a failed update means for the operation with this name.
    pub(super) fn failed(&self, failure: Failure, name: &[NameComponent]) -> Refused {
        use ExceptionKind::{PersistStore, Transient};
        match failure {
            Failure::Refused(refusal) => self.refused(refusal, name),
            Failure::Store => {
                Refused::system(PersistStore, Completion::No, "the name could not be written down")
            }
            Failure::InDoubt => {
                Refused::system(PersistStore, Completion::Maybe, "the store failed while it wrote the name")
            }
            Failure::Overloaded => {
                Refused::system(Transient, Completion::No, "limit updates_waiting_max reached")
            }
            Failure::Group(exception) => Refused::System(exception),
            Failure::Ending => Refused::system(Transient, Completion::No, "the naming service ends"),
        }
    }
}

impl From<Why> for NotFoundReason {
    fn from(why: Why) -> NotFoundReason {
        match why {
            Why::Missing => NotFoundReason::MissingNode,
            Why::NotContext => NotFoundReason::NotContext,
            Why::NotObject => NotFoundReason::NotObject,
        }
    }
}

/// What an operation does not declare, and should never have had to raise.
fn undeclared(refused: &Refused) -> SystemException {
    SystemException::new(ExceptionKind::Unknown, Minor::UNDECLARED_EXCEPTION, Completion::Maybe)
        .because(format_args!("{refused:?}"))
}

/// The exception enum of an operation, from and to [`Refused`].
macro_rules! raised_as {
    ($error:ident: $($variant:ident),*; $($unit:ident),*) => {
        impl From<Refused> for Fault<$error> {
            fn from(refused: Refused) -> Fault<$error> {
                match refused {
                    $(Refused::$variant(exception) => Fault::User($error::$variant(exception)),)*
                    $(Refused::$unit => Fault::User($error::$unit($unit)),)*
                    Refused::System(exception) => Fault::System(exception),
                    #[allow(unreachable_patterns)]
                    other => Fault::System(undeclared(&other)),
                }
            }
        }

        impl From<$error> for Refused {
            fn from(error: $error) -> Refused {
                match error {
                    $($error::$variant(exception) => Refused::$variant(exception),)*
                    $($error::$unit($unit) => Refused::$unit,)*
                }
            }
        }
    };
}

raised_as!(BindError: NotFound, CannotProceed; InvalidName, AlreadyBound);
raised_as!(ResolveError: NotFound, CannotProceed; InvalidName);
raised_as!(BindLeasedError: NotFound, CannotProceed; InvalidName, AlreadyBound, UnknownLease);

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Fault {
        match refused {
            Refused::System(exception) => Fault::System(exception),
            other => Fault::System(undeclared(&other)),
        }
    }
}

impl From<Refused> for Fault<NotEmpty> {
    fn from(refused: Refused) -> Fault<NotEmpty> {
        match refused {
            Refused::NotEmpty => Fault::User(NotEmpty),
            Refused::System(exception) => Fault::System(exception),
            other => Fault::System(undeclared(&other)),
        }
    }
}

impl From<Refused> for Fault<UnknownLease> {
    fn from(refused: Refused) -> Fault<UnknownLease> {
        match refused {
            Refused::UnknownLease => Fault::User(UnknownLease),
            Refused::System(exception) => Fault::System(exception),
            other => Fault::System(undeclared(&other)),
        }
    }
}

impl From<crate::name::MalformedUrl> for ToUrlError {
    fn from(malformed: crate::name::MalformedUrl) -> ToUrlError {
        match malformed {
            crate::name::MalformedUrl::Address => ToUrlError::InvalidAddress(crate::cos::InvalidAddress),
            crate::name::MalformedUrl::Name(_) => ToUrlError::InvalidName(InvalidName),
        }
    }
}

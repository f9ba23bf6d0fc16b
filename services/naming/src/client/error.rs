//! What can go wrong with a name.

use quorb::{Fault, SystemException};

use crate::cos::{
    BindError, BindLeasedError, NameComponent, NotEmpty, NotFoundReason, ResolveError, UnknownLease,
};
use crate::name::{self, MalformedName};

/// Why something with a name did not work.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The text is no name.
    #[error("`{path}` is no name: {cause}")]
    Malformed {
        /// The text.
        path: String,
        /// Why.
        cause: MalformedName,
    },
    /// The naming service does not take the name: it is too long, or has a component that is.
    #[error("`{path}` is no name that the naming service takes")]
    Refused {
        /// The name.
        path: String,
    },
    /// The name does not lead there.
    #[error("`{path}`: {}", words(*why, rest))]
    NotFound {
        /// The name.
        path: String,
        /// What is wrong with the first component that was not followed.
        why: NotFoundReason,
        /// What was not followed.
        rest: String,
    },
    /// The name leads to a context of another service, which does not answer.
    #[error("`{path}`: the naming service cannot ask the context in which `{rest}` would be")]
    CannotProceed {
        /// The name.
        path: String,
        /// What was to be asked.
        rest: String,
    },
    /// The name is bound.
    #[error("`{path}` is bound already")]
    AlreadyBound {
        /// The name.
        path: String,
    },
    /// The context has bindings.
    #[error("the context `{path}` is not empty")]
    NotEmpty {
        /// The name.
        path: String,
    },
    /// The object has not the interface that was asked for.
    #[error("`{path}` is bound to an object without the interface {interface}")]
    WrongInterface {
        /// The name.
        path: String,
        /// The repository id.
        interface: &'static str,
    },
    /// The naming service is none of ours: it has no leases and cannot be watched.
    #[error("the naming service has only OMG's interface: no leases, nothing to watch")]
    NotOurs,
    /// The service was restarted or forgot: changes may have been missed.
    #[error("changes have been missed: what is known of the names is to be looked up again")]
    Missed,
    /// The subtree has more contexts than a watch takes.
    #[error("more than {limit} contexts are to be watched")]
    TooManyContexts {
        /// The limit.
        limit: usize,
    },
    /// The lease has ended.
    #[error("the lease has ended")]
    LeaseEnded,
    /// The call failed.
    #[error(transparent)]
    Call(#[from] SystemException),
}

fn words(why: NotFoundReason, rest: &str) -> String {
    let first = name::parse(rest).ok().and_then(|rest| rest.into_iter().next());
    let first = first.map(|first| name::write(&[first])).unwrap_or_default();
    match why {
        NotFoundReason::MissingNode => format!("`{first}` is not bound"),
        NotFoundReason::NotContext => format!("`{first}` is bound to an object, not to a context"),
        NotFoundReason::NotObject => format!("`{first}` is bound to a context, not to an object"),
    }
}

/// An exception, as it concerns a path.
pub(super) trait About {
    fn about(self, path: &str) -> NameError;
}

fn not_found(exception: crate::cos::NotFound, path: &str) -> NameError {
    let rest = name::write(&exception.rest_of_name);
    NameError::NotFound { path: path.to_owned(), why: exception.why, rest }
}

fn cannot_proceed(rest: &[NameComponent], path: &str) -> NameError {
    NameError::CannotProceed { path: path.to_owned(), rest: name::write(rest) }
}

impl About for ResolveError {
    fn about(self, path: &str) -> NameError {
        match self {
            ResolveError::NotFound(exception) => not_found(exception, path),
            ResolveError::CannotProceed(exception) => cannot_proceed(&exception.rest_of_name, path),
            ResolveError::InvalidName(_) => NameError::Refused { path: path.to_owned() },
        }
    }
}

impl About for BindError {
    fn about(self, path: &str) -> NameError {
        match self {
            BindError::NotFound(exception) => not_found(exception, path),
            BindError::CannotProceed(exception) => cannot_proceed(&exception.rest_of_name, path),
            BindError::InvalidName(_) => NameError::Refused { path: path.to_owned() },
            BindError::AlreadyBound(_) => NameError::AlreadyBound { path: path.to_owned() },
        }
    }
}

impl About for BindLeasedError {
    fn about(self, path: &str) -> NameError {
        match self {
            BindLeasedError::NotFound(exception) => not_found(exception, path),
            BindLeasedError::CannotProceed(exception) => cannot_proceed(&exception.rest_of_name, path),
            BindLeasedError::InvalidName(_) => NameError::Refused { path: path.to_owned() },
            BindLeasedError::AlreadyBound(_) => NameError::AlreadyBound { path: path.to_owned() },
            BindLeasedError::UnknownLease(_) => NameError::LeaseEnded,
        }
    }
}

impl About for NotEmpty {
    fn about(self, path: &str) -> NameError {
        NameError::NotEmpty { path: path.to_owned() }
    }
}

impl About for UnknownLease {
    fn about(self, _: &str) -> NameError {
        NameError::LeaseEnded
    }
}

impl About for std::convert::Infallible {
    fn about(self, _: &str) -> NameError {
        match self {}
    }
}

impl<E: About> About for Fault<E> {
    fn about(self, path: &str) -> NameError {
        match self {
            Fault::User(declared) => declared.about(path),
            Fault::System(exception) => NameError::Call(exception),
        }
    }
}

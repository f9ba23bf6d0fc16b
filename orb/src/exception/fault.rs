//! How a call ends when it does not end well.

use std::convert::Infallible;
use std::fmt;

use super::{Completion, ExceptionKind, SystemException};

/// How a call ended when it did not end well: with an exception that its interface declares, or with a system exception.
///
/// `E` is the declared exception: a `#[derive(Exception)]` struct, an enum of them, or [`Infallible`] where the
/// operation declares none. `Fault<E>` is also what a servant's method may return in place of `E` to raise a system
/// exception by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault<E = Infallible> {
    /// An exception that the operation declares; the operation ran.
    User(E),
    /// The broker or something under it failed.
    System(SystemException),
}

impl<E> Fault<E> {
    /// The system exception, if it is one.
    pub fn system(&self) -> Option<&SystemException> {
        match self {
            Fault::User(_) => None,
            Fault::System(exception) => Some(exception),
        }
    }

    /// The declared exception, if it is one.
    pub fn user(&self) -> Option<&E> {
        match self {
            Fault::User(exception) => Some(exception),
            Fault::System(_) => None,
        }
    }

    /// The kind of system exception, if it is one.
    pub fn kind(&self) -> Option<ExceptionKind> {
        self.system().map(SystemException::kind)
    }

    /// Whether the operation was executed. A declared exception means that it was.
    pub fn completed(&self) -> Completion {
        match self {
            Fault::User(_) => Completion::Yes,
            Fault::System(exception) => exception.completed(),
        }
    }

    /// Converts the declared exception.
    pub fn map_user<F>(self, convert: impl FnOnce(E) -> F) -> Fault<F> {
        match self {
            Fault::User(exception) => Fault::User(convert(exception)),
            Fault::System(exception) => Fault::System(exception),
        }
    }
}

impl Fault<Infallible> {
    /// The same fault where an operation that declares exceptions expects one.
    pub fn widen<E>(self) -> Fault<E> {
        match self {
            Fault::User(never) => match never {},
            Fault::System(exception) => Fault::System(exception),
        }
    }
}

impl<E> From<SystemException> for Fault<E> {
    fn from(exception: SystemException) -> Self {
        Fault::System(exception)
    }
}

impl<E: fmt::Display> fmt::Display for Fault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::User(exception) => exception.fmt(f),
            Fault::System(exception) => exception.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Fault<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Fault::User(exception) => Some(exception),
            Fault::System(exception) => Some(exception),
        }
    }
}

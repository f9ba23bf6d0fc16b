//! What can be asked of a tree, and what is answered.

use std::time::Duration;

use super::{ContextId, Label, LeaseId, Reference, Sort, Target};

/// An update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Binds a name.
    Bind {
        /// Where the name begins.
        at: ContextId,
        /// The name.
        name: Vec<Label>,
        /// To what.
        target: Target,
        /// Whether it may be bound already.
        mode: Mode,
        /// The lease that the binding ends with.
        lease: Option<LeaseId>,
    },
    /// Removes a binding.
    Unbind {
        /// Where the name begins.
        at: ContextId,
        /// The name.
        name: Vec<Label>,
    },
    /// Makes a context.
    NewContext {
        /// The context that was asked to.
        at: ContextId,
    },
    /// Makes a context and binds it.
    BindNewContext {
        /// Where the name begins.
        at: ContextId,
        /// The name.
        name: Vec<Label>,
    },
    /// Destroys an empty context.
    Destroy {
        /// Which.
        context: ContextId,
    },
    /// Begins a lease.
    Grant {
        /// How long it lives without being renewed.
        ttl: Duration,
    },
    /// Lets a lease begin anew.
    Renew {
        /// Which.
        lease: LeaseId,
    },
    /// Ends a lease, with its bindings.
    Revoke {
        /// Which.
        lease: LeaseId,
    },
    /// Ends every lease whose time has come.
    Expire,
    /// Lets all leases begin anew: nobody could renew them for a while.
    RenewAll,
}

/// What may be bound already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    New,
    /// What is of the same sort.
    Replace,
}

/// How a command went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The new context.
    Context(ContextId),
    /// The new lease.
    Lease(LeaseId),
    /// The name leads to another service, which is to be asked.
    Elsewhere {
        /// The context there.
        context: Reference,
        /// How many components have led there.
        components: usize,
    },
}

/// Why a command or a question was refused. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name does not lead there.
    #[error("not found: {why:?} behind {components} components")]
    NotFound {
        /// What is wrong.
        why: Why,
        /// How many components were followed.
        components: usize,
    },
    /// The name leads to a context that has been destroyed.
    #[error("a context on the way was destroyed, behind {components} components")]
    Destroyed {
        /// The context.
        context: ContextId,
        /// How many components have led there.
        components: usize,
    },
    /// The name is bound.
    #[error("already bound")]
    AlreadyBound,
    /// There is no component.
    #[error("a name without components")]
    NoName,
    /// The context has bindings.
    #[error("the context is not empty")]
    NotEmpty,
    /// The context that was asked does not exist any more.
    #[error("the context does not exist")]
    NoContext,
    /// The context that was to be bound does not exist any more.
    #[error("the context to be bound does not exist")]
    NoTarget,
    /// The root is not destroyed.
    #[error("the root is not destroyed")]
    IsRoot,
    /// There is no such lease any more.
    #[error("the lease does not exist")]
    NoLease,
    /// The time of a lease is out of bounds.
    #[error("the time of a lease is out of bounds")]
    LeaseTime,
    /// There are as many as there may be.
    #[error("limit {limit} reached: {max}")]
    Full {
        /// The limit.
        limit: &'static str,
        /// What it is.
        max: usize,
    },
}

/// What is wrong with the first component that was not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is not bound.
    Missing,
    /// It is bound to an object where a context is needed.
    NotContext,
    /// It is bound to a context where an object is needed.
    NotObject,
}

impl Why {
    /// What is wrong with a binding of this sort that the other sort was to replace.
    pub(super) fn instead_of(sort: Sort) -> Why {
        match sort {
            Sort::Object => Why::NotContext,
            Sort::Context => Why::NotObject,
        }
    }
}

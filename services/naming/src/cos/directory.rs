//! Our own interface of a naming context: leases, look-ups that can be cached, and changes to watch.

use quorb::{Exception, Fault, IdlType, ObjectRef, interface};

use super::{
    AlreadyBound, BindingType, CannotProceed, InvalidName, NameComponent, NamingContextExt,
    NamingContextExtProxy, NotFound, ResolveError,
};

/// What our naming contexts can beyond OMG's. Leases and the numbering of changes are those of the whole service, whichever
/// of its contexts is asked.
#[interface(id = "IDL:quorb/Naming/Directory:1.0")]
pub trait Directory: NamingContextExt {
    /// The number of this context in its service. It is never given to another context.
    #[attribute]
    fn number(&self) -> u64;

    /// The reference to this context that says everything: all servers of the service, and how they are called best. Whoever
    /// has found it by an address wants it for updates: those are repeated without harm then.
    #[attribute]
    fn reference(&self) -> ObjectRef;

    /// What a name is bound to, and what that depends on: an answer holds until one of its steps changes.
    async fn look_up(&self, name: &[NameComponent]) -> Result<LookUp, Fault<ResolveError>>;

    /// Begins a lease: bindings that are made under it are removed when it has not been renewed for `ttl_ms` milliseconds.
    /// BAD_PARAM if that is out of the bounds that the service keeps.
    #[update]
    async fn grant(&self, ttl_ms: u64) -> Result<u64, Fault>;

    /// Lets the lease begin anew.
    #[idempotent]
    async fn renew(&self, lease: u64) -> Result<(), Fault<UnknownLease>>;

    /// Ends the lease and removes its bindings.
    #[update]
    async fn revoke(&self, lease: u64) -> Result<(), Fault<UnknownLease>>;

    /// Binds a name to an object under a lease; with `replace`, whatever object it was bound to.
    #[update]
    async fn bind_leased(
        &self,
        name: &[NameComponent],
        object: &ObjectRef,
        lease: u64,
        replace: bool,
    ) -> Result<(), Fault<BindLeasedError>>;

    /// The changes behind number `since` in the contexts with these numbers, or in all if there are none. If nothing has
    /// changed it waits, up to `wait_ms` milliseconds and a limit of the service's. The first call of a watcher says 0, and
    /// gets the number to begin with, at once.
    async fn changes(&self, since: u64, contexts: &[u64], wait_ms: u32) -> Result<Changes, Fault>;
}

/// The answer to [`Directory::look_up`].
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb/Naming/LookUp:1.0")]
pub struct LookUp {
    /// The object.
    pub object: ObjectRef,
    /// Whether names lead through it.
    pub sort: BindingType,
    /// The number of the context that it is, if it is one of this service; else 0, which no context has.
    pub context: u64,
    /// The bindings that led to it; none if some of them are in another naming service.
    pub steps: Vec<Step>,
    /// The number of the last change that the answer has seen.
    pub seen: u64,
}

/// A binding on the way to an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, IdlType)]
#[idl(id = "IDL:quorb/Naming/Step:1.0")]
pub struct Step {
    /// The number of its context.
    pub context: u64,
    /// Its name there.
    pub name: NameComponent,
}

/// The answer to [`Directory::changes`].
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb/Naming/Changes:1.0")]
pub struct Changes {
    /// What to ask next: the number of the last change that this answer covers.
    pub next: u64,
    /// Changes have been missed: the service has forgotten them, or was restarted.
    pub missed: bool,
    /// The changes, oldest first.
    pub changes: Vec<ChangeRecord>,
}

/// A change of a binding.
#[derive(Debug, Clone, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Naming/ChangeRecord:1.0")]
pub struct ChangeRecord {
    /// Which binding.
    pub step: Step,
    /// What has become of it.
    pub kind: ChangeKind,
    /// The number of the context that it is bound to now, if it is one of this service; else 0, which no context has.
    pub context: u64,
}

/// What has become of a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IdlType)]
#[idl(id = "IDL:quorb/Naming/ChangeKind:1.0")]
pub enum ChangeKind {
    /// It is bound to an object.
    BoundObject,
    /// It is bound to a context.
    BoundContext,
    /// It is no more.
    Unbound,
    /// It is no more, since its lease was not renewed.
    Expired,
}

/// What `bind_leased` raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum BindLeasedError {
    /// The name does not lead there.
    NotFound(NotFound),
    /// The name leads to a context that cannot be asked.
    CannotProceed(CannotProceed),
    /// No name.
    InvalidName(InvalidName),
    /// The name is bound.
    AlreadyBound(AlreadyBound),
    /// There is no such lease any more.
    UnknownLease(UnknownLease),
}

/// There is no such lease, or none any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:quorb/Naming/UnknownLease:1.0")]
pub struct UnknownLease;

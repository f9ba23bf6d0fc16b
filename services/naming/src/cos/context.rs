//! `CosNaming::NamingContext`: names and what they are bound to.

use quorb::{Exception, Fault, IdlType, ObjectRef, interface};

use super::{Binding, BindingIteratorProxy, NameComponent};

/// A naming context: a set of bindings, each from one name component to an object or to another context.
///
/// A name of several components leads through contexts; the last component is bound in the last context.
#[interface(id = "IDL:omg.org/CosNaming/NamingContext:1.0")]
pub trait NamingContext {
    /// Binds a name to an object. Names do not lead through it, even if it is a context.
    #[update]
    async fn bind(&self, n: &[NameComponent], obj: &ObjectRef) -> Result<(), Fault<BindError>>;

    /// Binds a name to an object, whatever object it was bound to.
    #[update]
    async fn rebind(&self, n: &[NameComponent], obj: &ObjectRef) -> Result<(), Fault<ResolveError>>;

    /// Binds a name to a context, so that names lead through it.
    #[update]
    async fn bind_context(
        &self,
        n: &[NameComponent],
        nc: &NamingContextProxy,
    ) -> Result<(), Fault<BindError>>;

    /// Binds a name to a context, whatever context it was bound to.
    #[update]
    async fn rebind_context(
        &self,
        n: &[NameComponent],
        nc: &NamingContextProxy,
    ) -> Result<(), Fault<ResolveError>>;

    /// What the name is bound to.
    async fn resolve(&self, n: &[NameComponent]) -> Result<ObjectRef, Fault<ResolveError>>;

    /// Removes a binding. A context that loses its last name lives on until it is destroyed.
    #[update]
    async fn unbind(&self, n: &[NameComponent]) -> Result<(), Fault<ResolveError>>;

    /// A new context that is bound to no name.
    #[update]
    async fn new_context(&self) -> Result<NamingContextProxy, Fault>;

    /// A new context, bound to the name.
    #[update]
    async fn bind_new_context(&self, n: &[NameComponent]) -> Result<NamingContextProxy, Fault<BindError>>;

    /// Destroys this context, which must be empty. Its name, if it has one, is to be unbound first.
    #[update]
    async fn destroy(&self) -> Result<(), Fault<NotEmpty>>;

    /// The bindings, in the order of their names: `how_many` at most, and an iterator for the rest, nil if there is none.
    #[parameters(how_many, bl, bi)]
    async fn list(&self, how_many: u32) -> Result<((), Vec<Binding>, BindingIteratorProxy), Fault>;
}

/// What operations that need an unbound name raise.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum BindError {
    /// The name does not lead there.
    NotFound(NotFound),
    /// The name leads to a context that cannot be asked.
    CannotProceed(CannotProceed),
    /// No name.
    InvalidName(InvalidName),
    /// The name is bound.
    AlreadyBound(AlreadyBound),
}

/// What operations raise that follow a name.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum ResolveError {
    /// The name does not lead there.
    NotFound(NotFound),
    /// The name leads to a context that cannot be asked.
    CannotProceed(CannotProceed),
    /// No name.
    InvalidName(InvalidName),
}

/// Why a name was not found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, IdlType)]
#[idl(id = "IDL:omg.org/CosNaming/NamingContext/NotFoundReason:1.0")]
pub enum NotFoundReason {
    /// The first component of the rest is not bound.
    #[idl(name = "missing_node")]
    #[default]
    MissingNode,
    /// It is bound to an object where a context is needed.
    #[idl(name = "not_context")]
    NotContext,
    /// It is bound to a context where an object is needed.
    #[idl(name = "not_object")]
    NotObject,
}

/// The name does not lead there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosNaming/NamingContext/NotFound:1.0")]
pub struct NotFound {
    /// What is wrong with the first component of the rest.
    pub why: NotFoundReason,
    /// What was not followed.
    pub rest_of_name: Vec<NameComponent>,
}

/// The service gives up; the caller may go on at the context that it names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosNaming/NamingContext/CannotProceed:1.0")]
pub struct CannotProceed {
    /// The context that could not be asked.
    pub cxt: NamingContextProxy,
    /// What it was to be asked.
    pub rest_of_name: Vec<NameComponent>,
}

/// No name: it has no component, or one that no name can have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosNaming/NamingContext/InvalidName:1.0")]
pub struct InvalidName;

/// The name is bound.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosNaming/NamingContext/AlreadyBound:1.0")]
pub struct AlreadyBound;

/// The context has bindings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosNaming/NamingContext/NotEmpty:1.0")]
pub struct NotEmpty;

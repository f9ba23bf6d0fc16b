//! The interfaces of the naming service as they are on the wire: OMG's CosNaming (Naming Service 1.3), and ours beside it.

mod context;
mod directory;
mod extended;
mod iterator;

pub use context::{
    AlreadyBound, BindError, CannotProceed, InvalidName, NamingContext, NamingContextBlocking,
    NamingContextProxy, NamingContextServant, NotEmpty, NotFound, NotFoundReason, ResolveError,
};
pub use directory::{
    BindLeasedError, ChangeKind, ChangeRecord, Changes, Directory, DirectoryBlocking, DirectoryProxy,
    DirectoryServant, LookUp, Step, UnknownLease,
};
pub use extended::{
    InvalidAddress, NamingContextExt, NamingContextExtBlocking, NamingContextExtProxy,
    NamingContextExtServant, ToUrlError,
};
pub use iterator::{BindingIterator, BindingIteratorBlocking, BindingIteratorProxy, BindingIteratorServant};

use quorb::IdlType;

/// One component of a name. Both parts count: `grid.object` is another name than `grid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, IdlType)]
#[idl(id = "IDL:omg.org/CosNaming/NameComponent:1.0")]
pub struct NameComponent {
    /// What stands before the dot.
    pub id: String,
    /// What stands behind it.
    pub kind: String,
}

/// What a name is bound to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, IdlType)]
#[idl(id = "IDL:omg.org/CosNaming/BindingType:1.0")]
pub enum BindingType {
    /// An object. It may be a naming context all the same: then names do not lead through it.
    #[idl(name = "nobject")]
    #[default]
    Object,
    /// A naming context that names lead through.
    #[idl(name = "ncontext")]
    Context,
}

/// An entry of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, IdlType)]
#[idl(id = "IDL:omg.org/CosNaming/Binding:1.0")]
pub struct Binding {
    /// The name in its context: one component.
    pub binding_name: Vec<NameComponent>,
    /// What it is bound to.
    pub binding_type: BindingType,
}

/// Whether names lead through what is being bound.
impl From<crate::tree::Sort> for BindingType {
    fn from(sort: crate::tree::Sort) -> BindingType {
        match sort {
            crate::tree::Sort::Object => BindingType::Object,
            crate::tree::Sort::Context => BindingType::Context,
        }
    }
}

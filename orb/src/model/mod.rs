//! What an interface is, as data: operations, types, behaviours, fingerprint.
//!
//! The macros emit [`Interface`] values; everything that needs to know an interface at run time (dispatch, reflection,
//! the command line) reads them. [`InterfaceDesc`] is the same as plain serializable data, which crosses the wire.

mod catalogue;
mod declarations;
mod fingerprint;
mod idl;
pub mod idl_names;
mod interface;
mod notation;
mod types;

pub use catalogue::TypeCatalogue;
pub use declarations::{Declarations, ValueDeclaration};
pub use idl::NoIdl;
pub use interface::{
    Ancestor, Behaviour, Direction, Interface, InterfaceDesc, Kind, Operation, OperationDesc, Parameter,
    Replies, Signature,
};
pub use notation::simple_name;
pub use types::{Case, Member, OpaqueKind, StateMember, TypeDef, TypeDesc, ValueKind};

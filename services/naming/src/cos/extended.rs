//! `CosNaming::NamingContextExt`: names as text.

use quorb::{Exception, Fault, ObjectRef, interface};

use super::{BindError, InvalidName, NameComponent, NamingContext, NamingContextProxy};

/// A naming context that knows names as text: `trading/grid.object`.
#[interface(id = "IDL:omg.org/CosNaming/NamingContextExt:1.0")]
pub trait NamingContextExt: NamingContext {
    /// The name as text: `to_string`, which is another method of every proxy.
    #[idl(name = "to_string")]
    fn name_to_string(&self, n: &[NameComponent]) -> Result<String, InvalidName>;

    /// The name that a text is.
    fn to_name(&self, sn: &str) -> Result<Vec<NameComponent>, InvalidName>;

    /// A `corbaname:` reference to the name in the naming service at an address such as `:names.example:2809`.
    fn to_url(&self, addr: &str, sn: &str) -> Result<String, ToUrlError>;

    /// What the name is bound to that a text is.
    async fn resolve_str(&self, n: &str) -> Result<ObjectRef, Fault<BindError>>;
}

/// What `to_url` raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum ToUrlError {
    /// No address.
    InvalidAddress(InvalidAddress),
    /// No name.
    InvalidName(InvalidName),
}

/// No address that a `corbaname:` reference could have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosNaming/NamingContextExt/InvalidAddress:1.0")]
pub struct InvalidAddress;

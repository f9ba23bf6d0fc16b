//! The name of a method, as OpenTelemetry's attribute `rpc.method` has it.

use std::fmt;

use crate::model::Interface;

/// A method by its full name: `module/Interface/operation`.
#[derive(Debug, Clone, Copy)]
pub struct MethodName<'a> {
    interface: &'a str,
    operation: &'a str,
}

/// The name of an operation of an interface; where the interface is not known, of the operation alone.
pub fn method_of<'a>(interface: Option<&'static Interface>, operation: &'a str) -> MethodName<'a> {
    MethodName { interface: interface.map_or("", |interface| plain_id(interface.id())), operation }
}

/// What is between the prefix and the version of a repository id in the format of IDL.
pub(super) fn plain_id(id: &str) -> &str {
    let name = id.strip_prefix("IDL:").unwrap_or(id);
    name.rsplit_once(':').map_or(name, |(name, _)| name)
}

impl fmt::Display for MethodName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.interface.is_empty() {
            write!(f, "{}/", self.interface)?;
        }
        f.write_str(self.operation)
    }
}

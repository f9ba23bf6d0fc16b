//! What cannot become Rust.

use quorb_idl::model::DefinitionId;
use quorb_idl::{Code, Diagnostic, Place, Severity};

use crate::Mapper;

/// Why there is no Rust for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Something in the IDL has no Rust form.
    Source(Diagnostic),
    /// A setting names nothing that it could mean.
    Setting {
        /// The name as it was given.
        name: String,
        /// The reason, for people.
        reason: String,
    },
}

impl Fault {
    pub(crate) fn at(place: Place, message: impl Into<String>) -> Fault {
        Fault::Source(Diagnostic {
            severity: Severity::Error,
            code: Code::Unsupported,
            span: Some(place.0),
            message: message.into(),
            related: Vec::new(),
        })
    }
}

impl Mapper<'_> {
    /// Notes a fault, unless the same was said of the same place.
    pub(crate) fn fault(&mut self, place: Place, message: impl Into<String>) {
        let fault = Fault::at(place, message);
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// The scoped name, for messages.
    pub(crate) fn scoped(&self, id: DefinitionId) -> String {
        self.model.path(id).join("::")
    }
}

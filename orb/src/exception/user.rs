//! Exceptions that an interface declares.

use std::convert::Infallible;

use crate::model::{TypeCatalogue, TypeDesc};
use crate::value::{BodyError, BodyReader, BodyWriter, IdlType};

/// A declared exception: a struct under `#[derive(Exception)]`.
pub trait UserException: IdlType + std::error::Error {
    /// The repository id, for example `IDL:Grid/OutOfRange:1.0`.
    const REPOSITORY_ID: &'static str;
}

/// What an operation may raise: one exception, an enum of several under `#[derive(Exception)]`, or
/// [`Infallible`] for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that an operation can raise",
    label = "not an exception",
    note = "derive it: `#[derive(quorb::Exception)]` on a struct, or on an enum with one exception in each variant"
)]
pub trait Raises: Sized + Send + 'static {
    /// The repository id of the exception in this value.
    fn repository_id(&self) -> &'static str;

    /// Whether the exception may be handed over within a process as it is; see [`IdlType::is_plain`].
    fn is_plain(&self) -> bool {
        false
    }

    /// Writes the members, without the repository id.
    fn write_members(&self, body: &mut BodyWriter) -> Result<(), BodyError>;

    /// Reads the members of the exception with this repository id; `None` if it is not one of these.
    fn read_members(id: &str, body: &mut BodyReader<'_>) -> Option<Result<Self, BodyError>>;

    /// The types of the exceptions, for the metadata.
    fn describe(types: &mut TypeCatalogue) -> Vec<TypeDesc>;
}

impl Raises for Infallible {
    fn repository_id(&self) -> &'static str {
        match *self {}
    }

    fn write_members(&self, _: &mut BodyWriter) -> Result<(), BodyError> {
        match *self {}
    }

    fn read_members(_: &str, _: &mut BodyReader<'_>) -> Option<Result<Self, BodyError>> {
        None
    }

    fn describe(_: &mut TypeCatalogue) -> Vec<TypeDesc> {
        Vec::new()
    }
}

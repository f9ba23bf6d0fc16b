//! Values whose types are known only at run time: for tools, bridges and gateways.
//!
//! A dynamic value is a [`ciborium::Value`] in the form that this table says. It is the same whichever format it was read
//! from and will be written to.
//!
//! | Type | Form |
//! |---|---|
//! | `boolean` | bool |
//! | numbers without fraction | integer, in the range of the type |
//! | `float`, `double` | float; an integer is taken too |
//! | `char`, `wchar` | text of one character |
//! | `string`, `wstring` | text |
//! | sequence or array of `octet` | bytes; an array of integers is taken too |
//! | other sequences, arrays | array |
//! | maps | map, no key twice |
//! | optional values | the value, or null; the value alone in an array where it may be null itself |
//! | references | text, `IOR:...`; null for nil |
//! | structs, exceptions | map from the names of the members, text, to their values |
//! | enums | text, the name of the enumerator |
//! | unions | array of the discriminator and the value; null where the case has none |
//!
//! Octets from outside cost at most an error: nesting and the number of values are limited.

mod cbor_items;
mod cbor_read;
mod cbor_write;
mod cdr_read;
mod cdr_write;
mod error;
mod view;

use std::collections::BTreeMap;

use ciborium::Value;

use super::{BodyError, BodyReader, BodyWriter};
use crate::model::{TypeDef, TypeDesc};
pub use error::DynamicError;
pub use view::{UnionView, union_view};

/// The values that one dynamic value may consist of. Each takes some forty octets of memory, however few it took on the
/// wire.
pub const DYNAMIC_VALUES_MAX: usize = 1 << 22;

/// How deep dynamic values may nest.
pub const DYNAMIC_DEPTH_MAX: u32 = 96;

/// The definitions that named types refer to, as an [`InterfaceDesc`](crate::model::InterfaceDesc) lists them.
#[derive(Debug, Clone, Copy)]
pub struct Types<'a>(&'a BTreeMap<String, TypeDef>);

impl<'a> Types<'a> {
    /// The definitions in a catalogue.
    pub fn new(definitions: &'a BTreeMap<String, TypeDef>) -> Types<'a> {
        Types(definitions)
    }

    /// The definition with this repository id.
    ///
    /// # Errors
    /// [`DynamicError::UndefinedType`].
    pub fn definition(self, id: &str) -> Result<&'a TypeDef, DynamicError> {
        self.0.get(id).ok_or_else(|| DynamicError::UndefinedType(id.to_owned()))
    }
}

impl BodyWriter {
    /// Writes a dynamic value as a value of type `ty` would be written.
    ///
    /// # Errors
    /// It is no value of the type, or the format cannot express it.
    pub fn put_dynamic(&mut self, value: &Value, ty: &TypeDesc, types: Types<'_>) -> Result<(), BodyError> {
        match self {
            BodyWriter::Cdr(out) => Ok(cdr_write::write(value, ty, types, out)?),
            BodyWriter::Cbor(out) => {
                Ok(super::cbor::write_item(&cbor_write::to_wire(value, ty, types)?, out)?)
            }
        }
    }
}

impl BodyReader<'_> {
    /// Reads the next value as one of type `ty`; `name` is for the error message.
    ///
    /// # Errors
    /// The value is missing, is not of the type, or exceeds [`DYNAMIC_VALUES_MAX`] or [`DYNAMIC_DEPTH_MAX`].
    pub fn next_dynamic(&mut self, name: &str, ty: &TypeDesc, types: Types<'_>) -> Result<Value, BodyError> {
        let read = match self {
            BodyReader::Cdr(input) => cdr_read::read(ty, types, input),
            BodyReader::Cbor { left: 0, .. } => return Err(BodyError::Missing(name.to_owned())),
            BodyReader::Cbor { input, left } => {
                *left -= 1;
                cbor_read::read(ty, types, input)
            }
        };
        read.map_err(|cause| BodyError::Value { name: name.to_owned(), cause: Box::new(cause.into()) })
    }
}

/// How much more a reader or writer may descend or hold.
#[derive(Debug)]
struct Budget {
    depth_left: u32,
    values_left: usize,
}

impl Budget {
    fn new() -> Budget {
        Budget { depth_left: DYNAMIC_DEPTH_MAX, values_left: DYNAMIC_VALUES_MAX }
    }

    /// Accounts for `count` values.
    fn spend(&mut self, count: usize) -> Result<(), DynamicError> {
        self.values_left = self
            .values_left
            .checked_sub(count)
            .ok_or(DynamicError::TooManyValues { limit: DYNAMIC_VALUES_MAX })?;
        Ok(())
    }

    /// Goes one level down; [`ascend`](Self::ascend) comes back.
    fn descend(&mut self) -> Result<(), DynamicError> {
        self.depth_left =
            self.depth_left.checked_sub(1).ok_or(DynamicError::TooDeep { limit: DYNAMIC_DEPTH_MAX })?;
        Ok(())
    }

    fn ascend(&mut self) {
        self.depth_left += 1;
    }
}

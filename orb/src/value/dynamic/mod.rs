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
//! | `long double` | bytes, 16 of them, the most significant one first |
//! | `fixed` | text: `-12.50` |
//! | `any` | array of the type code and the value |
//! | values | null, `[number, id, members]`, or the number of a value met before |
//! | custom values | the same with bytes for the members: what their own code writes, which the process must have [registered](crate::value::valuetype::register) where they cross CDR |
//! | `TypeCode` | as in CBOR: a map of the type and the definitions |
//!
//! Octets from outside cost at most an error: nesting and the number of values are limited.

mod cbor_items;
mod cbor_read;
mod cbor_write;
mod cdr_read;
mod cdr_write;
mod error;
mod values;
mod view;

use std::collections::BTreeMap;

use ciborium::Value;

use super::{BodyError, BodyReader, BodyWriter};
use crate::model::{TypeDef, TypeDesc};
pub use error::DynamicError;
pub use view::{UnionView, union_view};

pub(crate) use cbor_read::from_item;
pub(crate) use cbor_write::to_wire as to_item;
pub(crate) use cdr_read::{read as read_cdr, read_any_value};
pub(crate) use cdr_write::{write as write_cdr, write_any_value};

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

    /// The repository id of the only type with this simple name, or of the type that has this id.
    pub fn named(self, name: &str) -> Option<&'a str> {
        if let Some((id, _)) = self.0.get_key_value(name) {
            return Some(id);
        }
        let mut found = self.0.iter().filter(|(_, definition)| definition.name() == name);
        match (found.next(), found.next()) {
            (Some((id, _)), None) => Some(id),
            _ => None,
        }
    }

    /// The definitions, copied.
    pub fn to_definitions(self) -> BTreeMap<String, TypeDef> {
        self.0.clone()
    }

    /// The definition with this repository id, with the id as long as the definition lives.
    pub fn entry(self, id: &str) -> Option<(&'a str, &'a TypeDef)> {
        self.0.get_key_value(id).map(|(id, definition)| (id.as_str(), definition))
    }

    /// The type behind all aliases, and its definition if it has a name.
    ///
    /// # Errors
    /// [`DynamicError::UndefinedType`], also for aliases that only lead to each other.
    pub fn resolve<'d>(self, desc: &'d TypeDesc) -> Result<(&'d TypeDesc, Option<&'d TypeDef>), DynamicError>
    where
        'a: 'd,
    {
        let mut desc = desc;
        for _ in 0..=self.0.len() {
            let TypeDesc::Named(id) = desc else { return Ok((desc, None)) };
            match self.definition(id)? {
                TypeDef::Alias { ty, .. } => desc = ty,
                definition => return Ok((desc, Some(definition))),
            }
        }
        Err(DynamicError::UndefinedType(desc.to_string()))
    }

    /// The ids and definitions of a value type and its bases, the most basic one first. A type that is no value type is
    /// alone.
    ///
    /// # Errors
    /// [`DynamicError::UndefinedType`], also for bases that go round in a circle.
    pub fn lineage(self, id: &'a str) -> Result<Vec<(&'a str, &'a TypeDef)>, DynamicError> {
        let mut lineage = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            if lineage.len() > self.0.len() {
                return Err(DynamicError::UndefinedType(id.to_owned()));
            }
            let definition = self.definition(id)?;
            lineage.push((id, definition));
            next = match definition {
                TypeDef::Value { base: Some(TypeDesc::Named(base)), .. } => Some(base),
                _ => None,
            };
        }
        lineage.reverse();
        Ok(lineage)
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
#[derive(Debug, Clone, Copy)]
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

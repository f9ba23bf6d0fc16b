//! The trait of every type that may appear in an interface.

use quorb_giop::cdr::Cdr;
use quorb_giop::limits::PREALLOCATION_BYTES_MAX;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, Serializer};

use super::cbor::{AsCbor, FromCbor};
use crate::model::{TypeCatalogue, TypeDesc};

/// A type that may appear in an interface: as a parameter, a result, a member of another type.
///
/// Usually derived: `#[derive(IdlType)]` on structs and enums, `#[derive(Exception)]` on exceptions. The slice hooks let a
/// type decide how a vector of it is written: numbers override them to move as one block, and since the container asks
/// its element type, that holds for type aliases and nested vectors too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross an interface",
    label = "not an IDL type",
    note = "derive it: `#[derive(quorb::IdlType)]` on structs and enums, `#[derive(quorb::Exception)]` on exceptions",
    note = "`usize`, `isize`, `i128` and `u128` have no IDL type: choose a fixed size up to 64 bits"
)]
pub trait IdlType: Cdr + Send + Sync + 'static {
    /// Whether some value of the type is null in CBOR, so that an [`Option`] around it needs a sign of its own for "some".
    const NULLABLE: bool = false;

    /// The type as data; defined types enter the catalogue.
    fn describe(types: &mut TypeCatalogue) -> TypeDesc;

    /// The type of a value that may be missing. Types that have a null of their own override it.
    fn describe_option(types: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Optional(Box::new(Self::describe(types)))
    }

    /// Whether the value would surely come out of encoding and decoding in this process equal to what it is, sharing nothing
    /// that can change with it. Calls within a process hand such values over as they are. It is asked of members `levels`
    /// deep; false is always a right answer.
    fn is_plain(&self, levels: u32) -> bool {
        let _ = levels;
        false
    }

    /// Whether that holds for all of them.
    fn are_plain(items: &[Self], levels: u32) -> bool {
        items.iter().all(|item| item.is_plain(levels))
    }

    /// Writes the value as CBOR.
    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads a value from CBOR.
    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Writes a slice of values as CBOR: an array, unless the type has a denser form.
    fn write_cbor_slice<S: Serializer>(items: &[Self], serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(items.len()))?;
        for item in items {
            sequence.serialize_element(&AsCbor(item))?;
        }
        sequence.end()
    }

    /// Reads a vector of values from CBOR.
    fn read_cbor_vec<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Self>, D::Error> {
        deserializer.deserialize_seq(Elements::<Self>(std::marker::PhantomData))
    }
}

/// Reads the elements of an array one by one. The announced length is believed only up to a small preallocation.
struct Elements<T>(std::marker::PhantomData<T>);

impl<'de, T: IdlType> Visitor<'de> for Elements<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<T>, A::Error> {
        let room = PREALLOCATION_BYTES_MAX / size_of::<T>().max(1);
        let mut items = Vec::with_capacity(sequence.size_hint().unwrap_or(0).min(room));
        while let Some(FromCbor(item)) = sequence.next_element::<FromCbor<T>>()? {
            items.push(item);
        }
        Ok(items)
    }
}

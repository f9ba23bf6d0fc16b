//! An `any` on the wire: its type code and its value, in CDR one behind the other, in CBOR an array of the two.

use quorb_giop::cdr::{Cdr, CdrError, CdrProfile, Decoder, Encoder};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{self, Serialize, SerializeTuple, Serializer};

use super::copy::Copier;
use super::{Any, TypeCode};
use crate::model::{TypeCatalogue, TypeDesc};
use crate::value::IdlType;
use crate::value::dynamic::{self, DynamicError};

impl Any {
    /// The octets of the value by other rules.
    pub(super) fn in_profile(&self, profile: CdrProfile) -> Result<Vec<u8>, CdrError> {
        let mut out = Encoder::with_buffer(Vec::with_capacity(self.octets.len()), 0, profile);
        self.write_value(&mut out)?;
        Ok(out.into_bytes())
    }

    fn write_value(&self, out: &mut Encoder) -> Result<(), CdrError> {
        Copier::new(&self.code).any_value(&mut self.decoder(), out)
    }
}

impl Cdr for Any {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.code.encode(out)?;
        // Octets that were written by the same rules, and would begin at a multiple of eight again, are the same.
        if self.profile == out.profile() && out.position().is_multiple_of(8) && !self.code.holds_values() {
            out.write_octets(&self.octets);
            return Ok(());
        }
        self.write_value(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        let code = TypeCode::decode(input)?;
        let profile = input.profile();
        let mut out = Encoder::with_buffer(Vec::new(), 0, profile);
        input.nested(|input| Copier::new(&code).any_value(input, &mut out))?;
        Ok(Any { code, octets: out.into_bytes().into(), profile })
    }
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.to_dynamic().map_err(ser::Error::custom)?;
        let item =
            dynamic::to_item(&value, self.code.desc(), self.code.types()).map_err(ser::Error::custom)?;
        let mut parts = serializer.serialize_tuple(2)?;
        parts.serialize_element(&self.code)?;
        parts.serialize_element(&item)?;
        parts.end()
    }
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (code, item) = <(TypeCode, ciborium::Value)>::deserialize(deserializer)?;
        let read = |item| {
            let value = dynamic::from_item(item, code.desc(), code.types())?;
            let mut out = Encoder::with_buffer(Vec::new(), 0, Any::OWN);
            dynamic::write_any_value(&value, &code, &mut out)?;
            Ok::<_, DynamicError>(out.into_bytes())
        };
        let octets = read(item).map_err(de::Error::custom)?.into();
        Ok(Any { code, octets, profile: Any::OWN })
    }
}

impl IdlType for Any {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Any
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

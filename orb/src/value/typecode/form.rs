//! Type codes as values of interfaces: CDR as the standard has it, CBOR as the description.

use std::borrow::Cow;
use std::collections::BTreeMap;

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::{TypeCode, elements_of, parts_of, read, write};
use crate::model::{TypeCatalogue, TypeDef, TypeDesc};
use crate::value::IdlType;

impl Cdr for TypeCode {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        write::write(self, out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        read::read(input)
    }
}

/// A map of the type and, where it reaches any, the definitions.
#[derive(serde::Serialize, serde::Deserialize)]
struct Form<'a> {
    #[serde(rename = "type")]
    desc: Cow<'a, TypeDesc>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    types: BTreeMap<String, Cow<'a, TypeDef>>,
}

impl Serialize for TypeCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut types = BTreeMap::new();
        let mut open = vec![&self.desc];
        while let Some(desc) = open.pop() {
            match desc {
                TypeDesc::Named(id) | TypeDesc::Object(id) | TypeDesc::Abstract(id) => {
                    if let Some(definition) = self.definitions.get(id)
                        && types.insert(id.clone(), definition).is_none()
                    {
                        open.extend(parts_of(definition));
                    }
                }
                desc => open.extend(elements_of(desc)),
            }
        }
        let types = types.into_iter().map(|(id, definition)| (id, Cow::Borrowed(definition)));
        Form { desc: Cow::Borrowed(&self.desc), types: types.collect() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TypeCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Form { desc, types } = Form::deserialize(deserializer)?;
        let types: BTreeMap<_, _> =
            types.into_iter().map(|(id, definition)| (id, definition.into_owned())).collect();
        TypeCode::new(desc.into_owned(), types).map_err(de::Error::custom)
    }
}

impl IdlType for TypeCode {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::TypeCode
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

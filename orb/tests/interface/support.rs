//! Values through both formats and back.

use quorb::IdlType;
use quorb::model::{TypeCatalogue, TypeDef, TypeDesc};
use quorb::value::{decode_cbor, encode_cbor};
use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder, Endian};

/// The value as big-endian CDR.
pub(crate) fn cdr<T: Cdr>(value: &T) -> Vec<u8> {
    let mut out = Encoder::new(Endian::Big);
    value.encode(&mut out).expect("the value is expressible");
    out.into_bytes()
}

/// A value read from big-endian CDR, all of it.
pub(crate) fn from_cdr<T: Cdr>(octets: &[u8]) -> Result<T, CdrError> {
    let mut input = Decoder::new(octets, Endian::Big);
    let value = T::decode(&mut input)?;
    input.finish()?;
    Ok(value)
}

/// The value as CBOR.
pub(crate) fn cbor<T: IdlType>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    encode_cbor(value, &mut out).expect("the value is expressible");
    out
}

/// A value read from CBOR, all of it.
pub(crate) fn from_cbor<T: IdlType>(mut octets: &[u8]) -> Result<T, String> {
    let value = decode_cbor(&mut octets).map_err(|error| error.to_string())?;
    if octets.is_empty() { Ok(value) } else { Err(format!("{} octets left", octets.len())) }
}

/// CBOR of anything serde knows, for hand-made input.
pub(crate) fn raw_cbor(value: &impl serde::Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).expect("plain data");
    out
}

/// Checks that a value comes back from both formats, through serde too.
pub(crate) fn assert_round_trip<T>(value: &T)
where
    T: IdlType + PartialEq + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    assert_eq!(from_cdr::<T>(&cdr(value)).as_ref(), Ok(value));
    assert_eq!(from_cbor::<T>(&cbor(value)).as_ref(), Ok(value));
    assert_eq!(raw_cbor(value), cbor(value));
    let json = serde_json::to_string(value).expect("the value is plain data");
    assert_eq!(&serde_json::from_str::<T>(&json).expect("what was written"), value, "{json}");
}

/// The use of a type and its own definition.
pub(crate) fn description<T: IdlType>() -> (TypeDesc, Option<TypeDef>) {
    let mut types = TypeCatalogue::new();
    let desc = T::describe(&mut types);
    let definition = match &desc {
        TypeDesc::Named(id) => types.into_definitions().remove(id),
        _ => None,
    };
    (desc, definition)
}

/// Waits until a condition holds that has no event of its own: lets the other tasks run between looks.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = std::time::Duration::from_secs(20);
    let looking = async {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(patience, looking).await.unwrap_or_else(|_| panic!("{what} within {patience:?}"));
}

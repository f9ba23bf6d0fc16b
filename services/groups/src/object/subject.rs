//! The object behind a replica: its servant, and its state taken out and put in.

use super::error::StateError;
use super::proto::Execution;
use bytes::Bytes;
use quorb::Servant;
use quorb::adapter::{BoxFuture, RelayedReply, ValueTie};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A servant whose value can be saved.
pub(super) trait Subject: Send + Sync {
    /// What executes calls.
    fn servant(&self) -> Arc<dyn Servant>;

    /// Executes what is no call for the servant.
    fn apply(&self, execution: &Execution) -> Option<RelayedReply> {
        let _ = execution;
        None
    }

    /// The state as CBOR.
    fn save(&self) -> BoxFuture<'static, Result<Bytes, StateError>>;

    /// Replaces the state, and with it what a panic may have left.
    fn load(&self, state: Bytes) -> BoxFuture<'static, Result<(), StateError>>;

    /// A digest of the state that is equal for equal states, in whatever order their maps are walked.
    fn digest(&self) -> BoxFuture<'static, Result<u128, StateError>>;
}

/// A generated servant around a value that serde can read and write.
pub(super) struct Tied<S>(pub(super) Arc<S>);

impl<S> Subject for Tied<S>
where
    S: ValueTie,
    S::Value: Serialize + DeserializeOwned,
{
    fn servant(&self) -> Arc<dyn Servant> {
        self.0.clone()
    }

    fn save(&self) -> BoxFuture<'static, Result<Bytes, StateError>> {
        let servant = self.0.clone();
        Box::pin(async move {
            let value = servant.cell().look().await.map_err(StateError::Busy)?;
            let mut octets = Vec::new();
            let written = ciborium::into_writer(&*value, &mut octets);
            written.map_err(|cause| StateError::Unwritable(cause.to_string()))?;
            Ok(octets.into())
        })
    }

    fn load(&self, state: Bytes) -> BoxFuture<'static, Result<(), StateError>> {
        let servant = self.0.clone();
        Box::pin(async move {
            let mut rest = &state[..];
            let read = ciborium::from_reader::<S::Value, _>(&mut rest);
            let value = read.map_err(|cause| StateError::Unreadable(cause.to_string()))?;
            if !rest.is_empty() {
                return Err(StateError::Unreadable(format!("{} octets follow it", rest.len())));
            }
            *servant.cell().replace().await.map_err(StateError::Busy)? = value;
            Ok(())
        })
    }

    fn digest(&self) -> BoxFuture<'static, Result<u128, StateError>> {
        let servant = self.0.clone();
        Box::pin(async move {
            let value = servant.cell().look().await.map_err(StateError::Busy)?;
            let value = ciborium::Value::serialized(&*value);
            let value = value.map_err(|cause| StateError::Unwritable(cause.to_string()))?;
            let mut octets = Vec::new();
            let written = ciborium::into_writer(&canonical(value), &mut octets);
            written.map_err(|cause| StateError::Unwritable(cause.to_string()))?;
            Ok(fnv1a(&octets))
        })
    }
}

/// The same value with the entries of its maps in the order of their encoded keys (RFC 8949, 4.2.1).
fn canonical(value: ciborium::Value) -> ciborium::Value {
    use ciborium::Value;
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        Value::Tag(tag, item) => Value::Tag(tag, Box::new(canonical(*item))),
        Value::Map(entries) => {
            let keyed = entries.into_iter().map(|(key, value)| {
                let (key, mut octets) = (canonical(key), Vec::new());
                // Writing into memory what was a value already does not fail.
                let _ = ciborium::into_writer(&key, &mut octets);
                (octets, key, canonical(value))
            });
            let mut keyed: Vec<_> = keyed.collect();
            keyed.sort_by(|(a, ..), (b, ..)| a.cmp(b));
            Value::Map(keyed.into_iter().map(|(_, key, value)| (key, value)).collect())
        }
        other => other,
    }
}

/// FNV-1a with 128 bits: states that have drifted apart are no adversaries.
fn fnv1a(octets: &[u8]) -> u128 {
    octets.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, &octet| {
        (hash ^ u128::from(octet)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciborium::Value;

    #[test]
    fn the_order_of_maps_does_not_matter_and_everything_else_does() {
        let digest = |value: Value| {
            let mut octets = Vec::new();
            ciborium::into_writer(&canonical(value), &mut octets).unwrap();
            fnv1a(&octets)
        };
        let entry = |key: &str, value: u8| (Value::from(key), Value::from(value));
        let map = |entries: Vec<_>| Value::Array(vec![Value::Map(entries)]);
        let one = digest(map(vec![entry("a", 1), entry("b", 2)]));
        assert_eq!(one, digest(map(vec![entry("b", 2), entry("a", 1)])));
        assert_ne!(one, digest(map(vec![entry("b", 1), entry("a", 2)])));
        assert_ne!(one, digest(Value::Map(vec![entry("a", 1), entry("b", 2)])));
    }
}

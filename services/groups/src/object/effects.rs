//! What an executor ships in place of its whole state.

use super::error::StateError;
use quorb::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Mutex, PoisonError};

/// A value whose every change is the effect of something that can be written down: an entry booked, a line appended, a cell
/// set. An executor ships these to the other replicas in place of the whole value, where that is served
/// [`with_effects`](super::Serve::with_effects).
///
/// Updates change the value through [`happen`](Effects::happen) alone. The same servant may be served plainly, in the active
/// style, or with its whole state shipped: nothing is written down then.
///
/// ```
/// use quorb::{Context, interface};
/// use quorb_groups::object::Effects;
/// use serde::{Deserialize, Serialize};
///
/// #[interface]
/// trait Account {
///     fn balance(&self) -> i64;
///     fn add(&mut self, cx: &Context, amount: i64) -> i64;
/// }
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Book {
///     entries: Vec<i64>,
/// }
///
/// impl Effects for Book {
///     type Effect = i64;
///     fn apply(&mut self, entry: i64) {
///         self.entries.push(entry);
///     }
/// }
///
/// impl Account for Book {
///     fn balance(&self) -> i64 {
///         self.entries.iter().sum()
///     }
///     fn add(&mut self, cx: &Context, amount: i64) -> i64 {
///         // What is random, asked of others or read from a clock is decided here, once, and its result is in the effect.
///         self.happen(cx, amount);
///         self.balance()
///     }
/// }
/// ```
pub trait Effects: Send + Sync + 'static {
    /// What can happen to the value.
    type Effect: Serialize + DeserializeOwned;

    /// Does it: the same on equal values, at every replica.
    fn apply(&mut self, effect: Self::Effect);

    /// Does it here, and has it done at the other replicas if this one executes for them.
    fn happen(&mut self, cx: &Context, effect: Self::Effect) {
        if let Some(shipped) = cx.attached::<Shipped>() {
            shipped.note(&effect);
        }
        self.apply(effect);
    }
}

/// Does a row of effects, as octets, to a value.
pub(super) type ApplyAll<V> = fn(&mut V, &[u8]) -> Result<(), StateError>;

pub(super) fn apply_all<V: Effects>(value: &mut V, mut effects: &[u8]) -> Result<(), StateError> {
    while !effects.is_empty() {
        let effect = ciborium::from_reader(&mut effects);
        value.apply(effect.map_err(|cause| StateError::Unreadable(cause.to_string()))?);
    }
    Ok(())
}

/// The effects of one execution, one after the other as CBOR; or why one of them has no such form.
#[derive(Debug)]
pub(super) struct Shipped(Mutex<Result<Vec<u8>, StateError>>);

impl Default for Shipped {
    fn default() -> Self {
        Self(Mutex::new(Ok(Vec::new())))
    }
}

impl Shipped {
    fn note<T: Serialize>(&self, effect: &T) {
        let mut shipped = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(octets) = &mut *shipped
            && let Err(cause) = ciborium::into_writer(effect, octets)
        {
            *shipped = Err(StateError::Unwritable(cause.to_string()));
        }
    }

    /// What was noted until now.
    pub(super) fn take(&self) -> Result<Vec<u8>, StateError> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), Ok(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lines(Vec<String>);

    impl Effects for Lines {
        type Effect = String;
        fn apply(&mut self, line: String) {
            self.0.push(line);
        }
    }

    #[test]
    fn what_was_noted_is_done_elsewhere_in_the_same_order() {
        let shipped = Shipped::default();
        shipped.note(&"one");
        shipped.note(&"two");
        let octets = shipped.take().unwrap();
        let mut other = Lines(Vec::new());
        apply_all(&mut other, &octets).unwrap();
        assert_eq!(other.0, ["one", "two"]);
        assert!(shipped.take().unwrap().is_empty());
        for length in 1..octets.len() {
            // Octets that were cut off between two effects are whole effects.
            let cut = apply_all(&mut Lines(Vec::new()), &octets[..length]);
            assert_eq!(cut.is_ok(), length == 4, "{length}");
        }
    }
}

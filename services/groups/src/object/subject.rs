//! The object behind a replica: its servant, and its state taken out and put in.

use super::canonical;
use super::effects::ApplyAll;
use super::error::StateError;
use super::proto::Execution;
use bytes::Bytes;
use quorb::adapter::{BoxFuture, ExclusiveGuard, RelayedReply, ValueTie};
use quorb::{Context, Servant};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};
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

    /// Whether an executor ships the effects of updates.
    fn ships_effects(&self) -> bool {
        false
    }

    /// Lets effects of the executor happen to the state, too.
    fn apply_effects(&self, effects: Bytes) -> BoxFuture<'static, Result<(), StateError>> {
        let _ = effects;
        Box::pin(async { Ok(()) })
    }

    /// A state as CBOR, as it is after these effects.
    fn rebuilt(&self, base: Bytes, effects: &[Bytes]) -> Result<Bytes, StateError> {
        let _ = effects;
        Ok(base)
    }

    /// Whether somebody says what timers do.
    fn has_timers(&self) -> bool {
        false
    }

    /// A timer fires. False if that panicked.
    fn fire(&self, timer: Arc<str>, context: Context) -> BoxFuture<'static, bool> {
        let _ = (timer, context);
        Box::pin(async { true })
    }

    /// A digest of the state that is equal for equal states, in whatever order their maps are walked.
    fn digest(&self) -> BoxFuture<'static, Result<u128, StateError>>;
}

/// What a timer does to a value.
pub(super) type OnTimer<V> = Arc<dyn Fn(&mut V, &Context, &str) + Send + Sync>;

/// A generated servant around a value that serde can read and write.
pub(super) struct Tied<S: ValueTie> {
    pub(super) servant: Arc<S>,
    pub(super) on_timer: Option<OnTimer<S::Value>>,
    pub(super) effects: Option<ApplyAll<S::Value>>,
}

/// The value alone: whoever is inside comes out, for calls go through the order here.
async fn alone<S: ValueTie>(servant: &S) -> ExclusiveGuard<S::Value> {
    loop {
        match servant.cell().alone().await {
            Ok(value) => return value,
            // The queue is full of queries: at this place of the order it is done all the same.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

impl<S> Subject for Tied<S>
where
    S: ValueTie,
    S::Value: Serialize + DeserializeOwned,
{
    fn servant(&self) -> Arc<dyn Servant> {
        self.servant.clone()
    }

    fn ships_effects(&self) -> bool {
        self.effects.is_some()
    }

    fn apply_effects(&self, effects: Bytes) -> BoxFuture<'static, Result<(), StateError>> {
        let (servant, apply) = (self.servant.clone(), self.effects);
        Box::pin(async move {
            let Some(apply) = apply else { return Ok(()) };
            apply(&mut *alone(&*servant).await, &effects)
        })
    }

    fn rebuilt(&self, base: Bytes, effects: &[Bytes]) -> Result<Bytes, StateError> {
        let Some(apply) = self.effects.filter(|_| !effects.is_empty()) else { return Ok(base) };
        let mut value: S::Value = read(&base)?;
        effects.iter().try_for_each(|effects| apply(&mut value, effects))?;
        write(&value)
    }

    fn has_timers(&self) -> bool {
        self.on_timer.is_some()
    }

    fn fire(&self, timer: Arc<str>, context: Context) -> BoxFuture<'static, bool> {
        let (servant, on_timer) = (self.servant.clone(), self.on_timer.clone());
        Box::pin(async move {
            let Some(on_timer) = on_timer else { return true };
            let mut value = alone(&*servant).await;
            let fire = || on_timer(&mut value, &context, &timer);
            context.scope(async { catch_unwind(AssertUnwindSafe(fire)).is_ok() }).await
        })
    }

    fn save(&self) -> BoxFuture<'static, Result<Bytes, StateError>> {
        let servant = self.servant.clone();
        Box::pin(async move { write(&*servant.cell().look().await.map_err(StateError::Busy)?) })
    }

    fn load(&self, state: Bytes) -> BoxFuture<'static, Result<(), StateError>> {
        let servant = self.servant.clone();
        Box::pin(async move {
            let value = read(&state)?;
            *servant.cell().replace().await.map_err(StateError::Busy)? = value;
            Ok(())
        })
    }

    fn digest(&self) -> BoxFuture<'static, Result<u128, StateError>> {
        let servant = self.servant.clone();
        Box::pin(async move {
            let value = servant.cell().look().await.map_err(StateError::Busy)?;
            canonical::digest(&*value)
        })
    }
}

fn write<V: Serialize>(value: &V) -> Result<Bytes, StateError> {
    let mut octets = Vec::new();
    let written = ciborium::into_writer(value, &mut octets);
    written.map_err(|cause| StateError::Unwritable(cause.to_string()))?;
    Ok(octets.into())
}

fn read<V: DeserializeOwned>(mut octets: &[u8]) -> Result<V, StateError> {
    let read = ciborium::from_reader(&mut octets);
    let value = read.map_err(|cause| StateError::Unreadable(cause.to_string()))?;
    match octets.len() {
        0 => Ok(value),
        more => Err(StateError::Unreadable(format!("{more} octets follow it"))),
    }
}

//! Waiting for what should happen, and not for ever.

use std::future::Future;
use std::time::Duration;

/// The longest that a test waits for anything that should happen at once.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a timely end may be late by on a busy machine.
pub const TOLERANCE: Duration = Duration::from_millis(100);

/// Waits for something that should happen.
///
/// # Panics
/// It does not happen.
pub async fn soon<T>(what: &str, event: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, event).await.unwrap_or_else(|_| panic!("{what} within {PATIENCE:?}"))
}

/// Waits until a condition holds that has no event of its own: yields to the other tasks between looks.
///
/// # Panics
/// It does not come to hold.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    soon(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

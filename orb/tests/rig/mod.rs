//! What the tests of bad input and of semantics share: an object that can be made to wait, every way to reach it, peers
//! that speak in raw octets, and the log.
//!
//! Nothing here sleeps to wait for something: waits are for events, and end in a panic after [`PATIENCE`].
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test program uses its own part of the rig")]

pub mod blackhole;
pub mod giop;
pub mod healthy;
pub mod logs;
pub mod native;
pub mod peer;
pub mod probe;
pub mod servant;
#[macro_use]
pub mod world;

use std::future::Future;
use std::time::Duration;

pub use probe::ProbeProxy;
#[allow(unused_imports, reason = "as above")]
pub use servant::Control;
pub use world::{Way, World};

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

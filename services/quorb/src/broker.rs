//! The broker of a verb that calls others: it lives as long as the verb does.

use quorb::{Orb, OrbBuilder};

use crate::limits::FAREWELL_WAIT_MAX;
use crate::verdict::Verdict;

/// Starts a broker, asks by it, and says farewell to those that were asked, whatever came of it.
pub(crate) async fn asked_by<T>(
    builder: OrbBuilder,
    ask: impl AsyncFnOnce(&Orb) -> Result<T, Verdict>,
) -> Result<T, Verdict> {
    let orb = builder.start().await.map_err(Verdict::failed)?;
    let answer = ask(&orb).await;
    orb.shutdown(FAREWELL_WAIT_MAX).await;
    answer
}

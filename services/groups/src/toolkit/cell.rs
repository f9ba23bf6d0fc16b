//! A plain value, shared: the smallest tool.

use super::proto::State;
use crate::core::ProcessId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A value that any member replaces. Its changes are new values; the answer is the one before.
///
/// ```no_run
/// # use quorb_groups::toolkit::{Replicated, Shared, ToolError};
/// # async fn f(domain: &quorb_groups::driver::Domain) -> Result<(), ToolError> {
/// let limit = Replicated::join(domain, "limit", Shared(100u32)).await?;
/// let before = limit.change(250).await?;
/// let now = limit.read(|limit| limit.0).await?;
/// println!("{now}, and before that {before}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared<V>(pub V);

impl<V: Serialize + DeserializeOwned + Send + 'static> State for Shared<V> {
    type Change = V;
    type Answer = V;

    fn apply(&mut self, _by: ProcessId, value: V) -> V {
        std::mem::replace(&mut self.0, value)
    }
}

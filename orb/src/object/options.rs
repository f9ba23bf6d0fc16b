//! What a caller may choose for its calls.

use std::time::Duration;

/// What a caller chooses for the calls through one proxy or reference. Everything has a default in the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// The time a call may take, from look-up to reply. It overrides the operation's and the broker's default. The calling
    /// servant's own deadline still bounds it.
    pub deadline: Option<Duration>,
}

//! What a caller may choose for its calls.

use std::time::Duration;

/// What a caller chooses for the calls through one proxy or reference. Everything has a default in the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// The time a call may take, from look-up to reply. It overrides the operation's and the broker's default. The calling
    /// servant's own deadline still bounds it.
    pub deadline: Option<Duration>,
    /// The call goes at once over the connection of the calls before it, or not at all, and it is attempted once: who keeps
    /// several calls under way sends them so in the order in which their futures are polled first, and decides himself
    /// what follows when the connection ends. Where no connection stands ready, or it has no room, the call raises
    /// TRANSIENT, completion No; so does a reply that sends it to another place, which later calls know.
    ///
    /// This is the order of sending. Whether calls of one connection are executed in that order is the server's affair.
    pub at_once: bool,
}

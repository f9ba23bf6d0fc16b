//! Calls that are attempted once, over the connection that stands.

use std::sync::atomic::Ordering;

use super::outcome::Received;
use super::route::{Bound, Route};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};

impl Route {
    /// What the caller is told when the only attempt of its call has brought no answer; none was made if no connection was
    /// at hand. What has been learnt of the way, later calls know.
    pub(super) fn only_attempt(&self, attempted: Option<(Bound, Received)>) -> SystemException {
        let Some((bound, received)) = attempted else {
            return not_at_once(Stage::Connecting, "no connection stands ready, or it has no room");
        };
        match received {
            Received::Failed(failed) => {
                self.forget_connection(&bound.connection);
                failed.exception
            }
            Received::Forward { to, permanent } => {
                self.follow(&bound.path, &to, permanent);
                not_at_once(Stage::Waiting, "the object is elsewhere")
            }
            Received::WantsCbor => {
                bound.path.wants_cbor.store(true, Ordering::Relaxed);
                not_at_once(Stage::Waiting, "the server wants another format")
            }
            // An ordinary call finds out in which way.
            Received::WantsAddressing(_) | Received::Answer(_) => {
                not_at_once(Stage::Waiting, "the server wants the object to be named in another way")
            }
        }
    }
}

/// The exception for a call that another one, which may wait, must make way for.
fn not_at_once(stage: Stage, cause: &str) -> SystemException {
    SystemException::new(ExceptionKind::Transient, Minor::NOT_REACHABLE, Completion::No)
        .at(stage)
        .because(cause)
}

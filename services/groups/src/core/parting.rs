//! Parting: a process that leaves stays until what it has said is heard.
//!
//! ```text
//!   the decision lists this process among those who leave -> it is a member no more, does nothing new
//!     -> all who stay have acknowledged all it said, or the suspicion bound has passed -> Upcall::Left
//! ```
//!
//! The one who leaves may have led the ballot, and its vote may be one of the quorum: were it to go at once, those who
//! stay could be too few to find out what was decided, and an orderly leave would stop the domain.

use super::event::Upcall;
use super::identity::{Member, ProcessId, Time};
use super::mutation::Mutation;
use super::{Core, Stage};

/// Whom a leaving process waits for, and until when at most.
#[derive(Debug)]
pub(crate) struct Parting {
    staying: Vec<ProcessId>,
    until: Time,
}

impl Core {
    /// The view without this process is decided.
    pub(super) fn part(&mut self, staying: &[Member]) {
        self.stage = Stage::Gone;
        if self.bug(Mutation::LeftUnheard) {
            return self.tell(Upcall::Left);
        }
        let staying = staying.iter().map(|m| m.process).collect();
        self.parting = Some(Parting { staying, until: self.now.after(self.config.silence_us()) });
    }

    /// Says that this process has left when nothing keeps it any longer. To be called when everything is handed over to
    /// the connections: what is not acknowledged by then is on its way.
    pub(super) fn check_parted(&mut self) {
        let Some(parting) = &self.parting else { return };
        let unheard = |p: &ProcessId| self.links.peers.get(p).is_some_and(super::links::Peer::is_unheard);
        if self.now < parting.until && parting.staying.iter().any(unheard) {
            return;
        }
        self.parting = None;
        self.tell(Upcall::Left);
    }
}

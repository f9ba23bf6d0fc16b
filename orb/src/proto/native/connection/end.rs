//! What becomes of open calls when the stream ends.

use super::super::event::Unanswered;
use super::outbound::{Outbound, ReplyPhase};
use super::{Connection, Phase};
use crate::proto::head::{CallId, Completion, Delivery, ReplyStatus};

impl Connection {
    /// The stream has ended, from whichever side and for whatever reason. Returns the calls of this side that are open
    /// and not cancelled, in the order in which they were made. `unwritten` are the octets that `transmit` has yielded
    /// and that the socket has not taken. The connection is over; a second time there is nothing to tell.
    pub fn on_eof(&mut self, unwritten: usize) -> Vec<Unanswered> {
        self.phase = Phase::Closed;
        self.bodies.clear();
        let written = self.handed.saturating_sub(unwritten as u64);
        let accepted_until = self.accepted_until.unwrap_or(u64::MAX);
        let calls = std::mem::replace(&mut self.outbound, super::IdTable::new());
        let open = calls.iter().filter(|(_, call)| !matches!(call.reply, ReplyPhase::Unwanted));
        open.map(|(id, call)| {
            let delivery = call.delivery(written);
            let completion = match delivery {
                _ if id > accepted_until => Completion::No,
                Delivery::NotSent | Delivery::PartlySent => Completion::No,
                Delivery::Sent => call.completion_as_told(),
            };
            Unanswered { id: CallId(id), delivery, completion }
        })
        .collect()
    }
}

impl Outbound {
    /// How much of the request is among the first `written` octets of the output.
    fn delivery(&self, written: u64) -> Delivery {
        if written <= self.start {
            Delivery::NotSent
        } else if written < self.end {
            Delivery::PartlySent
        } else {
            Delivery::Sent
        }
    }

    /// What the head of the reply says, if it is here.
    fn completion_as_told(&self) -> Completion {
        match &self.reply {
            ReplyPhase::Arriving(head) => match head.status {
                ReplyStatus::OK | ReplyStatus::USER_EXCEPTION => Completion::Yes,
                ReplyStatus::FORWARD | ReplyStatus::FORWARD_PERMANENT | ReplyStatus::FORMAT_REFUSED => {
                    Completion::No
                }
                _ => Completion::Maybe,
            },
            _ => Completion::Maybe,
        }
    }
}

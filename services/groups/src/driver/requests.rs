//! Requests of this process that a view decides: casts, and what is done to whole groups. Each is answered when it has taken effect.

use super::error::RequestError;
use crate::core::{CallError, Core, GroupId, Refusal};
use bytes::Bytes;
use std::collections::BTreeMap;
use tokio::sync::oneshot;

/// Answers a request.
pub(super) type Answer = oneshot::Sender<Result<(), RequestError>>;

/// Those that are not decided yet. When the membership ends, whoever waits is told by the end of the channel.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: BTreeMap<u64, Answer>,
}

impl Requests {
    pub(super) fn cast(&mut self, core: &mut Core, payload: Bytes, answer: Answer) {
        let asked = core.cast(payload);
        self.asked(asked, answer);
    }

    pub(super) fn reset(&mut self, core: &mut Core, name: &str, answer: Answer) {
        self.ask_of_group(core, name, answer, Core::reset_group);
    }

    pub(super) fn dissolve(&mut self, core: &mut Core, name: &str, answer: Answer) {
        self.ask_of_group(core, name, answer, Core::dissolve_group);
    }

    fn ask_of_group(
        &mut self,
        core: &mut Core,
        name: &str,
        answer: Answer,
        ask: fn(&mut Core, GroupId) -> Result<u64, CallError>,
    ) {
        match core.group_named(name) {
            Some(group) => {
                let asked = ask(core, group);
                self.asked(asked, answer);
            }
            // Nobody waits for the answer any more if this fails; so below.
            None => drop(answer.send(Err(Refusal::NoGroup.into()))),
        }
    }

    fn asked(&mut self, asked: Result<u64, CallError>, answer: Answer) {
        match asked {
            Ok(token) => drop(self.open.insert(token, answer)),
            Err(error) => drop(answer.send(Err(error.into()))),
        }
    }

    /// A view has decided it.
    pub(super) fn decided(&mut self, token: u64, outcome: Result<(), Refusal>) {
        if let Some(answer) = self.open.remove(&token) {
            let _ = answer.send(outcome.map_err(RequestError::from));
        }
    }
}

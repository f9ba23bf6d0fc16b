//! The executor's work: requests executed one after the other, beside the order, and what comes of them shipped.

use super::moment::Draws;
use super::proto::{Concluded, Effect, Execution, Outside, ReplicaLimits};
use super::seat::Seat;
use bytes::Bytes;
use quorb::adapter::{RelayedReply, Reply, ReplyBody, UpdateNames, execute};
use quorb::proto::head::{ClientId, Completion};
use quorb::{ExceptionKind, Minor, SystemException};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::mpsc;

/// Something for the executor to do, in this order.
#[derive(Debug)]
pub(super) enum Job {
    Execute(Execution),
    Conclude,
}

/// What all members have agreed on last, as octets, and what is about to take its place. Only the executor style has it.
#[derive(Debug, Default)]
pub(super) struct Agreed {
    state: Mutex<(Bytes, Option<Bytes>)>,
}

impl Agreed {
    pub(super) fn set(&self, state: Bytes) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (state, None);
    }

    pub(super) fn get(&self) -> Bytes {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn propose(&self, state: Bytes) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(state);
    }

    /// The outcome has its place.
    pub(super) fn settle(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = state.1.take() {
            state.0 = next;
        }
    }
}

/// Does the executor's jobs, as long as the seat is there.
pub(super) async fn work(
    seat: Weak<Seat>,
    mut jobs: mpsc::UnboundedReceiver<(u64, Job)>,
    agreed: Arc<Agreed>,
    limits: ReplicaLimits,
) {
    while let Some((life, job)) = jobs.recv().await {
        let Some(seat) = seat.upgrade() else { return };
        let _working = seat.working.lock().await;
        if life != seat.life() {
            continue;
        }
        let effects = match job {
            Job::Execute(execution) => {
                *seat.ahead.write().unwrap_or_else(PoisonError::into_inner) = true;
                let key = execution.key;
                let (reply, panicked) = run(&seat, execution, None).await;
                seat.input(|core| core.executed(key, reply, panicked)).1
            }
            Job::Conclude => {
                let concluded = conclusion(&seat, &agreed, &limits).await;
                seat.input(|core| core.conclude(concluded)).1
            }
        };
        for effect in effects {
            match effect {
                // Before anything is said: once what follows has its place, queries are answered from the value.
                Effect::TakeBack => {
                    if let Err(error) = seat.subject.load(agreed.get()).await {
                        tracing::error!(%error, "the agreed state cannot be taken back");
                    }
                }
                other => seat.carry_out(other, None),
            }
        }
    }
}

/// What the executor ships.
async fn conclusion(seat: &Seat, agreed: &Agreed, limits: &ReplicaLimits) -> Concluded {
    let unfit = |cause: &dyn std::fmt::Display| {
        let kind = ExceptionKind::ImpLimit;
        let exception = SystemException::new(kind, Minor::MESSAGE_TOO_LARGE, Completion::No).because(cause);
        Concluded::Unfit(Box::new(exception))
    };
    match seat.subject.save().await {
        Ok(state) if state == agreed.get() => Concluded::Unchanged,
        Ok(state) if state.len() > limits.outcome_bytes_max => {
            let (octets, max) = (state.len(), limits.outcome_bytes_max);
            unfit(&format_args!("a state of {octets} octets, above the limit outcome_bytes_max = {max}"))
        }
        Ok(state) => {
            agreed.propose(state.clone());
            Concluded::Changed(state)
        }
        Err(error) => unfit(&error),
    }
}

/// Executes a request: its reply, and whether the servant panicked. `calls_refused`: why it may call nobody.
pub(super) async fn run(
    seat: &Seat,
    execution: Execution,
    calls_refused: Option<&'static str>,
) -> (RelayedReply, bool) {
    if let Some(reply) = seat.subject.apply(&execution) {
        return (reply, false);
    }
    let call = match execution.call.invocation(&seat.orb, Some(execution.key), calls_refused) {
        Ok(call) => call,
        Err(cause) => {
            let exception =
                SystemException::new(ExceptionKind::Marshal, Minor::ARGUMENTS_MALFORMED, Completion::No);
            return (RelayedReply::raising(&exception.because(cause)), false);
        }
    };
    call.context().attach(Arc::new(Draws::new(execution.moment)));
    if calls_refused.is_none() {
        let Outside { client, since_us, place, open_from } = execution.outside;
        let names = UpdateNames::derived(ClientId(client), since_us, place, open_from);
        call.context().name_updates(Arc::new(names));
    }
    let form = call.reply_form();
    let reply = execute(seat.subject.servant(), call).await;
    (RelayedReply::of(&reply).in_form(form), has_panicked(&reply))
}

fn has_panicked(reply: &Reply) -> bool {
    matches!(&reply.body, ReplyBody::System(exception)
        if exception.kind() == ExceptionKind::Unknown && exception.minor() == Minor::SERVANT_PANICKED)
}

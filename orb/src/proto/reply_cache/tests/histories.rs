//! No request executes twice: in every short history.

use std::collections::BTreeSet;

use super::*;

/// What really happened, everywhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    pub(super) executed: BTreeSet<RequestIdentity>,
    pub(super) running: BTreeSet<(u64, RequestIdentity)>,
}

impl Ledger {
    /// Checks what `server` decided about `id`, and notes it.
    pub(super) fn note(&mut self, server: u64, id: RequestIdentity, admission: &Admission) {
        match admission {
            Admission::Execute => {
                assert!(self.executed.insert(id), "{id:?} is executed twice");
                self.running.insert((server, id));
            }
            Admission::Replay(reply) => {
                assert_eq!(*reply, reply_to(id), "the reply to something else")
            }
            Admission::Attach => {
                assert!(self.running.contains(&(server, id)), "{id:?} does not run")
            }
            Admission::Refuse(refusal) => {
                let completion = refusal.completion(false);
                assert!(
                    completion != Completion::Yes || self.executed.contains(&id),
                    "{id:?} was not executed"
                );
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Send(RequestIdentity, Circumstances),
    CompleteOldest,
    WithdrawOldest,
    Forget,
}

fn steps() -> Vec<Step> {
    let mut steps = vec![Step::CompleteOldest, Step::WithdrawOldest, Step::Forget];
    for sequence in [1, 2] {
        for circumstances in [first(), retry_of(HERE), retry_of(4), acknowledging(2)] {
            steps.push(Step::Send(identity(1, 1, sequence), circumstances));
        }
    }
    steps.push(Step::Send(identity(1, 2, 1), first()));
    steps.push(Step::Send(identity(2, 1, 1), first()));
    steps.push(Step::Send(identity(2, 2, 1), retry_of(HERE)));
    steps
}

/// Tries every continuation of a history.
fn explore(depth: usize, cache: &ReplyCache, ledger: &Ledger, steps: &[Step], histories: &mut u64) {
    *histories += 1;
    if depth == 0 {
        return;
    }
    for step in steps {
        let mut cache = cache.clone();
        let mut ledger = ledger.clone();
        let oldest = ledger.running.first().copied();
        match (*step, oldest) {
            (Step::Send(id, circumstances), _) => {
                let admission = cache.admit(id, circumstances, Time(10 - depth as u64));
                ledger.note(HERE, id, &admission);
            }
            (Step::CompleteOldest, Some((server, id))) => {
                cache.complete(id, reply_to(id));
                ledger.running.remove(&(server, id));
            }
            (Step::WithdrawOldest, Some((server, id))) => {
                cache.withdraw(id);
                ledger.running.remove(&(server, id));
                ledger.executed.remove(&id);
            }
            (Step::Forget, _) => cache.forget(Time(100)),
            _ => continue,
        }
        explore(depth - 1, &cache, &ledger, steps, histories);
    }
}

#[test]
fn no_short_history_executes_twice() {
    let mut histories = 0;
    for (clients_max, entries_per_client_max, bytes_max) in [(1, 1, 0), (1, 2, 100), (2, 1, 100), (2, 2, 0)] {
        let cache = cache(|limits| {
            limits.clients_max = clients_max;
            limits.entries_per_client_max = entries_per_client_max;
            limits.bytes_max = bytes_max;
            limits.traces_max = clients_max - 1;
        });
        explore(4, &cache, &Ledger::default(), &steps(), &mut histories);
    }
    assert!(histories > 50_000, "{histories}");
}

//! Callers that never stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use quorb::{Completion, ExceptionKind, Fault, Orb, Preference};
use tokio::task::JoinHandle;

use crate::client;
use crate::counter::CounterProxy;

/// Clients, each with a connection of its own.
pub(crate) const CLIENTS: usize = 2;

/// Callers that each client has at a time.
const CALLERS: usize = 4;

/// What a caller was told of a call.
pub(crate) struct Told {
    pub(crate) id: u64,
    pub(crate) kind: Kind,
    pub(crate) outcome: Result<(), (Completion, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Query,
    Update,
    Oneway,
}

/// Everybody who calls.
pub(crate) struct Load {
    clients: Vec<Orb>,
    callers: Vec<JoinHandle<Vec<Told>>>,
    stop: Arc<AtomicBool>,
}

/// Ids of calls, over the whole program.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Load {
    /// Starts to call; `done` counts the calls that succeed and wait for an answer.
    pub(crate) async fn start(reference: &str, protocol: Preference, done: &Arc<AtomicUsize>) -> Load {
        // One gives up as brokers do unless they are told otherwise, the other one waits as long as its calls may take.
        let clients = vec![client(protocol, 5).await, client(protocol, u32::MAX).await];
        assert_eq!(clients.len(), CLIENTS);
        let stop = Arc::new(AtomicBool::new(false));
        let callers = clients.iter().flat_map(|client| {
            let counter: CounterProxy = client.bind(reference).unwrap();
            std::iter::repeat_n(counter, CALLERS)
        });
        let callers = callers.map(|counter| tokio::spawn(keep_calling(counter, stop.clone(), done.clone())));
        Load { callers: callers.collect(), clients, stop }
    }

    pub(crate) fn connections(&self) -> usize {
        self.clients.iter().map(Orb::open_connections).sum()
    }

    /// Stops, and checks that no client has anything left.
    pub(crate) async fn stop(self) -> Vec<Told> {
        self.stop.store(true, Ordering::SeqCst);
        let mut told = Vec::new();
        for caller in self.callers {
            told.extend(caller.await.unwrap());
        }
        for client in &self.clients {
            assert_eq!(client.open_calls().made, 0);
            client.shutdown(Duration::from_secs(1)).await;
            assert_eq!(client.open_connections(), 0);
        }
        told
    }
}

async fn keep_calling(counter: CounterProxy, stop: Arc<AtomicBool>, done: Arc<AtomicUsize>) -> Vec<Told> {
    // The server is gone when the callers are to stop: what they still wait for must end.
    let counter = quorb::Proxy::with_deadline(&counter, Duration::from_secs(5));
    let mut told = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (kind, outcome): (Kind, Result<(), Fault>) = match id % 4 {
            0 => (Kind::Query, counter.look(id).await.map(|answer| assert_eq!(answer, id))),
            1 => (Kind::Oneway, counter.note(id).await),
            _ => (Kind::Update, counter.add(id).await.map(|answer| assert_eq!(answer, id))),
        };
        if outcome.is_ok() && kind != Kind::Oneway {
            done.fetch_add(1, Ordering::SeqCst);
        }
        let outcome = outcome.map_err(|fault| {
            let kinds = [ExceptionKind::Transient, ExceptionKind::CommFailure, ExceptionKind::Timeout];
            assert!(fault.kind().is_some_and(|kind| kinds.contains(&kind)), "{fault}");
            (fault.completed(), fault.to_string())
        });
        told.push(Told { id, kind, outcome });
        // Calls on a connection that stands need not wait for anything: others want to run, too.
        tokio::task::yield_now().await;
    }
    told
}

/// Holds what callers were told against what was executed.
pub(crate) fn hold_against(told: &[Told], executed: &BTreeMap<u64, u32>) {
    for Told { id, kind, outcome } in told {
        let times = executed.get(id).copied().unwrap_or(0);
        assert!(times <= 1, "{kind:?} {id} was executed {times} times: {outcome:?}");
        let is_right = match (kind, outcome) {
            (Kind::Query, Err((completion, _))) => *completion != Completion::Yes,
            (Kind::Query, Ok(())) | (Kind::Oneway, Ok(())) | (_, Err((Completion::Maybe, _))) => true,
            (_, Ok(()) | Err((Completion::Yes, _))) => times == 1,
            (_, Err((Completion::No, _))) => times == 0,
        };
        assert!(is_right, "{kind:?} {id} was executed {times} times, and its caller was told {outcome:?}");
    }
    let updates = told.iter().filter(|told| told.kind == Kind::Update);
    assert!(updates.filter(|told| told.outcome.is_ok()).count() > 100, "hardly anything was done");
}

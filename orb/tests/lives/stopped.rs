//! A server process that is stopped (SIGSTOP): the system keeps its connections, and takes new ones, for nobody.

use std::process::Command;
use std::time::Duration;

use quorb::{Completion, ExceptionKind, Orb, Preference, Proxy};

use crate::counter::{self, CounterProxy};
use crate::{Life, PATIENCE, free_address, log_of};

/// Callers at the same time.
const CALLERS: u64 = 200;

/// What each of them waits.
const LIMIT: Duration = Duration::from_millis(150);

/// Every call ends by its deadline and says what is known; when the server goes on, so do its clients.
pub(crate) async fn ends_no_call_late(protocol: Preference) {
    let (address, log) = (free_address(), log_of("stopped", protocol));
    let reference = counter::reference_at(&address).await;
    let server = Life::begin(&address, &log).await;
    let known = Orb::builder().prefer(protocol).start().await.unwrap();
    let stranger = Orb::builder().prefer(protocol).start().await.unwrap();
    let counter: CounterProxy = known.bind(&reference).unwrap();
    counter.add(0).await.unwrap();
    server.signal("-STOP");
    for client in [&known, &stranger] {
        let counter: CounterProxy = client.bind(&reference).unwrap();
        let calls = (1..=CALLERS).map(|id| {
            let counter = counter.with_deadline(LIMIT);
            tokio::spawn(
                async move { if id % 2 == 0 { counter.look(id).await } else { counter.add(id).await } },
            )
        });
        for call in calls.collect::<Vec<_>>() {
            let ended = tokio::time::timeout(PATIENCE, call).await.expect("a call has a deadline");
            let fault = ended.unwrap().expect_err("the server is stopped");
            assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
            let line = fault.to_string();
            for part in ["[executed: ", " while ", &address, "no reply within 150ms", "(hint: "] {
                assert!(line.contains(part), "`{part}` in {line}");
            }
        }
        assert_eq!(client.open_calls().made, 0);
        assert!(client.open_connections() <= 1);
    }
    server.signal("-CONT");
    for client in [&known, &stranger] {
        let counter: CounterProxy = client.bind(&reference).unwrap();
        // The two clients say the same, each once.
        assert_eq!(counter.with_deadline(PATIENCE).add(u64::MAX).await.unwrap(), u64::MAX);
        client.shutdown(Duration::from_secs(1)).await;
    }
    server.kill();
    let executed = counter::executed(&log);
    assert_eq!(executed.get(&u64::MAX), Some(&2));
    assert!(executed.iter().all(|(id, times)| *id == u64::MAX || *times <= 2), "one of each client at most");
    std::fs::remove_file(&log).unwrap();
}

/// As a completion status, "maybe" is all that can be said of what the server may still find in its socket.
pub(crate) async fn leaves_updates_in_doubt(protocol: Preference) {
    let (address, log) = (free_address(), log_of("doubt", protocol));
    let server = Life::begin(&address, &log).await;
    let client = Orb::builder().prefer(protocol).start().await.unwrap();
    let counter: CounterProxy = client.bind(&counter::reference_at(&address).await).unwrap();
    counter.add(1).await.unwrap();
    server.signal("-STOP");
    let fault = counter.with_deadline(LIMIT).add(2).await.unwrap_err();
    assert_eq!(fault.completed(), Completion::Maybe, "{fault}");
    server.signal("-CONT");
    assert_eq!(counter.with_deadline(PATIENCE).add(3).await.unwrap(), 3);
    client.shutdown(Duration::from_secs(1)).await;
    server.kill();
    let executed = counter::executed(&log);
    assert!(executed.get(&2).is_none_or(|times| *times == 1), "{executed:?}");
    std::fs::remove_file(&log).unwrap();
}

impl Life {
    fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(told.success(), "kill {name}");
    }
}

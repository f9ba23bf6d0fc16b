//! `quorb serve` killed in the middle of its work: what was acknowledged is there, under every restart, and a disk that is
//! full costs an exception.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorb::{ExceptionKind, Orb};
use quorb_naming::{NameError, Names};
use tokio::sync::Semaphore;

use crate::names::{Folder, Server};

/// How often the server is killed.
const ROUNDS: usize = 15;

/// Callers that bind at the same time.
const CALLERS: usize = 16;

/// Acknowledgements that a server gives before it is killed, in the middle of more.
const ACKNOWLEDGED_FIRST: u32 = 60;

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let data = Folder::new();
    let mut expected: BTreeSet<String> = BTreeSet::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for round in 0..ROUNDS {
        let server = Server::start("127.0.0.1:0", &["--data", data.path()]);
        let found = runtime.block_on(listed(&server.reference()));
        let lost: Vec<_> = expected.difference(&found).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        // Others may be there: bound, and killed before anybody was told.
        expected = found;
        let bound = runtime.block_on(bind_until_killed(server, round));
        expected.extend(bound);
    }
    assert!(expected.len() >= ROUNDS * ACKNOWLEDGED_FIRST as usize);
}

async fn listed(reference: &str) -> BTreeSet<String> {
    let orb = Orb::client().await.unwrap();
    let names = Names::at(&orb, reference).unwrap();
    let found = names.list("").await.unwrap().into_iter().map(|entry| entry.name).collect();
    orb.shutdown(Duration::ZERO).await;
    found
}

/// Binds names by many callers, kills the server in between, and answers what was acknowledged.
async fn bind_until_killed(server: Server, round: usize) -> Vec<String> {
    let orb = Orb::builder().limits(|limits| limits.retry_attempts_max = 1).start().await.unwrap();
    let names = Names::at(&orb, &server.reference()).unwrap();
    let (bound, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let acknowledged = Arc::new(Semaphore::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (names, bound, stop) = (names.clone(), bound.clone(), stop.clone());
            let acknowledged = acknowledged.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    let path = format!("{round}-{caller}-{number}");
                    let object = names.root().clone();
                    if names.bind(&path, &object).await.is_err() {
                        assert!(stop.load(Ordering::SeqCst), "only a server that was killed fails");
                        return;
                    }
                    bound.lock().unwrap().push(path);
                    acknowledged.add_permits(1);
                }
            })
        })
        .collect();
    drop(acknowledged.acquire_many(ACKNOWLEDGED_FIRST).await.unwrap());
    stop.store(true, Ordering::SeqCst);
    server.kill();
    for caller in callers {
        caller.await.unwrap();
    }
    orb.shutdown(Duration::ZERO).await;
    Arc::into_inner(bound).unwrap().into_inner().unwrap()
}

/// Who hears that a server is lost may dial at once: there is nobody who would take the connection and die with it.
#[test]
fn a_killed_server_takes_no_connection_once_one_has_ended() {
    for _ in 0..10 {
        let server = Server::start("127.0.0.1:0", &["--memory"]);
        let address = server.address.clone();
        let dial = || TcpStream::connect(&address);
        let mut connections: Vec<TcpStream> = (0..20).map(|_| dial().expect("it listens")).collect();
        // It has taken them all: it answers the last one.
        server.name(&["ls"]).done();
        let killed = std::thread::spawn(move || server.kill());
        let ended = connections[0].read(&mut [0]);
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
        let refused = dial().expect_err("nobody listens");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        killed.join().expect("it is killed");
    }
}

/// A limit on the size of files stands for the end of the disk: writing beyond it fails in the same calls.
#[test]
fn a_disk_that_is_full_costs_an_exception_and_nothing_else() {
    let data = Folder::new();
    drop(Server::start("127.0.0.1:0", &["--data", data.path()]));
    let mut shell = Command::new("bash");
    // 1.9 MiB; the signal would kill the process before the call can fail.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1900; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_quorb")]);
    let server = Server::started(shell, "127.0.0.1:0", &["--data", data.path()]).expect("it is ready");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bound = runtime.block_on(bind_until_refused(&server.reference()));
    server.kill();
    // Somebody has made room.
    let again = Server::start("127.0.0.1:0", &["--data", data.path()]);
    let found = runtime.block_on(listed(&again.reference()));
    let lost: Vec<_> = bound.difference(&found).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    assert_eq!(again.name(&["mkdir", "there is room"]).code, 0);
}

/// Binds until the server refuses for want of room, checks that it lives on, and answers what is bound.
async fn bind_until_refused(reference: &str) -> BTreeSet<String> {
    let orb = Orb::client().await.unwrap();
    let names = Names::at(&orb, reference).unwrap();
    let key = "k".repeat(40_000);
    let object = orb.string_to_object(&format!("corbaloc:iiop:1.2@h:1/{key}")).unwrap();
    let mut bound = BTreeSet::new();
    for number in 0..1_000 {
        let path = format!("n{number}");
        match names.bind_object(&path, &object).await {
            Ok(()) => bound.insert(path),
            Err(NameError::Call(exception)) => {
                assert_eq!(exception.kind(), ExceptionKind::PersistStore, "{exception}");
                let again = names.bind_object("another", &object).await.unwrap_err();
                assert!(matches!(again, NameError::Call(_)), "{again}");
                assert!(names.resolve_object(&path).await.is_err(), "it was refused");
                assert_eq!(names.resolve_object("n0").await.unwrap(), object);
                orb.shutdown(Duration::ZERO).await;
                return bound;
            }
            Err(other) => panic!("{other}"),
        };
    }
    panic!("there was room for everything");
}

//! `quorb serve --join`: three processes that are one naming service, killed and stopped in every order.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use quorb::{ExceptionKind, Orb, Proxy};
use quorb_interop::{Process, peers};
use quorb_naming::cos::{DirectoryProxy, NameComponent};
use quorb_naming::{NameError, Names};

use crate::names::{Folder, Server};
use crate::rig::quorb_fed;
use crate::trio::{CALLS, Callers, PATIENCE, Trio, free, runtime};

/// The client that a failover concerns most is the one whose server is lost: it sends one call again, and none fails.
#[test]
fn each_server_is_killed_in_turn_and_costs_a_client_one_call_sent_again_and_no_error() {
    // Nobody is excluded because the machine is slow: that would cost calls of its own.
    let mut trio = Trio::new(Some(Folder::new()), &["--detection", "20s"]);
    runtime().block_on(async {
        let callers = Callers::start(&trio.reference(), "call").await;
        let mut repeated = callers.repeated();
        for killed in 0..3 {
            callers.until(CALLS).await;
            let address = callers.address().expect("it has called");
            let victim = trio.listen.iter().position(|listen| **listen == *address);
            let victim = victim.expect("it calls one of the three");
            trio.kill(victim);
            callers.until(CALLS).await;
            tokio::task::block_in_place(|| trio.start(&[victim]));
            let now = callers.repeated();
            let one_at_most = now.iter().zip(&repeated).all(|(now, before)| now - before <= 1);
            assert!(one_at_most, "loss {killed}: {repeated:?}, then {now:?}");
            repeated = now;
        }
        callers.until(CALLS).await;
        let bound: BTreeSet<String> = callers.stop().await.expect("no call fails").into_iter().collect();
        assert_eq!(trio.listed().await, bound, "nothing is lost, and nothing is there that nobody bound");
    });
}

#[test]
fn all_three_are_killed_in_the_middle_of_their_work_and_nothing_is_lost() {
    let mut trio = Trio::durable();
    let runtime = runtime();
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let bound = runtime.block_on(async {
            let callers = Callers::start(&trio.reference(), &format!("round{round}")).await;
            callers.until(CALLS).await;
            // The callers go on while their servers go.
            (0..3).for_each(|at| trio.kill((at + round) % 3));
            callers.abort();
            callers.answered()
        });
        // Two of them are enough, whichever; the third comes later.
        trio.start(&[round, (round + 1) % 3]);
        let found = runtime.block_on(trio.listed());
        let of_round = found.iter().filter(|name| name.starts_with(&format!("round{round}-"))).count();
        assert!(of_round >= bound, "{bound} were acknowledged, {of_round} are there");
        let lost: Vec<_> = { &acknowledged - &found }.into_iter().collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        trio.start(&[(round + 2) % 3]);
        assert_eq!(runtime.block_on(trio.listed()), found);
        acknowledged = found;
    }
}

#[test]
fn an_orderly_end_of_all_loses_nothing() {
    let mut trio = Trio::durable();
    assert_eq!(trio.server(1).name(&["mkdir", "-p", "lab/deep"]).done(), "");
    for at in 0..3 {
        let (code, words) = trio.take(at).terminate();
        assert_eq!(code, Some(0), "{words}");
        assert!(words.contains("events: 0 channels, kept in "), "{words}");
        assert!(words.contains("naming: looking for the servers 127.0.0.1:"), "{words}");
        assert!(words.contains("3 servers are here") || words.contains("servers are here"), "{words}");
    }
    trio.start(&[0, 1, 2]);
    for at in 0..3 {
        assert_eq!(trio.server(at).name(&["ls", "--tree"]).done(), "└── lab/\n    └── deep/\n");
    }
}

#[test]
fn names_in_memory_survive_as_long_as_one_server_goes_on() {
    let file = crate::rig::File::with("a secret of ours");
    let mut trio = Trio::new(None, &["--join-key", file.path()]);
    trio.server(0).name(&["mkdir", "lab"]).done();
    trio.kill(0);
    assert_eq!(trio.server(1).name(&["ls"]).done(), "lab/\n");
    trio.start(&[0]);
    trio.kill(1);
    trio.kill(2);
    // The one that is left is one of three, and must not act.
    let runtime = runtime();
    runtime.block_on(async {
        let orb = Orb::builder().limits(|limits| limits.retry_attempts_max = 1).start().await.unwrap();
        let alone = Names::at(&orb, &trio.server(0).reference()).unwrap();
        let refused = loop {
            // As long as the others are not missed it waits for them.
            match tokio::time::timeout(PATIENCE, alone.list("")).await.expect("it answers") {
                Err(NameError::Call(exception)) => break exception,
                Err(other) => panic!("{other}"),
                Ok(_) => tokio::task::yield_now().await,
            }
        };
        assert_eq!(refused.kind(), ExceptionKind::Transient, "{refused}");
        let refused = alone.create_context("other").await.unwrap_err();
        let NameError::Call(refused) = refused else { panic!("{refused}") };
        assert_eq!((refused.kind(), refused.completed()), (ExceptionKind::Transient, quorb::Completion::No));
        orb.shutdown(Duration::ZERO).await;
    });
    let (code, words) = trio.take(0).terminate();
    assert_eq!(code, Some(0), "one that is alone ends when it is told to: {words}");
}

/// Every reference that the service gives lists all servers: whoever holds one needs no other.
#[test]
fn references_list_all_servers() {
    let file = crate::rig::File::named("ior");
    let mut trio = Trio::durable();
    let server = trio.server(2);
    server.name(&["mkdir", "-p", "lab/deep"]).done();
    for path in ["lab", "lab/deep"] {
        let reference = server.name(&["resolve", path]).done();
        let decoded = quorb_fed("", &["ior", "decode", reference.trim()]).done();
        for address in &trio.listen {
            let (_, port) = address.rsplit_once(':').unwrap();
            assert!(decoded.contains(port), "{address} is not in\n{decoded}");
        }
    }
    let deep = server.name(&["resolve", "lab/deep"]).done();
    // Whichever is lost: the context is called by the reference that one of them gave.
    for victim in [2, 0] {
        trio.kill(victim);
        let path = format!("by-{victim}");
        assert_eq!(quorb_fed("", &["name", "--names", deep.trim(), "mkdir", &path]).done(), "");
        trio.start(&[victim]);
    }
    assert_eq!(trio.server(1).name(&["ls", "lab/deep"]).done(), "by-0/\nby-2/\n");
    // One that is asked to writes the root's reference down.
    let arguments = ["--memory", "--reference-file", file.path()];
    let alone = Server::start("127.0.0.1:0", &arguments);
    let written = std::fs::read_to_string(file.path()).unwrap();
    assert!(written.starts_with("IOR:") && written.ends_with('\n'), "{written}");
    assert_eq!(quorb_fed("", &["name", "--names", written.trim(), "mkdir", "x"]).done(), "");
    assert_eq!(alone.name(&["ls"]).done(), "x/\n");
}

/// What was bound under a lease goes at all servers, and a renewed lease outlives the server that gave it.
#[test]
fn leases_and_watches_outlive_a_server() {
    let mut trio = Trio::durable();
    let reference = trio.reference();
    runtime().block_on(async {
        let orb = Orb::client().await.unwrap();
        let names = Names::at(&orb, &reference).unwrap();
        let mut watch = names.watch("").await.unwrap();
        let lease = names.lease(Duration::from_secs(20)).await.unwrap();
        let object = names.root().object().clone();
        lease.rebind("kept", names.root()).await.unwrap();
        let first = watch.next().await.unwrap();
        assert_eq!(first.path, "kept");
        trio.kill(0);
        names.bind_object("after", &object).await.unwrap();
        let directory: DirectoryProxy = orb.bind(&reference).unwrap();
        let brief = directory.grant(100).await.unwrap();
        let name = [NameComponent { id: "brief".into(), kind: String::new() }];
        // It may have ended before.
        let _ = directory.bind_leased(&name, &object, brief, false).await;
        // Its changes go on where those of the lost server ended: none is told twice, none is missed.
        let mut paths = Vec::new();
        while paths.last().is_none_or(|path| path != "end") {
            if paths.is_empty() {
                names.bind_object("end", &object).await.unwrap();
            }
            let event = tokio::time::timeout(PATIENCE, watch.next()).await.expect("it is told").unwrap();
            paths.push(event.path);
        }
        let told = |path: &str| paths.iter().filter(|told| *told == path).count();
        assert_eq!((told("after"), told("end"), told("kept")), (1, 1, 0), "{paths:?}");
        lease.release().await.unwrap();
        for at in [1, 2] {
            let client = Orb::client().await.unwrap();
            let there = Names::at(&client, &trio.server(at).reference()).unwrap();
            while there.resolve_object("brief").await.is_ok() {
                tokio::task::yield_now().await;
            }
            assert!(there.resolve_object("kept").await.is_err());
            client.shutdown(Duration::ZERO).await;
        }
        orb.shutdown(Duration::from_secs(1)).await;
    });
}

/// omniORB's client, which calls again at once: nothing runs twice, what is said of a failed call is true, and the next call
/// succeeds.
#[test]
fn a_foreign_client_goes_on_at_another_server() {
    let Some(peers) = peers::or_skip() else { return };
    const COUNT: usize = 480;
    let mut trio = Trio::patient();
    let root = trio.server(0).name(&["mkdir", "lab"]).done();
    assert_eq!(root, "");
    // A reference as a server gives it, and not the addresses that people write.
    let context = trio.server(0).name(&["resolve", "lab"]).done();
    let mut client = peers.program("naming_failover");
    client.args(["-ORBclientCallTimeOutPeriod", "60000", context.trim(), &COUNT.to_string()]);
    let mut client = client.stdout(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(client.stdout.take().expect("it is piped")).lines();
    let mut lines = lines.map(|line| line.expect("it is text"));
    let (mut bound, mut maybe, mut failures, mut last_failed) = (Vec::new(), Vec::new(), 0, false);
    for at in 0..COUNT {
        let line = lines.next().expect("a line for each name");
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[1], format!("n{at}"));
        match words[0] {
            "bound" => {
                bound.push(words[1].to_owned());
                last_failed = false;
            }
            "failed" => {
                assert!(!last_failed, "the call after one that failed has failed: {line}");
                assert!(words[3] != "yes", "{line}");
                (failures, last_failed) = (failures + 1, true);
                if words[3] == "maybe" {
                    maybe.push(words[1].to_owned());
                }
            }
            _ => panic!("{line}"),
        }
        if at % 160 == 60 {
            trio.kill(at / 160);
        }
        if at % 160 == 150 {
            trio.start(&[at / 160]);
        }
    }
    assert!(client.wait().expect("it ends").success());
    assert!(failures <= 3, "one for each server that was lost");
    let listed = trio.server(1).name(&["ls", "lab"]).done();
    let found: BTreeSet<&str> = listed.lines().map(|line| line.trim_end_matches('/')).collect();
    assert!(bound.iter().all(|name| found.contains(name.as_str())), "what was acknowledged is there");
    let unsaid = found.iter().filter(|name| !bound.iter().chain(&maybe).any(|said| said == *name));
    assert_eq!(unsaid.count(), 0, "what was said not to have been done was not");
}

/// Three servers are to a C++ client what one is: it does everything that CosNaming has, and prints the same.
#[test]
fn a_foreign_client_does_everything_to_three_servers() {
    let Some(peers) = peers::or_skip() else { return };
    let trio = Trio::patient();
    trio.server(0).name(&["mkdir", "-p", "of the test/one"]).done();
    trio.server(1).name(&["mkdir", "of the test/other"]).done();
    let object = |path: &str| trio.server(2).name(&["resolve", path]).done().trim().to_owned();
    let objects = [object("of the test/one"), object("of the test/other")];
    // It is to find an empty service.
    trio.server(0).name(&["unbind", "of the test"]).done();
    let mut client = peers.program("naming_client");
    client.args(["-ORBclientCallTimeOutPeriod", "60000", &trio.reference()]).args(&objects);
    let finished = Process::start(client).and_then(|client| client.wait(PATIENCE)).expect("it ends");
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
    let expected = include_str!("../../../../interop/tests/tests/quorb/naming_client.txt");
    assert_eq!(finished.stdout, expected);
}

#[test]
fn what_is_wrong_with_the_list_is_said() {
    let serve = |arguments: &[&str]| {
        quorb_fed("", &[&["serve", "--memory", "--listen", "127.0.0.1:0"], arguments].concat())
    };
    let port = serve(&["--join", "127.0.0.1:7400,localhost"]).misused();
    assert_eq!(port, "--join: `localhost` is not HOST:PORT\n");
    let hidden = serve(&["--join", "10.1.2.3:7400,10.1.2.4:7400"]).misused();
    assert!(hidden.contains("give --listen"), "{hidden}");
    let [one, other] = &free(2)[..] else { panic!("two were asked for") };
    let _taken = TcpListener::bind(one).unwrap();
    let taken = serve(&["--join", one]).failed();
    assert!(taken.contains("none of the addresses") && taken.contains("--join-as"), "{taken}");
    let twice = serve(&["--join", &format!("{other},{other}"), "--join-as", other]).misused();
    assert!(twice.contains("listed twice"), "{twice}");
    assert!(serve(&["--join-as", other]).misused().contains("--join <HOST:PORT,...>"));
    let data = Folder::new();
    drop(Server::start("127.0.0.1:0", &["--data", data.path()]));
    let alone = quorb_fed("", &["serve", "--data", data.path(), "--listen", "127.0.0.1:0", "--join", other]);
    let alone = alone.failed();
    assert!(alone.contains("stood alone"), "{alone}");
}

//! What operators of `quorb serve --join` meet: wrong keys, lost disks, full disks, servers that stood still.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use quorb::{Completion, ExceptionKind, Orb};
use quorb_naming::{NameError, Names};

use crate::names::Folder;
use crate::rig::{File, Ran, quorb_fed};
use crate::trio::{CALLS, Callers, PATIENCE, Trio, free, runtime};

/// Runs the server of this place until it ends by itself.
fn run(trio: &Trio, at: usize, more: &[&str]) -> Ran {
    let arguments = trio.arguments_of(at);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    quorb_fed("", &[&["serve", "--listen", &trio.listen[at]], &arguments[..], more].concat())
}

/// Starts the server of this place, and ends it as soon as it has said these words on standard error.
fn until_it_says(trio: &Trio, at: usize, words: &str) -> String {
    let mut server = Command::new(env!("CARGO_BIN_EXE_quorb"))
        .args(["serve", "--listen", &trio.listen[at]])
        .args(trio.arguments_of(at))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(server.stderr.take().expect("it is piped")).lines();
    let said = lines.map(|line| line.expect("it is text")).find(|line| line.contains(words));
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    said.expect("it says so before it ends")
}

#[test]
fn a_server_with_another_key_is_told_so_and_the_others_go_on() {
    let (key, other) = (File::with("a secret of ours"), File::with("a secret of others"));
    let mut trio = Trio::new(Some(Folder::new()), &["--join-key", key.path()]);
    trio.server(0).name(&["mkdir", "lab"]).done();
    trio.kill(2);
    trio.arguments.clear();
    for more in [&["--join-key", other.path()][..], &[]] {
        let refused = run(&trio, 2, more).failed();
        for at in [0, 1] {
            let reason = format!("{}: the two were not given the same key", trio.join[at]);
            assert!(refused.contains(&reason), "{refused}");
        }
        assert!(refused.ends_with("; give all of them the same --join-key\n"), "{refused}");
    }
    let missing = run(&trio, 2, &["--join-key", "/no/such/file"]).failed();
    assert!(missing.contains("/no/such/file: No such file"), "{missing}");
    trio.server(1).name(&["mkdir", "lab/deep"]).done();
    trio.start_with(2, &["--join-key", key.path()]);
    assert_eq!(trio.server(2).name(&["ls", "--tree"]).done(), "└── lab/\n    └── deep/\n");
}

/// Two of three disks are lost. The third alone is not enough, and says so; it is when an operator says that it is all there is.
#[test]
fn what_one_disk_knows_is_gone_on_with_by_force() {
    let mut trio = Trio::durable();
    trio.server(0).name(&["mkdir", "-p", "lab/deep"]).done();
    (0..3).for_each(|at| trio.kill(at));
    let lost: Vec<String> = [1, 2].map(|at| trio.folder(at).expect("it has one")).into();
    let old = format!("{}-old", lost[1]);
    std::fs::remove_dir_all(&lost[0]).unwrap();
    std::fs::rename(&lost[1], &old).unwrap();
    let said = until_it_says(&trio, 0, "waiting for");
    assert!(said.contains(&trio.join[1]) && said.contains(&trio.join[2]), "{said}");

    trio.start_with(0, &["--force-restart"]);
    assert_eq!(trio.server(0).name(&["ls", "lab"]).done(), "deep/\n");
    trio.server(0).name(&["mkdir", "lab/new"]).done();
    // New disks take the places of the lost ones, and then there are three again.
    trio.start(&[1, 2]);
    trio.kill(0);
    assert_eq!(trio.server(1).name(&["ls", "lab"]).done(), "deep/\nnew/\n");
    trio.start(&[0]);
    // A disk that was thought to be lost belongs to what was before.
    trio.kill(2);
    std::fs::remove_dir_all(&lost[1]).unwrap();
    std::fs::rename(&old, &lost[1]).unwrap();
    let refused = run(&trio, 2, &[]).failed();
    assert!(refused.contains("another domain of the same name"), "{refused}");
    assert!(refused.contains("move its folder `group` away"), "{refused}");
    std::fs::remove_dir_all(format!("{}/group", lost[1])).unwrap();
    trio.start(&[2]);
    assert_eq!(trio.server(2).name(&["ls", "lab"]).done(), "deep/\nnew/\n");
}

/// A server that stands still is excluded; when it goes on, it joins again and has what it has missed.
#[test]
fn a_server_that_stood_still_is_one_of_them_again() {
    let mut trio = Trio::durable();
    let patient = ["--deadline", "100s"];
    let name = |trio: &Trio, at: usize, arguments: &[&str]| {
        trio.server(at).name(&[&patient[..], arguments].concat()).done()
    };
    name(&trio, 0, &["mkdir", "before"]);
    trio.server(2).signal("STOP");
    name(&trio, 0, &["mkdir", "during"]);
    trio.server(2).signal("CONT");
    while name(&trio, 2, &["ls"]) != "before/\nduring/\n" {
        std::thread::yield_now();
    }
    trio.kill(0);
    name(&trio, 2, &["mkdir", "after"]);
    assert_eq!(name(&trio, 1, &["ls"]), "after/\nbefore/\nduring/\n");
    let (code, words) = trio.take(2).terminate();
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("joining again") && words.contains("naming: here again"), "{words}");
}

/// The same while it starts: whatever the others had agreed on with it by then, it begins again until it is one of them.
#[test]
fn a_server_that_stands_still_while_it_starts_is_one_of_them_all_the_same() {
    let mut trio = Trio::new(Some(Folder::new()), &["--detection", "100ms"]);
    for (round, after) in [0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.07].into_iter().enumerate() {
        trio.kill(2);
        trio.server(0).name(&["mkdir", &format!("n{round}")]).done();
        trio.pause = Some((after, 0.4));
        trio.start(&[2]);
        trio.pause = None;
        let listed = trio.server(2).name(&["--deadline", "100s", "ls"]).done();
        assert_eq!(listed.lines().count(), round + 1, "{listed}");
    }
}

/// One whose disk is full ends, as if it had been killed, and says why. Nobody else notices.
#[test]
fn a_server_whose_disk_is_full_ends_and_costs_no_call() {
    let mut trio = Trio::durable();
    runtime().block_on(async {
        let callers = Callers::start(&trio.reference(), "call").await;
        callers.until(CALLS).await;
        trio.kill(1);
        // Room for what it is told when it comes, and for some hundred names more.
        trio.blocks_max = Some(600);
        let (code, words) = tokio::task::block_in_place(|| {
            trio.start(&[1]);
            trio.take(1).wait()
        });
        assert_eq!(code, Some(1), "{words}");
        assert!(words.contains("the naming service cannot go on: the log cannot be written"), "{words}");
        callers.until(CALLS).await;
        // There is no room to start in, either.
        let words = tokio::task::block_in_place(|| trio.not_started(1));
        assert!(words.contains("the log cannot be written"), "{words}");
        // Somebody has made room.
        trio.blocks_max = None;
        tokio::task::block_in_place(|| trio.start(&[1]));
        callers.until(CALLS).await;
        let bound: BTreeSet<String> = callers.stop().await.expect("no call fails").into_iter().collect();
        assert_eq!(trio.listed().await, bound);
    });
}

/// All disks are full: there is no service, callers are told so, and what was acknowledged is there when there is room again.
#[test]
fn full_disks_everywhere_lose_nothing() {
    let mut trio = Trio::durable();
    trio.server(0).name(&["mkdir", "lab"]).done();
    (0..3).for_each(|at| trio.kill(at));
    trio.blocks_max = Some(1900);
    trio.start(&[0, 1, 2]);
    let (bound, refused) = runtime().block_on(bind_until_refused(&trio.reference()));
    assert!(bound.len() > 5, "{bound:?}");
    let expected = [ExceptionKind::CommFailure, ExceptionKind::Transient];
    assert!(expected.contains(&refused.kind()), "{refused}");
    // When two have ended, the third may have nothing more to write.
    let ended = trio.kill_when_two_have_ended();
    for (code, words) in &ended {
        assert_eq!(*code, Some(1), "{words}");
        assert!(words.contains("the log cannot be written"), "{words}");
    }
    trio.blocks_max = None;
    trio.start(&[0, 1, 2]);
    let found = runtime().block_on(trio.listed());
    let lost: Vec<_> = bound.difference(&found).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    // One may have been bound whose caller was told that nobody knows.
    let more = found.len() - bound.len();
    let sure = usize::from(refused.completed() == Completion::Maybe);
    assert!(found.contains("lab") && (1..=1 + sure).contains(&more), "{found:?}");
}

/// Binds large references until that is refused.
async fn bind_until_refused(reference: &str) -> (BTreeSet<String>, quorb::SystemException) {
    let orb = Orb::builder()
        .call_deadline(PATIENCE)
        .limits(|limits| limits.retry_attempts_max = 3)
        .start()
        .await
        .unwrap();
    let names = Names::at(&orb, reference).unwrap();
    let key = "k".repeat(40_000);
    let object = orb.string_to_object(&format!("corbaloc:iiop:1.2@h:1/{key}")).unwrap();
    let mut bound = BTreeSet::new();
    let refused = loop {
        let path = format!("n{}", bound.len());
        match names.bind_object(&path, &object).await {
            Ok(()) => bound.insert(path),
            Err(NameError::Call(refused)) => break refused,
            Err(other) => panic!("{other}"),
        };
    };
    orb.shutdown(Duration::ZERO).await;
    (bound, refused)
}

/// A list of one is a service that can be joined later, and alone meanwhile.
#[test]
fn one_server_alone_can_be_a_group() {
    let mut trio = Trio::durable();
    (0..3).for_each(|at| trio.kill(at));
    let own = free(1).remove(0);
    trio.join = vec![own];
    trio.data = Some(Folder::new());
    trio.start(&[0]);
    trio.server(0).name(&["mkdir", "lab"]).done();
    trio.kill(0);
    trio.start(&[0]);
    assert_eq!(trio.server(0).name(&["ls"]).done(), "lab/\n");
}

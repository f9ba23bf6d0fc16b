//! Executors that ship effects instead of the whole value.

use crate::rig::{found, in_time};
use quorb::{Completion, Context, ExceptionKind, Orb, interface};
use quorb_groups::driver::Domain;
use quorb_groups::object::{Effects, Replica, ReplicaLimits, ServeError, Style};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[interface]
trait Diary {
    fn lines(&self) -> Vec<String>;
    /// Writes a line, and gives its number.
    fn write(&mut self, cx: &Context, line: &str) -> u64;
    /// Writes a line, and panics.
    fn spill(&mut self, cx: &Context, line: &str);
}

/// Lines; and how often they were written in this process, which no other one knows.
#[derive(Default, Serialize, Deserialize)]
struct Pages(Vec<String>);

static EXECUTIONS: AtomicU64 = AtomicU64::new(0);

impl Effects for Pages {
    type Effect = String;
    fn apply(&mut self, line: String) {
        self.0.push(line);
    }
}

impl Diary for Pages {
    fn lines(&self) -> Vec<String> {
        self.0.clone()
    }

    fn write(&mut self, cx: &Context, line: &str) -> u64 {
        // Not the same everywhere, and decided once.
        let nth = EXECUTIONS.fetch_add(1, Ordering::SeqCst);
        self.happen(cx, format!("{line} {nth}"));
        self.0.len() as u64
    }

    fn spill(&mut self, cx: &Context, line: &str) {
        self.happen(cx, line.to_owned());
        panic!("spilt on purpose");
    }
}

struct Member {
    domain: Domain,
    orb: Orb,
    replica: Replica<DiaryProxy>,
}

async fn serve(domain: Domain) -> Member {
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let limits =
        ReplicaLimits { outcome_bytes_max: 4096, checkpoint_requests: 3, ..ReplicaLimits::default() };
    let serving = domain.serve(&orb, "diary", DiaryServant::new(Pages::default())).limits(limits);
    let replica = in_time("serving", serving.with_effects().into_future()).await.unwrap();
    Member { domain, orb, replica }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_the_same_everywhere_through_a_failure_and_a_join() {
    let (seeds, domains) = found().await;
    let mut members = Vec::new();
    for domain in domains {
        members.push(serve(domain).await);
    }
    let client = Orb::client().await.unwrap();
    let diary: DiaryProxy = client.bind(&members[0].replica.reference().to_string()).unwrap();
    for line in 1..=20 {
        assert_eq!(in_time("a line", diary.write("early")).await.unwrap(), line);
    }
    let lost = members[0].replica.executor().unwrap();
    let lost = members.remove(members.iter().position(|member| member.domain.process() == lost).unwrap());
    drop(lost.domain);
    lost.orb.shutdown(Duration::ZERO).await;
    for line in 21..=30 {
        assert_eq!(in_time("a line", diary.write("late")).await.unwrap(), line);
    }
    // Far more lines than are kept beside a state, by one who joins from the executor or beside it.
    let join = Domain::join(seeds).name("test");
    members.push(serve(in_time("joining", join.into_future()).await.unwrap()).await);
    let large = "x".repeat(3_000);
    for line in 31..=70 {
        assert_eq!(in_time("a line", diary.write(&large)).await.unwrap(), line);
    }
    let first = members[0].replica.proxy().lines().await.unwrap();
    assert_eq!(first.len(), 70);
    for member in &members {
        assert_eq!(member.replica.proxy().lines().await.unwrap(), first);
        assert_eq!(member.replica.view().unwrap().members.len(), 3, "nobody was sent away for its digest");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_panics_or_is_too_large_is_taken_back_with_its_effects() {
    let (_seeds, domains) = found().await;
    let mut members = Vec::new();
    for domain in domains {
        members.push(serve(domain).await);
    }
    let diary = members[1].replica.proxy();
    in_time("a line", diary.write("kept")).await.unwrap();
    let fault = in_time("a panic", diary.spill("spilt")).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::Unknown));
    let fault = in_time("too long a line", diary.write(&"x".repeat(5_000))).await.unwrap_err();
    assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::ImpLimit), Completion::No), "{fault}");
    assert_eq!(in_time("a line", diary.write("after")).await.unwrap(), 2);
    for member in &members {
        let lines = member.replica.proxy().lines().await.unwrap();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("kept") && lines[1].starts_with("after"), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_ship_otherwise_are_refused() {
    let (_seeds, mut domains) = found().await;
    let _first = serve(domains.remove(0)).await;
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let serving = domains[0].serve(&orb, "diary", DiaryServant::new(Pages::default())).style(Style::Executor);
    let error = in_time("a refusal", serving.into_future()).await.unwrap_err();
    assert!(matches!(error, ServeError::Saved(_)), "{error}");
    let said = "the group's executor ships the effects of updates, this member's would ship the whole state";
    assert!(error.to_string().starts_with(said), "{error}");
}

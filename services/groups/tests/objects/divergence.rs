//! Replicas that are not alike, and requests that no executor survives.

use crate::rig::{found, found_by, in_time};
use quorb::{ExceptionKind, Minor, Orb, interface};
use quorb_groups::driver::Domain;
use quorb_groups::object::{Replica, ReplicaLimits, ServeError, Style};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

#[interface]
trait Dice {
    fn sum(&self) -> u64;
    /// Adds what is thrown: at one replica something else, if it is a bad throw.
    fn throw(&mut self, bad: bool) -> u64;
    /// Lets whoever executes it never end.
    async fn stall(&mut self);
}

#[derive(Default, Serialize, Deserialize)]
struct Sum(u64);

/// What the bad throws have been good for: only the first replica to execute one adds to it.
static BAD: AtomicU64 = AtomicU64::new(0);
/// Tells who stalls; nobody is ever let go.
static STALLS: std::sync::Mutex<Option<mpsc::UnboundedSender<()>>> = std::sync::Mutex::new(None);
static NEVER: Semaphore = Semaphore::const_new(0);

impl Dice for Sum {
    fn sum(&self) -> u64 {
        self.0
    }

    fn throw(&mut self, bad: bool) -> u64 {
        self.0 += 1;
        if bad && BAD.fetch_add(1, Ordering::SeqCst) == 0 {
            self.0 += 100;
        }
        self.0
    }

    async fn stall(&mut self) {
        if let Some(stalls) = &*STALLS.lock().unwrap() {
            let _ = stalls.send(());
        }
        let _ = NEVER.acquire().await;
    }
}

struct Member {
    domain: Domain,
    orb: Orb,
    replica: Replica<DiceProxy>,
}

async fn serve(domain: Domain, style: Style) -> Member {
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let limits = ReplicaLimits { checkpoint_requests: 4, executors_lost_max: 1, ..ReplicaLimits::default() };
    let serving = domain.serve(&orb, "dice", DiceServant::new(Sum::default())).style(style).limits(limits);
    let replica = in_time("serving", serving.into_future()).await.unwrap();
    Member { domain, orb, replica }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_differs_from_most_leaves_and_says_why() {
    let mut members = Vec::new();
    for domain in found().await.1 {
        members.push(serve(domain, Style::Active).await);
    }
    let client = Orb::client().await.unwrap();
    let dice: DiceProxy = client.bind(&members[0].replica.reference().to_string()).unwrap();
    for throw in 1..=4 {
        in_time("a throw", dice.throw(throw == 2)).await.unwrap();
    }
    let mut ends = Vec::new();
    for member in &mut members {
        ends.push(Box::pin(member.replica.ended()));
    }
    let leaves = async { std::future::poll_fn(|cx| first_of(&mut ends, cx)).await };
    let error = in_time("somebody's end", leaves).await.unwrap_err();
    drop(ends);
    assert!(matches!(error, ServeError::Diverged { place: 4 }), "{error}");
    assert!(
        error.to_string().contains("the servant does something that is not the same everywhere"),
        "{error}"
    );
    // The others go on, and none of them has the bad throw.
    assert_eq!(in_time("a throw", dice.throw(false)).await.unwrap(), 5);
}

fn first_of(
    ends: &mut [impl Future<Output = Result<quorb_groups::driver::Ended, ServeError>> + Unpin],
    cx: &mut std::task::Context<'_>,
) -> std::task::Poll<Result<quorb_groups::driver::Ended, ServeError>> {
    let first = ends.iter_mut().map(|end| std::pin::Pin::new(end).poll(cx));
    first.into_iter().find(std::task::Poll::is_ready).unwrap_or(std::task::Poll::Pending)
}

/// The request costs one executor after the other, until it is given up; the object goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_no_executor_survives_is_given_up() {
    let (told, mut stalls) = mpsc::unbounded_channel();
    *STALLS.lock().unwrap() = Some(told);
    let mut members = Vec::new();
    for domain in found_by(5).await.1 {
        members.push(serve(domain, Style::Executor).await);
    }
    let client = Orb::client().await.unwrap();
    let dice: DiceProxy = client.bind(&members[0].replica.reference().to_string()).unwrap();
    assert_eq!(in_time("a throw", dice.throw(false)).await.unwrap(), 1);
    let deadly = dice.clone();
    let deadly = tokio::spawn(async move { deadly.stall().await });
    // One executor may be lost over it, and the second one is too many.
    for _ in 0..2 {
        in_time("an executor", stalls.recv()).await.unwrap();
        let at = async {
            loop {
                // The others may hear of a new executor a little later than that one itself.
                let executor = members[0].replica.executor();
                let at = members.iter().position(|member| Some(member.domain.process()) == executor);
                match at {
                    Some(at) => break at,
                    None => tokio::task::yield_now().await,
                }
            }
        };
        let at = in_time("its name", at).await;
        let lost = members.remove(at);
        drop(lost.domain);
        lost.orb.shutdown(Duration::ZERO).await;
    }
    let fault = in_time("giving up", deadly).await.unwrap().unwrap_err();
    let minor = fault.system().map(quorb::SystemException::minor);
    assert_eq!(
        (fault.kind(), minor),
        (Some(ExceptionKind::Unknown), Some(Minor::REQUEST_QUARANTINED)),
        "{fault}"
    );
    assert_eq!(in_time("a throw", dice.throw(false)).await.unwrap(), 2);
}

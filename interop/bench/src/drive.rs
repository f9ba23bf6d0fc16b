//! The clients on tokio: a caller of any protocol, and the calls that it is made to make.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quorb_interop::table::Item;
use tokio::sync::Barrier;

use crate::measure::Stopwatch;
use crate::plan::{Outcome, PIECE_BYTES, Plan, Work};

/// What can be called, by whatever protocol. Cloning shares the connection.
pub(crate) trait Caller: Clone + Send + Sync + 'static {
    fn get(&self, n: i16, m: i16) -> impl Future<Output = Outcome<i32>> + Send;
    fn octets(&self, value: Vec<u8>) -> impl Future<Output = Outcome<Vec<u8>>> + Send;
    fn longs(&self, value: Vec<i32>) -> impl Future<Output = Outcome<Vec<i32>>> + Send;

    fn items(&self, _value: Vec<Item>) -> impl Future<Output = Outcome<Vec<Item>>> + Send {
        async { Err(UNKNOWN.into()) }
    }

    /// Sends so many octets as a stream; how many of them the server has counted.
    fn stream(&self, _octets: usize) -> impl Future<Output = Outcome<u64>> + Send {
        async { Err(UNKNOWN.into()) }
    }

    fn note(&self) -> impl Future<Output = Outcome<()>> + Send {
        async { Err(UNKNOWN.into()) }
    }

    fn noted(&self) -> impl Future<Output = Outcome<u64>> + Send {
        async { Err(UNKNOWN.into()) }
    }
}

pub(crate) const UNKNOWN: &str = "this protocol has no such call here";

/// A piece of a stream.
pub(crate) static PIECE: [u8; PIECE_BYTES] = [0x5a; PIECE_BYTES];

/// What `get` answers everywhere: the tables hold zeros.
pub(crate) const EXPECTED: i32 = 0;

/// The warm-up takes this part of the time of the measured calls.
pub(crate) const WARM_UP_PART: u32 = 5;

/// Makes the calls of a plan and prints what they took.
pub(crate) async fn drive(caller: impl Caller, plan: &Plan) -> Outcome<()> {
    let before = if plan.work == Work::Oneway { caller.noted().await? } else { 0 };
    let in_flight = plan.work.in_flight();
    let gates = Arc::new([Barrier::new(in_flight + 1), Barrier::new(in_flight + 1)]);
    // Callers are tasks, as in a program: the runtime polls its sockets once more for each wake-up of its first future.
    let tasks: Vec<_> =
        (0..in_flight).map(|_| tokio::spawn(callers(caller.clone(), *plan, gates.clone()))).collect();
    gates[0].wait().await;
    let watch = Stopwatch::start();
    gates[1].wait().await;
    let (mut calls, mut all_calls, mut latencies) = (0, 0, Vec::new());
    for task in tasks {
        let done = task.await??;
        calls += done.calls;
        all_calls += done.calls + done.warm_up;
        latencies.extend(done.latencies);
    }
    // The connection keeps the order: what was sent before this question has arrived before its answer.
    if plan.work == Work::Oneway && caller.noted().await? != before + all_calls as u64 {
        return Err("calls without an answer were lost".into());
    }
    watch.stop(calls, all_calls, latencies);
    Ok(())
}

struct Done {
    calls: usize,
    warm_up: usize,
    latencies: Vec<Duration>,
}

/// One caller: warms up, waits for the others, and makes as many calls as take the planned time.
async fn callers(caller: impl Caller, plan: Plan, gates: Arc<[Barrier; 2]>) -> Outcome<Done> {
    let mut calling = Calling::new(caller, plan.work);
    let warm_up_time = Duration::from_millis(plan.milliseconds) / WARM_UP_PART;
    let (started, mut warm_up) = (Instant::now(), 0);
    let mut outcome = Ok(());
    while outcome.is_ok() && (warm_up == 0 || started.elapsed() < warm_up_time) {
        outcome = calling.call().await;
        warm_up += 1;
    }
    // Whoever fails must not keep the others waiting.
    gates[0].wait().await;
    gates[1].wait().await;
    outcome?;
    let calls = plan.count.unwrap_or(warm_up * WARM_UP_PART as usize);
    let single = plan.work.in_flight() == 1;
    let mut latencies = Vec::with_capacity(if single { calls } else { 0 });
    for _ in 0..calls {
        if single {
            let started = Instant::now();
            calling.call().await?;
            latencies.push(started.elapsed());
        } else {
            calling.call().await?;
        }
    }
    Ok(Done { calls, warm_up, latencies })
}

/// A caller and its arguments. What comes back goes out again: nobody copies what it has been given.
struct Calling<C> {
    caller: C,
    work: Work,
    octets: Vec<u8>,
    longs: Vec<i32>,
    items: Vec<Item>,
}

impl<C: Caller> Calling<C> {
    fn new(caller: C, work: Work) -> Calling<C> {
        let of = |wanted: bool| if wanted { work.size() } else { 0 };
        Calling {
            caller,
            work,
            octets: vec![0x5a; of(matches!(work, Work::Octets64K | Work::Octets1M))],
            longs: vec![77; of(work == Work::Longs) / 4],
            items: (0..of(work == Work::Records)).map(item).collect(),
        }
    }

    /// One call, whose result is checked: its length, and its ends and its middle, as omniORB's client does.
    async fn call(&mut self) -> Outcome<()> {
        let size = self.work.size();
        let right = match self.work {
            Work::Octets64K | Work::Octets1M => {
                self.octets = self.caller.octets(std::mem::take(&mut self.octets)).await?;
                same_by_samples(&self.octets, size, |_| 0x5a)
            }
            Work::Longs => {
                self.longs = self.caller.longs(std::mem::take(&mut self.longs)).await?;
                same_by_samples(&self.longs, size / 4, |_| 77)
            }
            Work::Records => {
                self.items = self.caller.items(std::mem::take(&mut self.items)).await?;
                same_by_samples(&self.items, size, item)
            }
            Work::Stream => self.caller.stream(size).await? == size as u64,
            Work::Oneway => {
                self.caller.note().await?;
                true
            }
            _ => self.caller.get(3, 4).await? == EXPECTED,
        };
        if right { Ok(()) } else { Err("a result is wrong: no figures".into()) }
    }
}

/// The records that omniORB's client sends, too.
fn item(index: usize) -> Item {
    Item { id: index as u64, name: format!("item number {index}"), price: 0.25 * index as f64 }
}

pub(crate) fn same_by_samples<T: PartialEq>(got: &[T], length: usize, expected: impl Fn(usize) -> T) -> bool {
    got.len() == length && [0, length / 2, length - 1].into_iter().all(|index| got[index] == expected(index))
}

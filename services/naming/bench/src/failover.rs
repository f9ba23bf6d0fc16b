//! What the loss of a server costs a client of three that are one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quorb::{Orb, Proxy};
use quorb_interop::Trail;
use quorb_naming::Names;
use quorb_naming::cos::{NameComponent, NamingContextProxy};

use crate::load::numbered;
use crate::servers::{self, Server};
use crate::{Fault, Plan};

/// What takes longer is slow: no call does when nothing happens.
const SLOW: Duration = Duration::from_millis(100);

/// Callers at the same time, with one broker.
const CALLERS: [usize; 2] = [1, 64];

pub(crate) fn measure(plan: Plan) -> Result<(), Fault> {
    println!(
        "three servers that are one; the one that a client talks to is killed with -9 in the middle of its calls"
    );
    for callers in CALLERS {
        let mut rounds = Vec::new();
        for _ in 0..plan.rounds {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            rounds.push(runtime.block_on(round(callers, plan.calls / 8, servers::three()?))?);
        }
        show(callers, &rounds);
    }
    Ok(())
}

/// What a round has shown. No call failed, and nothing is lost, or there is no such value.
struct Round {
    /// Binds, in order of their time.
    binds: Vec<Duration>,
    longest: Duration,
    slow_of_a_caller: usize,
    repeated: u64,
}

fn show(callers: usize, rounds: &[Round]) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let mut longest: Vec<Duration> = rounds.iter().map(|round| round.longest).collect();
    let mut usual: Vec<Duration> = rounds.iter().map(|round| round.binds[round.binds.len() / 2]).collect();
    longest.sort_unstable();
    usual.sort_unstable();
    println!("  {callers} in flight");
    println!("    a durable bind, usually   {:>8.1} ms", milliseconds(usual[usual.len() / 2]));
    println!(
        "    the longest call          {:>8.1} ms, of all rounds {:.1} ms",
        milliseconds(longest[longest.len() / 2]),
        milliseconds(longest[longest.len() - 1])
    );
    println!(
        "    calls over {} ms          {:>7} of one caller at most",
        SLOW.as_millis(),
        rounds.iter().map(|round| round.slow_of_a_caller).max().unwrap_or_default()
    );
    println!("    calls sent again          {:>8}", rounds.iter().map(|round| round.repeated).sum::<u64>());
    println!("    calls that failed                0; every name that was bound is there");
}

async fn round(callers: usize, calls: usize, mut members: Vec<Server>) -> Result<Round, Fault> {
    let trail = Arc::new(Trail::default());
    let orb = Orb::builder().intercept_calls(trail.clone()).start().await?;
    let root: NamingContextProxy = orb.bind(&members[0].reference)?;
    root.list(0).await.map_err(|fault| Fault::Wrong(fault.to_string()))?;
    let share = (calls / callers).max(4);
    let (begun, mut has_begun) = tokio::sync::mpsc::channel(callers);
    let callers: Vec<_> = { 0..callers }
        .map(|caller| tokio::spawn(call(root.clone(), caller * 2 * share, share, begun.clone())))
        .collect();
    drop(begun);
    // Half of its calls each has behind it, and goes on.
    for _ in &callers {
        has_begun.recv().await;
    }
    let address = trail.last_address().unwrap_or_default();
    let victim = members.iter().position(|member| *member.address == *address);
    let victim = victim.ok_or_else(|| Fault::Wrong(format!("no server is at {address}")))?;
    let victim = members.remove(victim);
    let killed = tokio::task::spawn_blocking(move || victim.process.kill().map(|_| victim.folder));
    let mut seen = Round { binds: Vec::new(), longest: Duration::ZERO, slow_of_a_caller: 0, repeated: 0 };
    let mut bound = BTreeSet::new();
    for caller in callers {
        let calls = caller.await.map_err(|cause| Fault::Wrong(cause.to_string()))??;
        seen.slow_of_a_caller = seen.slow_of_a_caller.max(calls.slow);
        seen.longest = seen.longest.max(calls.longest);
        seen.binds.extend(calls.binds);
        bound.extend(calls.bound);
    }
    killed.await.map_err(|cause| Fault::Wrong(cause.to_string()))??;
    seen.repeated = trail.repeated();
    seen.binds.sort_unstable();
    let found = Names::at(&orb, &members[0].reference)?.list("").await?;
    let found: BTreeSet<String> = found.into_iter().map(|entry| entry.name).collect();
    if found != bound {
        return Err(Fault::Wrong(format!("{} names were bound, {} are there", bound.len(), found.len())));
    }
    orb.shutdown(Duration::from_secs(1)).await;
    Ok(seen)
}

/// What a caller has done and seen.
#[derive(Default)]
struct Calls {
    bound: Vec<String>,
    binds: Vec<Duration>,
    longest: Duration,
    slow: usize,
}

/// Binds names, and looks each up: so many, and when it has said so, as many more.
async fn call(
    root: NamingContextProxy,
    first: usize,
    half: usize,
    begun: tokio::sync::mpsc::Sender<()>,
) -> Result<Calls, Fault> {
    let mut calls = Calls::default();
    for number in first..first + 2 * half {
        if number == first + half {
            // Whoever waits for it lives as long.
            let _ = begun.send(()).await;
        }
        let name = numbered(number);
        let start = Instant::now();
        // Bound twice, the second time would say so.
        let bound = root.bind(&name, root.object()).await;
        bound.map_err(|fault| Fault::Wrong(format!("bind {number}: {fault}")))?;
        let took = calls.took(start);
        calls.binds.push(took);
        let start = Instant::now();
        let found = root.resolve(&name).await;
        found.map_err(|fault| Fault::Wrong(format!("resolve {number}: {fault}")))?;
        calls.took(start);
        let [NameComponent { id, .. }] = name;
        calls.bound.push(id);
    }
    Ok(calls)
}

impl Calls {
    fn took(&mut self, start: Instant) -> Duration {
        let took = start.elapsed();
        self.longest = self.longest.max(took);
        self.slow += usize::from(took > SLOW);
        took
    }
}

//! What the loss of a server costs a client of three that are one.

use std::time::{Duration, Instant};

use quorb::{Orb, Proxy};
use quorb_naming::cos::NamingContextProxy;

use crate::load::numbered;
use crate::servers::{self, Server};
use crate::{Fault, Plan};

pub(crate) fn measure(plan: Plan) -> Result<(), Fault> {
    let mut longest = Vec::new();
    let mut usual = Vec::new();
    for _ in 0..plan.rounds {
        let members = servers::three()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (before, after) = runtime.block_on(calls(plan, members))?;
        usual.push(before);
        longest.push(after);
    }
    longest.sort_unstable();
    usual.sort_unstable();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("three servers that are one, the one that is called killed with -9");
    println!("  a durable bind            {:>8.1} ms", milliseconds(usual[usual.len() / 2]));
    println!("  the longest after a kill  {:>8.1} ms", milliseconds(longest[longest.len() / 2]));
    println!("  calls that failed                0");
    Ok(())
}

/// The time of a call in the middle of them all, and of the longest once a server is lost. No call may fail.
async fn calls(plan: Plan, mut members: Vec<Server>) -> Result<(Duration, Duration), Fault> {
    let orb = Orb::client().await?;
    let root: NamingContextProxy = orb.bind(&members[0].reference)?;
    let mut times = Vec::new();
    let mut call = async |number: usize| {
        let begun = Instant::now();
        let bound = root.bind(&numbered(number), root.object()).await;
        bound.map_err(|fault| Fault::Wrong(format!("bind {number}: {fault}")))?;
        times.push(begun.elapsed());
        Ok::<(), Fault>(())
    };
    let half = plan.calls / 8;
    for number in 0..half {
        call(number).await?;
    }
    // The first of its reference is the one that it talks to; it goes with its handle, by kill -9.
    drop(members.remove(0));
    for number in half..2 * half {
        call(number).await?;
    }
    let longest = times[half..].iter().max().copied().unwrap_or_default();
    times[..half].sort_unstable();
    orb.shutdown(Duration::from_secs(1)).await;
    Ok((times[half / 2], longest))
}

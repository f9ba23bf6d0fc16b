//! Three servers that are one, beside one that stands alone: the same work.

use tokio::runtime::Runtime;

use crate::cost::median;
use crate::durable::{IN_FLIGHT, durable};
use crate::fanout::fan_out;
use crate::servers::{self, Server};
use crate::{Fault, Plan};

/// The octets of an event.
const SIZE: usize = 100;

/// What is done in a row.
#[derive(Clone, Copy)]
enum Work {
    /// One publisher, so many consumers, which are spread over the servers.
    FanOut(usize),
    /// Publishers at the same time, each answered from the disks.
    Durable,
}

pub(crate) fn measure(runtime: &Runtime, plan: Plan) -> Result<(), Fault> {
    println!("three servers that are one, 100 octets, thousand events/s        one     three   ratio");
    let (alone, in_memory) = (vec![servers::ours()?], servers::three(false)?);
    for consumers in [1, 10] {
        let what = format!("reliable, in memory, 1 to {consumers}");
        row(runtime, plan, &what, Work::FanOut(consumers), [&alone, &in_memory])?;
    }
    drop(in_memory);
    let on_disks = servers::three(true)?;
    let what = format!("durable, acknowledged, {IN_FLIGHT} in flight");
    row(runtime, plan, &what, Work::Durable, [&alone, &on_disks])
}

/// Does the same on all of them, in turns.
fn row(runtime: &Runtime, plan: Plan, what: &str, work: Work, sides: [&[Server]; 2]) -> Result<(), Fault> {
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..plan.rounds {
        for (servers, rates) in sides.iter().zip(&mut rates) {
            rates.push(runtime.block_on(run(work, plan, servers))?);
        }
    }
    let [one, three] = rates.map(|rates| median(&rates));
    println!("  {what:<55}{one:>10.1}{three:>10.1}{:>8.2}", three / one);
    Ok(())
}

/// Thousands a second: delivered, or acknowledged.
async fn run(work: Work, plan: Plan, servers: &[Server]) -> Result<f64, Fault> {
    match work {
        Work::FanOut(consumers) => {
            let events = (plan.replicated / consumers).max(100);
            let cost = fan_out(servers, consumers, events, SIZE).await?;
            Ok(cost.thousands(events * consumers))
        }
        Work::Durable => durable(&servers[0], plan.durable / 4, IN_FLIGHT).await,
    }
}

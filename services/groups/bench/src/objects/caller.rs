//! Clients of one object.
//!
//! ```text
//!   set CLIENTS MS    updates, each client one after the other    -> did COUNT US LONGEST_US
//!   get CLIENTS MS    queries                                     -> did COUNT US LONGEST_US
//!   pace RATE MS      so many updates a second                    -> did COUNT US LONGEST_US
//! ```
//!
//! After updates every client reads what it has written last, at every member.

use super::{GridProxy, SIDE};
use crate::Outcome;
use crate::member::orders;
use quorb::Orb;
use std::time::{Duration, Instant};

/// Whom it calls.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// References to the object; clients take them in turn.
    #[arg(long, value_delimiter = ',')]
    references: Vec<String>,
}

/// Runs until the standard input ends.
pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(live(settings))
}

async fn live(settings: &Settings) -> Outcome<()> {
    let orb = Orb::client().await?;
    let bind = |reference: &String| orb.bind::<GridProxy>(reference);
    let grids = settings.references.iter().map(bind).collect::<Result<Vec<_>, _>>()?;
    println!("ready");
    let mut orders = orders();
    while let Some(order) = orders.recv().await {
        let words: Vec<&str> = order.split_whitespace().collect();
        let [what, first, ms] = words[..] else { return Err(format!("do not understand {order:?}").into()) };
        let (first, span) = (first.parse::<u64>()?, Duration::from_millis(ms.parse()?));
        let (clients, pause) = match what {
            "pace" => (1, Some(Duration::from_secs(1) / first as u32)),
            _ => (first, None),
        };
        let begun = Instant::now();
        let tasks: Vec<_> = (0..clients)
            .map(|client| {
                let work = Work { grids: grids.clone(), client: client as usize, span, pause };
                match what {
                    "get" => tokio::spawn(work.get()),
                    _ => tokio::spawn(work.set()),
                }
            })
            .collect();
        let (mut count, mut longest) = (0, Duration::ZERO);
        for task in tasks {
            let (calls, slowest) = task.await??;
            count += calls;
            longest = longest.max(slowest);
        }
        println!("did {count} {} {}", begun.elapsed().as_micros(), longest.as_micros());
    }
    Ok(())
}

/// One client's share.
struct Work {
    grids: Vec<GridProxy>,
    client: usize,
    span: Duration,
    pause: Option<Duration>,
}

impl Work {
    async fn get(self) -> Result<(u64, Duration), String> {
        let (begun, mut count, mut longest) = (Instant::now(), 0, Duration::ZERO);
        let grid = &self.grids[self.client % self.grids.len()];
        while begun.elapsed() < self.span {
            let start = Instant::now();
            grid.get(0, 0).await.map_err(|fault| fault.to_string())?;
            longest = longest.max(start.elapsed());
            count += 1;
        }
        Ok((count, longest))
    }

    async fn set(self) -> Result<(u64, Duration), String> {
        let (begun, mut count, mut longest) = (Instant::now(), 0u64, Duration::ZERO);
        let grid = &self.grids[self.client % self.grids.len()];
        let (n, m) = ((self.client / SIDE) as u16, (self.client % SIDE) as u16);
        while begun.elapsed() < self.span {
            let start = Instant::now();
            grid.set(n, m, count as i32 + 1)
                .await
                .map_err(|fault| format!("client {}: {fault}", self.client))?;
            longest = longest.max(start.elapsed());
            count += 1;
            if let Some(pause) = self.pause {
                tokio::time::sleep_until((begun + pause * count as u32).into()).await;
            }
        }
        for grid in &self.grids {
            let value = grid.get(n, m).await.map_err(|fault| fault.to_string())?;
            if value != count as i32 {
                return Err(format!("client {} has set {count}, and reads {value}", self.client));
            }
        }
        Ok((count, longest))
    }
}

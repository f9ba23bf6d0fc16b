//! A process that serves a grid: one of its replicas, or, without seeds, the plain object.
//!
//! ```text
//!   local MS      queries in this process, one after the other  -> local COUNT MEAN_NS P50_NS P99_NS
//!   serve COUNT   serves so many further grids                  -> served COUNT MS
//!                 at the beginning                              -> ready REFERENCE
//! ```

use super::{Board, GridProxy, GridServant};
use crate::Outcome;
use crate::member::orders;
use quorb::{Orb, Proxy};
use quorb_groups::driver::Domain;
use quorb_groups::object::Replica;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Grids that are created at the same time.
const AT_ONCE: u64 = 500;
/// One in so many local queries is timed by itself.
const TIMED_EVERY: u64 = 16;

/// Where it serves.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// Where the broker listens.
    #[arg(long)]
    listen: String,
    /// Where the member of the domain listens.
    #[arg(long, default_value = "")]
    member: String,
    /// The seeds; without them the object is plain.
    #[arg(long, value_delimiter = ',')]
    seeds: Vec<String>,
    /// How long a member may be silent, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    detection: u64,
    /// How long its lease lasts, in milliseconds; else what is usual.
    #[arg(long)]
    lease: Option<u64>,
}

/// Runs until the standard input ends.
pub(crate) fn run(settings: Settings) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(live(settings))
}

async fn live(settings: Settings) -> Outcome<()> {
    let mut orders = orders();
    let orb = Orb::builder().listen(settings.listen).start().await?;
    if settings.seeds.is_empty() {
        let grid = orb.serve("grid", GridServant::new(Board::default()))?;
        println!("ready {}", grid.object());
        while let Some(order) = orders.recv().await {
            if let Some(ms) = order.strip_prefix("local ") {
                local(grid.clone(), ms.parse()?).await?;
            }
        }
        return Ok(());
    }
    let join = Domain::join(settings.seeds).name("objects").listen(&settings.member);
    let mut join = join.detection(Duration::from_millis(settings.detection));
    if let Some(lease) = settings.lease {
        join = join.lease(Duration::from_millis(lease));
    }
    let domain = Arc::new(join.await?);
    let replica = domain.serve(&orb, "grid", GridServant::new(Board::default())).await?;
    println!("ready {}", replica.reference());
    let mut further = Vec::new();
    while let Some(order) = orders.recv().await {
        match order.split_once(' ') {
            Some(("local", ms)) => local(replica.proxy().clone(), ms.parse()?).await?,
            Some(("serve", count)) => further.extend(serve(&domain, &orb, count.parse()?).await?),
            _ => return Err(format!("do not understand {order:?}").into()),
        }
    }
    Ok(())
}

/// Calls the object of this process without a pause.
async fn local(grid: GridProxy, ms: u64) -> Outcome<()> {
    let calling = tokio::spawn(async move {
        let (begun, mut count, mut times) = (Instant::now(), 0, Vec::new());
        while begun.elapsed() < Duration::from_millis(ms) {
            for _ in 1..TIMED_EVERY {
                grid.get(0, 0).await.map_err(|fault| fault.to_string())?;
            }
            let start = Instant::now();
            grid.get(0, 0).await.map_err(|fault| fault.to_string())?;
            times.push(start.elapsed().as_nanos() as u64);
            count += TIMED_EVERY;
        }
        let mean = begun.elapsed().as_nanos() as u64 / count;
        times.sort_unstable();
        Ok::<_, String>((count, mean, times[times.len() / 2], times[times.len() * 99 / 100]))
    });
    let (count, mean, median, late) = calling.await??;
    println!("local {count} {mean} {median} {late}");
    Ok(())
}

async fn serve(domain: &Arc<Domain>, orb: &Orb, count: u64) -> Outcome<Vec<Replica<GridProxy>>> {
    let begun = Instant::now();
    let (mut replicas, mut serving) = (Vec::new(), JoinSet::new());
    for number in 0..count {
        let (domain, orb) = (domain.clone(), orb.clone());
        serving.spawn(async move {
            let servant = GridServant::new(Board::default());
            domain.serve(&orb, &format!("grid-{number}"), servant).await
        });
        if serving.len() as u64 >= AT_ONCE
            && let Some(replica) = serving.join_next().await
        {
            replicas.push(replica??);
        }
    }
    while let Some(replica) = serving.join_next().await {
        replicas.push(replica??);
    }
    println!("served {count} {}", begun.elapsed().as_millis());
    Ok(replicas)
}

//! A process that keeps one replica of the map. It says `ready REFERENCE`, and runs until its standard input ends.

use super::{Shelf, StoreServant};
use crate::Outcome;
use crate::member::orders;
use quorb::Orb;
use quorb_groups::driver::Domain;
use std::path::PathBuf;
use std::time::Duration;

/// Where it serves.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// Where the broker listens.
    #[arg(long)]
    listen: String,
    /// Where the member of the domain listens.
    #[arg(long)]
    member: String,
    /// The seeds.
    #[arg(long, value_delimiter = ',')]
    seeds: Vec<String>,
    /// The directory of its log: the map is durable.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Milliseconds of silence before a member is suspected; the default of the engine if it is not given.
    #[arg(long)]
    detection: Option<u64>,
}

/// Runs until the standard input ends.
pub(crate) fn run(settings: Settings) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(live(settings))
}

async fn live(settings: Settings) -> Outcome<()> {
    let mut orders = orders();
    let orb = Orb::builder().listen(settings.listen).start().await?;
    let mut join = Domain::join(settings.seeds).name("store").listen(&settings.member).rejoins();
    if let Some(data) = &settings.data {
        join = join.data(data);
    }
    if let Some(ms) = settings.detection {
        join = join.detection(Duration::from_millis(ms));
    }
    let domain = join.await?;
    let serving = domain.serve(&orb, "store", StoreServant::new(Shelf::default()));
    let replica = if settings.data.is_some() { serving.durable().await? } else { serving.await? };
    println!("ready {}", replica.reference());
    match orders.recv().await {
        None => Ok(()),
        Some(order) => Err(format!("do not understand {order:?}").into()),
    }
}

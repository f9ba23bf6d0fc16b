//! A tally: an object that shows which updates were lost or doubled, and a program that serves one of its replicas.

use clap::Parser;
use quorb::{Orb, interface};
use quorb_groups::driver::Domain;
use quorb_groups::object::Style;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Every entry that was added, in order.
#[interface(id = "IDL:Tally:1.0")]
pub trait Tally {
    /// Gives how many there are now.
    fn add(&mut self, entry: u32) -> u32;
    /// All of them.
    fn read(&self) -> Vec<u32>;
}

/// Its value.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Entries(Vec<u32>);

impl Tally for Entries {
    fn add(&mut self, entry: u32) -> u32 {
        self.0.push(entry);
        self.0.len() as u32
    }

    fn read(&self) -> Vec<u32> {
        self.0.clone()
    }
}

/// Serves one replica of a tally until its standard input ends, or it is killed; says `ready REFERENCE`.
#[derive(Debug, Parser)]
pub struct Options {
    /// Where the broker listens
    #[arg(long)]
    listen: String,
    /// The processes that found the domain
    #[arg(long, value_delimiter = ',')]
    domain: Vec<String>,
    /// Where the member of the domain listens, if not at one of those addresses
    #[arg(long, requires = "advertise")]
    member: Option<String>,
    /// The one of those addresses at which the others dial it
    #[arg(long, requires = "member")]
    advertise: Option<String>,
    /// One replica executes
    #[arg(long)]
    executor: bool,
    /// The directory of its log: the tally is durable
    #[arg(long)]
    data: Option<PathBuf>,
    /// How long a member may be silent, in milliseconds: long enough that none is taken for lost because it is slow
    #[arg(long, default_value_t = 10_000)]
    detection: u64,
}

/// Runs the program.
///
/// # Errors
/// When the tally cannot be served.
pub async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let orb = Orb::builder().listen(options.listen).holding().start().await?;
    let join = Domain::join(options.domain).rejoins();
    let join = match (&options.member, &options.advertise) {
        (Some(member), Some(address)) => join.listen(member).advertise(address),
        _ => join.listen_at_a_seed(),
    };
    let mut join = join.detection(Duration::from_millis(options.detection));
    if let Some(data) = &options.data {
        join = join.data(data);
    }
    let domain = join.await?;
    let style = if options.executor { Style::Executor } else { Style::Active };
    let mut serving = domain.serve(&orb, "tally", TallyServant::new(Entries::default())).style(style);
    if options.data.is_some() {
        serving = serving.durable();
    }
    let mut replica = serving.await?;
    orb.open();
    println!("ready {}", replica.reference());
    std::io::stdout().flush()?;
    let parent = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    tokio::select! {
        _ = parent => Ok(()),
        ended = replica.ended() => Err(format!("out of the group: {}", ended?).into()),
    }
}

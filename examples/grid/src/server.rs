//! Serving a grid.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use quorb::{Orb, Proxy};
use quorb_groups::driver::Domain;
use quorb_groups::manage::Host;
use quorb_groups::manage::interface::Plan;
use serde::{Deserialize, Serialize};

use crate::{Grid, GridServant, OutOfRange};

/// Serves a grid until it is told to end (SIGTERM or Ctrl-C).
///
/// Example: grid-server --listen 127.0.0.1:2810 --ior-file grid.ior
///
/// Three replicas, started alike: grid-server --group grid --domain 127.0.0.1:7401,127.0.0.1:7402,127.0.0.1:7403
#[derive(Debug, Parser)]
#[command(name = "grid-server", version)]
pub struct Options {
    /// Where to listen: HOST:PORT (port 0 takes a free one), unix:/PATH
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// The number of rows
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i16).range(1..))]
    height: i16,
    /// The number of columns
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i16).range(1..))]
    width: i16,
    /// Also write the reference to this file
    #[arg(long)]
    ior_file: Option<PathBuf>,
    /// Serve the grid as one of the replicas of this name, in the domain given
    #[arg(long, value_name = "NAME", requires = "domain")]
    group: Option<String>,
    /// The processes that found the replicas' domain, the same list at all of them: HOST:PORT[,HOST:PORT]... This process
    /// takes the first of these addresses that is this host's and free, or else any
    #[arg(long, value_name = "ADDR", value_delimiter = ',', requires = "group")]
    domain: Vec<String>,
    /// How the replicas execute updates: every one of them, or one that ships what comes of it. The same at all of them
    #[arg(long, value_enum, default_value = "active", requires = "group")]
    style: Style,
    /// Keep every update on the disks of all replicas before it is acknowledged, this one's in DIR: the grid outlives the
    /// failure of all. All of them or none
    #[arg(long, value_name = "DIR", requires = "group")]
    data: Option<PathBuf>,
    /// How many replicas are to be kept, as long as there are processes for them; 0 leaves it to `quorb group`
    #[arg(long, value_name = "N", default_value_t = 0, requires = "group")]
    wanted: u32,
    /// How long a replica may be silent before the others go on without it, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1000, requires = "group")]
    detection: u64,
}

/// How replicas execute updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Style {
    /// Every replica executes every update
    Active,
    /// One replica executes and ships what comes of it
    Executor,
}

/// A grid in memory.
#[derive(Debug, Serialize, Deserialize)]
pub struct Board {
    rows: Vec<Vec<i32>>,
    width: i16,
}

impl Board {
    /// A grid of zeros.
    pub fn new(height: i16, width: i16) -> Board {
        Board { rows: vec![vec![0; width as usize]; height as usize], width }
    }
}

impl Grid for Board {
    fn height(&self) -> i16 {
        self.rows.len() as i16
    }

    fn width(&self) -> i16 {
        self.width
    }

    fn set(&mut self, n: i16, m: i16, value: i32) -> Result<(), OutOfRange> {
        let row = usize::try_from(n).ok().and_then(|n| self.rows.get_mut(n));
        let cell = row.and_then(|row| row.get_mut(usize::try_from(m).ok()?));
        *cell.ok_or(OutOfRange { n, m })? = value;
        Ok(())
    }

    fn get(&self, n: i16, m: i16) -> Result<i32, OutOfRange> {
        let row = usize::try_from(n).ok().and_then(|n| self.rows.get(n));
        let cell = row.and_then(|row| row.get(usize::try_from(m).ok()?));
        cell.copied().ok_or(OutOfRange { n, m })
    }
}

/// How long calls under way may take to end when the server is told to.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Serves until told to end.
pub async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    // Nobody is let in before the grid is there.
    let orb = Orb::builder().listen(&options.listen).holding().start().await?;
    match &options.group {
        Some(group) => replicate(&options, group, &orb).await,
        None => {
            let reference = orb.serve("grid", options.servant())?.object().to_string();
            // Calls and signals are taken from here on.
            let serving = orb.run_until_signal(DRAIN_MAX);
            options.announce(&reference)?;
            serving.await;
            Ok(())
        }
    }
}

/// Joins the domain and serves the grid as one of its replicas, until told to end.
async fn replicate(options: &Options, group: &str, orb: &Orb) -> Result<(), Box<dyn std::error::Error>> {
    // One that stood still for too long comes back by itself.
    let mut join = Domain::join(options.domain.clone()).listen_at_a_seed().rejoins();
    join = join.detection(Duration::from_millis(options.detection));
    if let Some(directory) = &options.data {
        join = join.data(directory);
    }
    let servant = options.maker();
    let mut host = Host::of(join.await?, orb).offer("grid", servant).start().await?;
    let plan = Plan {
        kind: "grid".into(),
        executor: options.style == Style::Executor,
        durable: options.data.is_some(),
        wanted: options.wanted,
    };
    host.begin(group, plan).await?;
    // Callers are let in: until the value is here they are told to try again, or go to another replica.
    let mut serving = std::pin::pin!(orb.run_until_signal(DRAIN_MAX));
    tokio::select! {
        reference = host.ready(group) => options.announce(&reference?.to_string())?,
        _ = &mut serving => {
            host.leave().await?;
            return Ok(());
        }
    }
    tokio::select! {
        _ = serving => {
            // The calls under way have ended: the others may go on without this one.
            host.leave().await?;
            Ok(())
        }
        ended = host.ended() => Err(format!("this process is out of the domain: {}", ended?).into()),
    }
}

impl Options {
    fn servant(&self) -> GridServant<Board> {
        self.maker()()
    }

    /// Makes servants of an empty grid.
    fn maker(&self) -> impl Fn() -> GridServant<Board> + Send + Sync + use<> {
        let (height, width) = (self.height, self.width);
        move || GridServant::new(Board::new(height, width))
    }

    /// Says where the grid is.
    fn announce(&self, reference: &str) -> Result<(), String> {
        if let Some(path) = &self.ior_file {
            std::fs::write(path, reference).map_err(|cause| format!("{}: {cause}", path.display()))?;
        }
        // A reader that has seen this line may call; one that has gone away is no reason to stop.
        let _ = writeln!(std::io::stdout(), "ready {reference}").and_then(|()| std::io::stdout().flush());
        Ok(())
    }
}

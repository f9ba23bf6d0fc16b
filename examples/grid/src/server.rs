//! Serving a grid.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use quorb::{Orb, Proxy};

use crate::{Grid, GridServant, OutOfRange};

/// Serves a grid until it is told to end (SIGTERM or Ctrl-C).
///
/// Example: grid-server --listen 127.0.0.1:2810 --ior-file grid.ior
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
}

/// A grid in memory.
#[derive(Debug)]
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
    let grid = orb.serve("grid", GridServant::new(Board::new(options.height, options.width)))?;
    let reference = grid.object().to_string();
    if let Some(path) = &options.ior_file {
        std::fs::write(path, &reference).map_err(|cause| format!("{}: {cause}", path.display()))?;
    }
    // Calls and signals are taken from here on.
    let serving = orb.run_until_signal(DRAIN_MAX);
    // A reader that has seen this line may call; one that has gone away is no reason to stop.
    let _ = writeln!(std::io::stdout(), "ready {reference}").and_then(|()| std::io::stdout().flush());
    serving.await;
    Ok(())
}

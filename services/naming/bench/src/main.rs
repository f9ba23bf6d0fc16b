//! The naming service beside omniNames, in one run: rates in turns, what a million names cost, and what the loss of a server
//! costs.
//!
//! `cargo run --release -p quorb-naming-bench`. Timings are of this machine and this minute: what counts is the ratio in one
//! row. `--smoke` does everything once with few names, and checks the results only.

mod checkpoint;
mod failover;
mod load;
mod million;
mod rates;
mod servers;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Measure the naming service beside omniNames
#[derive(Debug, Parser)]
struct CommandLine {
    /// Few names, one round: checks that everything works
    #[arg(long)]
    smoke: bool,
    /// Names that the last part binds
    #[arg(long, default_value_t = 1_000_000)]
    names: usize,
    /// Only these parts
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    #[command(flatten)]
    serve: servers::Serve,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Calls a second, beside omniNames
    Rates,
    /// What a million names cost
    Million,
    /// What the loss of a server costs
    Failover,
    /// What checkpoints of a million names cost a group
    Checkpoint,
}

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Calls of one caller in one round.
    pub(crate) calls: usize,
    /// Calls of many callers in one round.
    pub(crate) calls_at_once: usize,
    /// Names of the last part.
    pub(crate) names: usize,
}

/// Why there are no results.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Process(#[from] quorb_interop::ProcessFault),
    #[error(transparent)]
    Peers(#[from] quorb_interop::peers::Missing),
    #[error(transparent)]
    Name(#[from] quorb_naming::NameError),
    #[error(transparent)]
    Call(#[from] quorb::SystemException),
    #[error(transparent)]
    Serve(#[from] quorb_naming::ServeError),
    #[error(transparent)]
    Store(#[from] quorb_naming::storage::StoreError),
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("{0}")]
    Wrong(String),
}

fn main() -> ExitCode {
    let command = CommandLine::parse();
    let done = command.serve.run().unwrap_or_else(|| command.measure());
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

impl CommandLine {
    fn measure(&self) -> Result<(), Fault> {
        let plan = match self.smoke {
            true => Plan { rounds: 1, calls: 200, calls_at_once: 2_000, names: 5_000 },
            false => Plan { rounds: 5, calls: 4_000, calls_at_once: 60_000, names: self.names },
        };
        for part in [Part::Rates, Part::Million, Part::Failover, Part::Checkpoint] {
            if !self.only.is_empty() && !self.only.contains(&part) {
                continue;
            }
            match part {
                Part::Rates => rates::measure(plan)?,
                Part::Million => million::measure(plan)?,
                Part::Failover => failover::measure(plan)?,
                Part::Checkpoint => checkpoint::measure(plan)?,
            }
        }
        Ok(())
    }
}

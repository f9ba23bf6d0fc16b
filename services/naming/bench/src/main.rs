//! The naming service beside omniNames, in one run: rates in turns, and what a million names cost.
//!
//! `cargo run --release -p quorb-naming-bench`. Timings are of this machine and this minute: what counts is the ratio in one
//! row. `--smoke` does everything once with few names, and checks the results only.

mod failover;
mod load;
mod million;
mod rates;
mod servers;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Measure the naming service beside omniNames
#[derive(Debug, Parser)]
struct CommandLine {
    /// Few names, one round: checks that everything works
    #[arg(long)]
    smoke: bool,
    /// Names that the last part binds
    #[arg(long, default_value_t = 1_000_000)]
    names: usize,
    /// Serve names from a folder: what the benchmark starts itself for
    #[arg(long, value_name = "DIR", hide = true)]
    serve: Option<PathBuf>,
    /// And where the servers of a group meet
    #[arg(long, hide = true, requires = "serve")]
    join: Option<String>,
    /// Which of these places is its own
    #[arg(long, hide = true, requires = "join")]
    join_as: Option<String>,
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
    let plan = match command.smoke {
        true => Plan { rounds: 1, calls: 200, calls_at_once: 2_000, names: 5_000 },
        false => Plan { rounds: 5, calls: 4_000, calls_at_once: 60_000, names: command.names },
    };
    let done = match (command.serve, command.join.zip(command.join_as)) {
        (Some(folder), Some((join, own))) => servers::serve_with(&folder, &join, &own),
        (Some(folder), None) => servers::serve(&folder),
        (None, _) => {
            rates::measure(plan).and_then(|()| million::measure(plan)).and_then(|()| failover::measure(plan))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

//! The event service beside omniEvents and NATS, in one run: events delivered a second, and what each costs.
//!
//! `cargo run --release -p quorb-events-bench`. Timings are of this machine and this minute: what counts is the ratio in one row.
//! `--smoke` does everything once with few events, and checks the results only. Every event is counted where it arrives.
//!
//! | file | what it is about |
//! |---|---|
//! | `fanout` | one publisher, 1, 10 and 100 consumers; one of ten stopped |
//! | `durable` | publishing that is acknowledged from the disk, and replay |
//! | `replicated` | three servers that are one, beside one that stands alone |
//! | `foreign` | C++ suppliers and consumers, on our channels and on omniEvents' |
//! | `ceiling` | what C++ consumers take at most, with no channel in between |
//! | `nats` | a client of NATS: its protocol is a few lines of text |
//! | `servers`, `cost` | the processes, and the processor time that they use |

mod ceiling;
mod cost;
mod durable;
mod fanout;
mod foreign;
mod nats;
mod replicated;
mod servers;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Measure the event service beside omniEvents and NATS
#[derive(Debug, Parser)]
struct CommandLine {
    /// Few events, one round: checks that everything works
    #[arg(long)]
    smoke: bool,
    /// Only these parts: fanout, stopped, durable, replay, replicated, foreign
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Serve events from a folder: what the benchmark starts itself for
    #[arg(long, value_name = "DIR", hide = true)]
    serve: Option<PathBuf>,
    /// Serve them together with others, which meet at these addresses
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', hide = true)]
    join: Vec<String>,
    /// Keep what is served together in memory
    #[arg(long, hide = true)]
    memory: bool,
}

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Events that are delivered in one round of the fan-out, to all consumers together.
    pub(crate) delivered: usize,
    /// Durable events of one round.
    pub(crate) durable: usize,
    /// Events that are replayed.
    pub(crate) replayed: usize,
    /// Events that three servers deliver in one round.
    pub(crate) replicated: usize,
    /// Events of one round by C++ programs.
    pub(crate) foreign: usize,
}

/// Why there are no results.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Process(#[from] quorb_interop::ProcessFault),
    #[error(transparent)]
    Peers(#[from] quorb_interop::peers::Missing),
    #[error(transparent)]
    Event(#[from] quorb_events::EventError),
    #[error(transparent)]
    Call(#[from] quorb::SystemException),
    #[error(transparent)]
    Join(#[from] quorb_groups::driver::JoinError),
    #[error(transparent)]
    Serve(#[from] quorb_events::ServeError),
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
    #[error("{0}")]
    Wrong(String),
}

impl CommandLine {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn run(&self) -> Result<(), Fault> {
        let plan = match self.smoke {
            true => Plan {
                rounds: 1,
                delivered: 4_000,
                durable: 500,
                replayed: 3_000,
                replicated: 4_000,
                foreign: 300,
            },
            false => Plan {
                rounds: 3,
                delivered: 4_000_000,
                durable: 200_000,
                replayed: 1_000_000,
                replicated: 1_000_000,
                foreign: 30_000,
            },
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        if self.wants("fanout") {
            fanout::measure(&runtime, plan)?;
        }
        if self.wants("stopped") {
            fanout::measure_stopped(&runtime, plan)?;
        }
        if self.wants("durable") {
            durable::measure(&runtime, plan)?;
        }
        if self.wants("replay") {
            durable::measure_replay(&runtime, plan)?;
        }
        if self.wants("replicated") {
            replicated::measure(&runtime, plan)?;
        }
        if self.wants("foreign") {
            foreign::measure(&runtime, plan)?;
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    let command = CommandLine::parse();
    let done = match &command.serve {
        Some(folder) if command.join.is_empty() => servers::serve(folder),
        Some(folder) => servers::serve_with_others(folder, &command.join, command.memory),
        None => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

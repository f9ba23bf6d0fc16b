//! Benchmarks side by side with peers.
//!
//! Latencies on small machines are bimodal: a wake-up of an idle core costs more than a call. So both ends of every pair are
//! pinned to one core, the pairs take turns (A B C A B C ...), and what counts are ratios inside one run, and processor time
//! per call of both sides. Every client checks what it gets; a wrong result ends the run without figures.

mod measure;
mod ours;
mod peer;
mod raw;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Compares this broker with raw sockets and omniORB, and prints ratios.
///
/// Example: cargo run --release -p quorb-bench
#[derive(Debug, Parser)]
#[command(name = "quorb-bench", version)]
struct Options {
    /// Few calls: shows that everything runs, measures nothing
    #[arg(long)]
    smoke: bool,
    /// How often every pair gets its turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The core that both ends of a pair are pinned to
    #[arg(long, default_value_t = 0)]
    core: usize,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this program starts itself as.
#[derive(Debug, Subcommand)]
enum Role {
    /// Our server
    #[command(hide = true)]
    Serve,
    /// Our client
    #[command(hide = true)]
    Call {
        reference: String,
        protocol: String,
        #[command(flatten)]
        work: measure::Plan,
    },
    /// A server on raw blocking sockets
    #[command(hide = true)]
    RawServe,
    /// A client on raw blocking sockets
    #[command(hide = true)]
    RawCall {
        address: String,
        #[command(flatten)]
        work: measure::Plan,
    },
}

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.role {
        None => table::run(options.smoke, options.rounds, options.core),
        Some(Role::Serve) => ours::serve(),
        Some(Role::Call { reference, protocol, work }) => ours::call(&reference, &protocol, &work),
        Some(Role::RawServe) => raw::serve(),
        Some(Role::RawCall { address, work }) => raw::call(&address, &work),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quorb-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

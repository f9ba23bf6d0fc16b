//! Benchmarks side by side with peers.
//!
//! Latencies on small machines are bimodal: a wake-up of an idle core costs more than a call. So both ends of every pair are
//! pinned to one core, the pairs take turns (A B C A B C ...), and what counts are ratios inside one run, and processor time
//! per call of both sides. Every client checks what it gets; a wrong result ends the run without figures.

mod claims;
mod collocated;
mod drive;
mod measure;
mod memory;
mod pair;
mod peers;
mod plan;
mod run;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use plan::{Flavour, Peer, Plan, Protocol, Work};

/// Compares this broker with raw sockets, omniORB, tarpc and tonic, and prints ratios.
///
/// A full run takes about a quarter of an hour. Do nothing else on the machine meanwhile.
///
/// Examples: cargo run --release -p quorb-bench
///           cargo run --release -p quorb-bench -- --works get,get-64 --peers omniorb,native
#[derive(Debug, Parser)]
#[command(name = "quorb-bench", version, verbatim_doc_comment)]
struct Options {
    /// Few calls: shows that everything runs and answers rightly, measures nothing
    #[arg(long)]
    smoke: bool,
    /// How often every pair gets its turn
    #[arg(long, default_value_t = 5)]
    turns: usize,
    /// The length of a turn
    #[arg(long, default_value_t = 1000)]
    milliseconds: u64,
    /// The cores that both ends of a pair share, as `taskset` names them
    #[arg(long, default_value = "0")]
    cores: String,
    /// The tokio runtime of our broker and of the Rust peers
    #[arg(long, value_enum, default_value = "current-thread")]
    flavour: Flavour,
    /// Only these works
    #[arg(long, value_enum, value_delimiter = ',')]
    works: Vec<Work>,
    /// Only these peers
    #[arg(long, value_enum, value_delimiter = ',')]
    peers: Vec<Peer>,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this program starts itself as.
#[derive(Debug, Subcommand)]
enum Role {
    /// A server
    #[command(hide = true)]
    Serve { protocol: Protocol, flavour: Flavour },
    /// A client that measures
    #[command(hide = true)]
    Call {
        protocol: Protocol,
        flavour: Flavour,
        reference: String,
        #[command(flatten)]
        plan: Plan,
    },
    /// A client that opens connections, uses each once, and holds them until standard input ends
    #[command(hide = true)]
    Hold { protocol: Protocol, flavour: Flavour, reference: String, connections: usize },
    /// Calls inside of one process
    #[command(hide = true)]
    Collocated {
        /// Without a broker
        #[arg(long)]
        direct: bool,
        #[command(flatten)]
        plan: Plan,
    },
}

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.role {
        None => run::run(&run::Settings {
            smoke: options.smoke,
            turns: if options.smoke { 1 } else { options.turns.max(1) },
            milliseconds: if options.smoke { plan::SMOKE_MILLISECONDS } else { options.milliseconds.max(1) },
            cores: options.cores,
            flavour: options.flavour,
            works: options.works,
            peers: options.peers,
        }),
        Some(Role::Serve { protocol, flavour }) => peers::serve(protocol, flavour),
        Some(Role::Call { protocol, flavour, reference, plan }) => {
            peers::call(protocol, flavour, &reference, &plan)
        }
        Some(Role::Hold { protocol, flavour, reference, connections }) => {
            peers::hold(protocol, flavour, &reference, connections)
        }
        Some(Role::Collocated { direct, plan }) => collocated::measure(direct, &plan),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quorb-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

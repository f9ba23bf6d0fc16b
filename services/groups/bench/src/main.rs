//! `quorb-groups-bench`: the group engine under work, beside corosync and etcd where they are installed, in one run.
//!
//! Every member is a process of its own, in a network namespace of its own where the system permits that. Members hash
//! what they deliver; work whose hashes differ prints no figure.

mod fleet;
mod hash;
mod member;
mod network;
mod objects;
mod peer;
mod report;
mod row;
mod solo;
mod store;
mod usage;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What may go wrong, told to people.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Measures the group engine, beside corosync and etcd where they are installed (apt-get install corosync libcpg-dev gcc
/// etcd-server).
#[derive(Debug, Parser)]
#[command(
    after_help = "Examples:\n  quorb-groups-bench                      everything, some five minutes\n  \
    quorb-groups-bench --only order,idle    some of it\n  quorb-groups-bench --smoke              results are checked, nothing is timed\n\n\
    Exit status: 0 measured, 1 a result is wrong or something failed, 2 wrong usage."
)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    plan: Plan,
}

/// What is measured.
#[derive(Debug, Clone, clap::Args)]
struct Plan {
    /// Rows to measure, by the first word of their names; all if there are none.
    #[arg(long, value_delimiter = ',')]
    only: Vec<row::Topic>,
    /// Checks the results of small work, and times nothing.
    #[arg(long)]
    smoke: bool,
    /// How long all members send at full speed while nobody may be excluded.
    #[arg(long, default_value_t = 0.5)]
    minutes: f64,
    /// How long each timed load lasts, in milliseconds.
    #[arg(long, default_value_t = 2000)]
    load_ms: u64,
    /// Does without corosync and etcd.
    #[arg(long)]
    alone: bool,
    /// Uses the loopback for everyone instead of network namespaces.
    #[arg(long)]
    loopback: bool,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// One member; takes orders on its standard input.
    #[command(hide = true)]
    Member(member::Settings),
    /// A process that serves an object, replicated or not; takes orders on its standard input.
    #[command(hide = true)]
    Replica(objects::replica::Settings),
    /// Clients of that object in one process; takes orders on its standard input.
    #[command(hide = true)]
    Caller(objects::caller::Settings),
    /// A process that keeps a replica of a map.
    #[command(hide = true)]
    Keeper(store::keeper::Settings),
    /// Clients of that map, or of etcd; takes orders on its standard input.
    #[command(hide = true)]
    StoreCaller(store::caller::Settings),
    /// Three cores in one process without sockets, for counting instructions a message.
    Solo(solo::Settings),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.role {
        None => row::measure(&arguments.plan),
        Some(Role::Member(settings)) => member::run(settings),
        Some(Role::Replica(settings)) => objects::replica::run(settings),
        Some(Role::Caller(settings)) => objects::caller::run(&settings),
        Some(Role::Keeper(settings)) => store::keeper::run(settings),
        Some(Role::StoreCaller(settings)) => store::caller::run(&settings),
        Some(Role::Solo(settings)) => solo::run(&settings),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quorb-groups-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

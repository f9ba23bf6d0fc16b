//! `group-demo`: three processes of a domain. One is killed in mid-traffic and another started in its place, one is stopped
//! for a while, and in network namespaces one is cut off; in the end all must have delivered the same sequence.

mod hosts;
mod member;
mod play;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Three processes, a kill -9 and a kill -STOP in mid-traffic, a partition where there are namespaces, and one sequence at
/// everyone.
#[derive(Debug, Parser)]
#[command(after_help = "Exit status: 0 all agree, 1 they do not or something failed, 2 wrong usage.")]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    /// Gives each process a network namespace of its own, and cuts one of them off. Needs the rights of root.
    #[arg(long)]
    namespaces: bool,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// One member; takes `send`, `stop` and `leave` on its standard input, and says on its output what it sees.
    Member {
        /// Where it listens.
        #[arg(long)]
        listen: String,
        /// The seeds, the same at every member.
        #[arg(long, value_delimiter = ',')]
        seeds: Vec<String>,
    },
}

fn main() -> ExitCode {
    // The log, on stderr, where RUST_LOG asks for it.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let result = match arguments.role {
        None => play::play(arguments.namespaces),
        Some(Role::Member { listen, seeds }) => member::run(&listen, seeds),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("group-demo: {error}");
            ExitCode::FAILURE
        }
    }
}

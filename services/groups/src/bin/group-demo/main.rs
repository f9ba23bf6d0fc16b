//! `group-demo`: three processes of a domain, one of them killed in mid-traffic, another started in its place; in the end
//! all must have delivered the same sequence.

mod member;
mod play;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Three processes, a kill -9 in mid-traffic, a restart, and one sequence at everyone.
#[derive(Debug, Parser)]
#[command(after_help = "Exit status: 0 all agree, 1 they do not or something failed, 2 wrong usage.")]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
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
        None => play::play(),
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

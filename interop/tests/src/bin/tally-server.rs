//! Serves one replica of a tally; `tally-server --help` says how.

use std::process::ExitCode;

use clap::Parser;
use quorb_interop::tally::{self, Options};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    match tally::run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tally-server: {error}");
            ExitCode::FAILURE
        }
    }
}

//! Serves a Grid, a Torture::Echo and a Bench::Table; `rust-server --help` says how.

use std::process::ExitCode;

use clap::Parser;
use quorb_interop::serving::{self, Options};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    match serving::run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(exception) => {
            eprintln!("rust-server: {exception}");
            ExitCode::FAILURE
        }
    }
}

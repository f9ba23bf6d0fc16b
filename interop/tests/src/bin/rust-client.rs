//! Checks a Torture::Echo or a Grid; `rust-client --help` says how.

use std::process::ExitCode;

use clap::Parser;
use quorb_interop::checks::{self, Options};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    ExitCode::from(checks::run(Options::parse()).await)
}

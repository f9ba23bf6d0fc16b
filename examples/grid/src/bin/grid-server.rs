//! Serves a grid; `grid-server --help` says how.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match grid::server::run(grid::server::Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grid-server: {error}");
            ExitCode::FAILURE
        }
    }
}

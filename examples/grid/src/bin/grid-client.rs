//! Calls a grid; `grid-client --help` says how.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match grid::client::run(grid::client::Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grid-client: {error}");
            ExitCode::FAILURE
        }
    }
}

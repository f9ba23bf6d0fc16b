//! The `quorb` program.

mod idl;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Check interface definitions, print them in canonical form.
#[derive(Debug, Parser)]
#[command(name = "quorb", version, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Idl(idl::Idl),
}

fn main() -> ExitCode {
    match CommandLine::parse().verb {
        Verb::Idl(idl) => idl.run(),
    }
}

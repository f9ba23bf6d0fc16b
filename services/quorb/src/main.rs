//! The `quorb` program: the command line of the broker.
//!
//! One file or folder per verb: [`ior`] looks into references, [`call`] calls objects, [`describe`] says what they are,
//! [`doctor`] finds out what is wrong, [`idl`] is about interface definitions, [`name`] about names, [`events`] about events,
//! [`group`] about replicated objects; [`serve`] runs the services; [`completions`] is for shells.
//! A verb takes its options and an [`Output`], and ends in a [`Verdict`], which is also the
//! exit code.

mod broker;
mod call;
mod completions;
mod describe;
mod diff;
mod doctor;
mod events;
mod group;
mod idl;
mod interface;
mod ior;
mod limits;
mod name;
mod output;
mod reference;
mod serve;
mod verdict;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::output::Output;
use crate::verdict::Verdict;

/// Run the services, look up names, follow events, look into references, call objects, find out what is wrong, check interface definitions.
#[derive(Debug, Parser)]
#[command(name = "quorb", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
A REF is IOR:..., corbaloc:..., @FILE, or - for standard input.

Examples:
  quorb serve
  quorb name ls --tree
  quorb events tail 'equities/**'
  quorb ior decode @grid.ior
  quorb call corbaloc::localhost:2810/grid get 2 4
  quorb describe @grid.ior
  quorb doctor @grid.ior
  quorb idl check -I idl grid.idl
  quorb group watch grid --domain 127.0.0.1:2811

Exit codes: 0 done, 1 the request failed, 2 wrong usage.
QUORB_LOG=debug shows the log lines of the broker, NO_COLOR=1 leaves out colours.";

#[derive(Debug, Subcommand)]
enum Verb {
    Serve(serve::Serve),
    Name(name::Name),
    Events(events::EventsVerb),
    Ior(ior::Ior),
    Call(call::Call),
    Describe(describe::Describe),
    Doctor(doctor::Doctor),
    Group(group::Group),
    Idl(idl::Idl),
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    completions::answer::<CommandLine>();
    let command = CommandLine::parse();
    let log = tracing_subscriber::EnvFilter::try_from_env("QUORB_LOG").unwrap_or_default();
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    let mut output = Output::stdout();
    let verdict = match command.verb {
        Verb::Serve(serve) => served(serve.run(&mut output)),
        Verb::Name(name) => driven(name.run(&mut output)),
        Verb::Events(events) => driven(events.run(&mut output)),
        Verb::Ior(ior) => ior.run(&mut output),
        Verb::Call(call) => driven(call.run(&mut output)),
        Verb::Describe(describe) => driven(describe.run(&mut output)),
        Verb::Doctor(doctor) => driven(doctor.run(&mut output)),
        Verb::Group(group) => driven(group.run(&mut output)),
        Verb::Idl(idl) => driven(idl.run(&mut output)),
        Verb::Completions(completions) => completions.run(&mut output),
    };
    verdict.and_then(|()| output.finish()).map_or_else(Verdict::report, |()| ExitCode::SUCCESS)
}

/// Runs a verb that talks to others, on this thread.
fn driven(verb: impl Future<Output = Result<(), Verdict>>) -> Result<(), Verdict> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| Verdict::failed(format_args!("no runtime: {cause}")))?;
    let verdict = runtime.block_on(verb);
    // Looking up a name cannot be interrupted; nobody waits for its end.
    runtime.shutdown_background();
    verdict
}

/// Runs a verb that serves others, on as many threads as there are processors.
fn served(verb: impl Future<Output = Result<(), Verdict>>) -> Result<(), Verdict> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|cause| Verdict::failed(format_args!("no runtime: {cause}")))?.block_on(verb)
}

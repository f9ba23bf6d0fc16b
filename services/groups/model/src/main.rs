//! Searches the model's scopes, or one of them, and prints how many states each has.

use clap::Parser;
use quorb_groups_model::{catalogue, model::Model, mutation::Mutation, search::search};
use std::process::ExitCode;
use std::time::Instant;

/// Checks the group engine's agreement, flush and leases in every reachable state of small systems.
#[derive(Debug, Parser)]
#[command(after_help = "Example: model --scope flush --mutation UniformOnReceipt")]
struct Arguments {
    /// Only the scope of this name.
    #[arg(long)]
    scope: Option<String>,
    /// With one deliberate mistake.
    #[arg(long)]
    mutation: Option<String>,
    /// Stop a scope after so many states.
    #[arg(long, default_value_t = 100_000_000)]
    states_max: usize,
    /// Print the scopes and the mutations.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        catalogue::all().iter().for_each(|scope| println!("{:16} {}", scope.name, scope.says));
        Mutation::ALL.iter().for_each(|mutation| println!("{mutation:?}"));
        return ExitCode::SUCCESS;
    }
    let mutation = arguments.mutation.as_deref().map(|name| Mutation::named(name).expect("mutation"));
    let mut good = true;
    for scope in catalogue::all() {
        if arguments.scope.as_ref().is_some_and(|name| name != scope.name) {
            continue;
        }
        let name = scope.name;
        let model = Model { scope, mutation };
        let start = Instant::now();
        let report = search(&model, arguments.states_max);
        println!("{name:16} states {} steps {} depth {} healed {} halted {} {:.1}s{}", report.states, report.transitions, report.depth, report.healed, report.halted, start.elapsed().as_secs_f64(), if report.cut_short {" CUT"} else {""});
        println!("   {:?}", report.steps);
        if let Some((violation, path)) = &report.counterexample {
            good = false;
            println!("{violation}");
            for (number, step) in path.iter().enumerate() { println!("  {:2} {step}", number + 1); }
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

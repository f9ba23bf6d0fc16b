//! Searches the model's scopes, or one of them, and prints how many states each has.

use clap::Parser;
use quorb_groups_model::catalogue;
use quorb_groups_model::model::Model;
use quorb_groups_model::mutation::Mutation;
use quorb_groups_model::scope::Scope;
use quorb_groups_model::search::{Counterexample, Report, search};
use std::process::ExitCode;
use std::time::Instant;

/// Checks the group engine's agreement on views, its flush and its leases in every reachable state of small systems.
///
/// Exit codes: 0 everything holds, 1 a property is broken (the steps are printed) or a search was cut short, 2 wrong
/// usage.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  quorb-groups-model                                           all scopes, some minutes
  quorb-groups-model --small                                   the small ones, seconds
  quorb-groups-model --scope takeover --mutation SilencedStayOut
                                                               what that mistake leads to"
)]
struct Arguments {
    /// Only the scope of this name.
    #[arg(long, value_parser = scope_named)]
    scope: Option<Scope>,
    /// Only the small scopes.
    #[arg(long, conflicts_with = "scope")]
    small: bool,
    /// With one deliberate mistake in the protocol.
    #[arg(long, value_parser = mutation_named)]
    mutation: Option<Mutation>,
    /// Give a scope up after so many states (each takes about 30 octets, those of the widest level 500).
    #[arg(long, default_value_t = 50_000_000)]
    states_max: usize,
    /// Print how often each kind of step was taken.
    #[arg(long)]
    verbose: bool,
    /// Print the names of the scopes and of the mutations, and search nothing.
    #[arg(long)]
    list: bool,
}

fn scope_named(name: &str) -> Result<Scope, String> {
    catalogue::named(name).ok_or_else(|| "no such scope; --list prints their names".to_owned())
}

fn mutation_named(name: &str) -> Result<Mutation, String> {
    Mutation::named(name).ok_or_else(|| "no such mutation; --list prints their names".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        list();
        return ExitCode::SUCCESS;
    }
    let scopes = match arguments.scope {
        Some(scope) => vec![scope],
        None if arguments.small => catalogue::small(),
        None => catalogue::all(),
    };
    println!("scope               states  transitions  depth    healed    halted  seconds");
    let mut all_hold = true;
    for scope in scopes {
        let model = Model { scope, mutation: arguments.mutation };
        let start = Instant::now();
        let report = search(&model, arguments.states_max);
        let seconds = start.elapsed().as_secs_f64();
        print_report(model.scope.name, &report, seconds, arguments.verbose);
        all_hold &= report.holds();
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn list() {
    println!("scopes");
    for scope in catalogue::all() {
        println!("  {:16} {}", scope.name, scope.says);
    }
    println!("mutations");
    for mutation in Mutation::ALL {
        println!("  {mutation:?}");
    }
}

fn print_report(name: &str, report: &Report, seconds: f64, verbose: bool) {
    let Report { states, transitions, depth, healed, halted, .. } = report;
    println!("{name:16}{states:>10}{transitions:>13}{depth:>7}{healed:>10}{halted:>10}{seconds:>9.1}");
    if verbose {
        report.steps.iter().for_each(|(kind, count)| println!("    {kind:12}{count:>12}"));
    }
    if report.cut_short {
        println!("  cut short: there are more states than --states-max allows");
    }
    if let Some(Counterexample { violation, path, in_calm }) = &report.counterexample {
        println!("  broken: {violation}");
        for (number, step) in path.iter().enumerate() {
            println!("  {:>4}  {step}", number + 1);
        }
        if *in_calm {
            println!("        from here on nothing fails any more");
        }
    }
}

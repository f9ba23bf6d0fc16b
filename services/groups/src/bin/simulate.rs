//! Plays seeds of the simulator: `simulate --seeds 0..1000 [--scenario NAME] [--nodes N] [--verbose]`.

use clap::Parser;
use quorb_groups::core::Mutation;
use quorb_groups::object::proto::{Mistake, Style};
use quorb_groups::sim::coverage::Coverage;
use quorb_groups::sim::run::{Settings, run};
use quorb_groups::sim::scenario::{all, named};
use std::process::ExitCode;

/// Runs the group engine in virtual time under faults, and checks that what must hold does.
#[derive(Debug, Parser)]
#[command(
    after_help = "Example: simulate --seeds 0..1000\nExit status: 0 all held, 1 a violation, 2 wrong usage."
)]
struct Arguments {
    /// The seeds, from the first up to, not including, the last.
    #[arg(long, value_parser = parse_seeds, value_name = "A..B")]
    seeds: (u64, u64),
    /// One scenario for all seeds; otherwise each seed draws one.
    #[arg(long)]
    scenario: Option<String>,
    /// How many machines; otherwise the scenario says.
    #[arg(long)]
    nodes: Option<usize>,
    /// Serve an object and let clients call it: active, executor.
    #[arg(long, value_parser = parse_style)]
    objects: Option<Style>,
    /// Print what every process saw.
    #[arg(long)]
    verbose: bool,
    /// Switch a known mistake on.
    #[arg(long, hide = true)]
    mutation: Option<String>,
    /// Switch a known mistake of the object layer on.
    #[arg(long, hide = true, requires = "objects")]
    mistake: Option<String>,
}

fn parse_style(text: &str) -> Result<Style, String> {
    match text {
        "active" => Ok(Style::Active),
        "executor" => Ok(Style::Executor),
        _ => Err("write active or executor".into()),
    }
}

fn parse_seeds(text: &str) -> Result<(u64, u64), String> {
    let (first, last) = text.split_once("..").ok_or("write A..B")?;
    let number = |text: &str| text.parse::<u64>().map_err(|e| format!("{text}: {e}"));
    let (first, last) = (number(first)?, number(last)?);
    if first < last { Ok((first, last)) } else { Err("A must be less than B".into()) }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let scenario = match arguments.scenario.as_deref().map(|name| (name, named(name))) {
        Some((name, None)) => {
            let known: Vec<_> = all().map(|s| s.name).collect();
            eprintln!("no scenario {name}; there are {}", known.join(", "));
            return ExitCode::from(2);
        }
        Some((_, found)) => found,
        None => None,
    };
    let mutation = match arguments.mutation.as_deref() {
        Some(name) => match Mutation::ALL.iter().find(|m| format!("{m:?}") == name) {
            Some(found) => Some(*found),
            None => {
                eprintln!("no mutation {name}; there are {:?}", Mutation::ALL);
                return ExitCode::from(2);
            }
        },
        None => None,
    };
    let mistake = match arguments.mistake.as_deref() {
        Some(name) => match Mistake::ALL.iter().find(|m| format!("{m:?}") == name) {
            Some(found) => Some(*found),
            None => {
                eprintln!("no mistake {name}; there are {:?}", Mistake::ALL);
                return ExitCode::from(2);
            }
        },
        None => None,
    };
    let settings = Settings {
        scenario,
        nodes: arguments.nodes,
        mutation,
        objects: arguments.objects,
        mistake,
        verbose: arguments.verbose,
    };
    let (first, last) = arguments.seeds;
    let mut coverage = Coverage::default();
    for seed in first..last {
        let outcome = run(seed, &settings);
        coverage.add(&outcome);
        if let Some(violation) = outcome.violation {
            println!("seeds {} violations 1", seed - first + 1);
            println!("seed {seed}: {} violated: {}", violation.code, violation.detail);
            println!("replay: {}", replay(seed, &arguments));
            return ExitCode::FAILURE;
        }
    }
    println!("seeds {} violations 0", last - first);
    println!("{coverage}");
    match coverage.missing() {
        Some(what) if last - first >= 1000 && arguments.scenario.is_none() => {
            println!("not covered: {what}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

fn replay(seed: u64, arguments: &Arguments) -> String {
    let mut command =
        format!("cargo run --release -p quorb-groups --bin simulate -- --seeds {seed}..{}", seed + 1);
    if let Some(name) = &arguments.scenario {
        command += &format!(" --scenario {name}");
    }
    if let Some(style) = arguments.objects {
        command += &format!(" --objects {}", format!("{style:?}").to_lowercase());
    }
    if let Some(name) = &arguments.mistake {
        command += &format!(" --mistake {name}");
    }
    if let Some(nodes) = arguments.nodes {
        command += &format!(" --nodes {nodes}");
    }
    if let Some(name) = &arguments.mutation {
        command += &format!(" --mutation {name}");
    }
    command + " --verbose"
}

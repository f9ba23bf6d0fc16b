//! The grid that survives: three replica processes, a client in the middle of its calls, a kill -9, a new replica; and then
//! the client's own log against what the replicas hold.

mod replica;
mod traffic;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use grid::GridProxy;
use quorb::Orb;
use replica::Process;
use traffic::{Log, Traffic};

/// Starts three replicas of a grid and clients that set its cells, kills a replica with -9 in the middle of it, starts another
/// one, and checks that every update that was acknowledged is there.
///
/// Example: replicated-grid --clients 8 --kills 3
#[derive(Debug, Parser)]
#[command(name = "replicated-grid", version)]
struct Options {
    /// How the replicas execute updates: active, executor
    #[arg(long, default_value = "active")]
    style: String,
    /// Clients that set cells at the same time, each its own rows
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(i16).range(1..=64))]
    clients: i16,
    /// How often a replica is killed and another one started
    #[arg(long, default_value_t = 1)]
    kills: usize,
    /// Updates between two events
    #[arg(long, default_value_t = 2000)]
    updates: u64,
}

/// Rows and columns of the grid.
const SIDE: i16 = 64;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some(replica::AS_REPLICA) => replica::run().await,
        _ => demonstrate(&Options::parse()).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("replicated-grid: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn demonstrate(options: &Options) -> Result<(), Box<dyn Error>> {
    let domain = replica::free_addresses(3)?;
    let mut replicas = Vec::new();
    for _ in 0..3 {
        // They found the domain together, so none of them is ready before all are started.
        replicas.push(Process::spawn(&domain, &options.style)?);
    }
    for replica in &mut replicas {
        replica.until_ready()?;
    }
    println!("Three replicas of a grid are up (pids {}).", pids(&replicas));
    let orb = Orb::builder().start().await?;
    let grid: GridProxy = orb.bind(&replicas[0].reference)?;
    println!("{} clients know one reference, and set cells as fast as they are answered.", options.clients);
    let mut traffic = Traffic::start(&grid, options.clients);
    for kill in 0..options.kills {
        traffic.until(options.updates).await?;
        let mut victim = replicas.remove(kill % 3);
        victim.kill()?;
        println!("kill -9 {} after {} updates.", victim.pid(), traffic.acknowledged());
        traffic.until(options.updates).await?;
        let mut fresh = Process::spawn(&domain, &options.style)?;
        fresh.until_ready()?;
        println!("Another replica has the state and serves (pid {}).", fresh.pid());
        replicas.push(fresh);
    }
    traffic.until(options.updates).await?;
    let log = traffic.stop().await?;
    println!("{} updates were acknowledged; none failed.", log.acknowledged);
    compare(&log, &replicas).await?;
    println!("Every acknowledged update is there, at each of the {} replicas.", replicas.len());
    println!(
        "The longest call took {:.0?}; half of them took less than {:.0?}.",
        log.longest(),
        log.median()
    );
    for replica in &mut replicas {
        replica.terminate()?;
    }
    orb.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

/// Reads every cell at every replica, each by itself.
async fn compare(log: &Log, replicas: &[Process]) -> Result<(), Box<dyn Error>> {
    for replica in replicas {
        let orb = Orb::client().await?;
        let grid: GridProxy = orb.bind(&replica.address)?;
        let mut wrong = BTreeMap::new();
        for (&(n, m), &value) in &log.last {
            let held = grid.get(n, m).await?;
            if held != value {
                wrong.insert((n, m), (held, value));
            }
        }
        if let Some(((n, m), (held, value))) = wrong.first_key_value() {
            let count = wrong.len();
            return Err(format!(
                "replica {} has lost updates: cell ({n},{m}) holds {held}, and {value} was acknowledged ({count} cells in all)",
                replica.pid()
            )
            .into());
        }
    }
    Ok(())
}

fn pids(replicas: &[Process]) -> String {
    let pids: Vec<String> = replicas.iter().map(|replica| replica.pid().to_string()).collect();
    pids.join(", ")
}

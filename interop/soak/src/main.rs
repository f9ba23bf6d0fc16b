//! Churn: what a server lives through in years, in minutes.
//!
//! Every round makes calls over lasting connections, brings new clients that call once and go, is refused by ports where
//! nobody listens, and sends neighbours that a server must survive: silent ones, ones that say nonsense, ones that stop in
//! the middle of a message, ones that vanish without a goodbye. Between rounds everything comes to rest and is counted:
//! descriptors and tasks must be what they were, and memory must stop growing.

mod gauge;
mod load;
mod neighbours;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use grid::GridServant;
use grid::server::Board;
use quorb::Orb;

use crate::gauge::{Gauge, Reading};

/// Lives through calls, connects and bad neighbours, and checks that nothing is left of them.
///
/// Exit code 0 if memory, descriptors and tasks stayed flat, 1 if not.
///
/// Example: cargo run --release -p quorb-soak -- --calls 1000000 --connects 100000
#[derive(Debug, Clone, Parser)]
#[command(name = "quorb-soak", version)]
struct Options {
    /// Calls over lasting connections, in all
    #[arg(long, default_value_t = 100_000)]
    calls: u64,
    /// Clients that come, call once, and go, in all
    #[arg(long, default_value_t = 10_000)]
    connects: u64,
    /// Rounds to spread them over; the first fifth warms up
    #[arg(long, default_value_t = 10)]
    rounds: u64,
    /// Memory that may be added after warming up, in KiB
    #[arg(long, default_value_t = 4096)]
    growth_kib_max: u64,
}

/// How long everything may take to come to rest after a round.
const REST_WAIT_MAX: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let options = Options::parse();
    if options.rounds < 5 {
        eprintln!("--rounds must be at least 5: memory needs some to settle");
        return ExitCode::from(2);
    }
    let servers = runtime("server");
    let clients = runtime("client");
    let (server, reference) = match servers.block_on(serve()) {
        Ok(served) => served,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let gauge = Gauge::new(servers.handle(), clients.handle());
    let verdict = clients.block_on(soak(&options, &server, &reference, &gauge));
    servers.block_on(server.shutdown(Duration::from_secs(5)));
    match verdict {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn runtime(name: &str) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .thread_name(name)
        .build()
        .expect("a runtime can be made")
}

/// A server whose patience is short, so that what waits for it ends within a round.
async fn serve() -> Result<(Orb, String), quorb::SystemException> {
    let orb = Orb::builder()
        .listen("127.0.0.1:0")
        .limits(|limits| {
            limits.first_octets_wait = Duration::from_millis(500);
            limits.message_wait_max = Duration::from_millis(500);
            limits.idle_time_max = Duration::from_millis(500);
            limits.reply_cache_clients_max = 1000;
        })
        .start()
        .await?;
    let proxy = orb.serve("grid", GridServant::new(Board::new(16, 16)))?;
    let reference = proxy.to_string();
    Ok((orb, reference))
}

/// Runs the rounds; the error says what was not flat.
async fn soak(options: &Options, server: &Orb, reference: &str, gauge: &Gauge) -> Result<(), String> {
    let begin = Instant::now();
    let server = Arc::new(server.clone());
    let warm = (options.rounds / 5).max(1);
    let mut base: Option<Reading> = None;
    let mut last = gauge.read();
    println!("{:>6}  {}", "round", Reading::HEADINGS);
    for round in 1..=options.rounds {
        let calls = options.calls / options.rounds;
        let connects = options.connects / options.rounds;
        load::calls(reference, calls).await?;
        load::connects(reference, connects).await?;
        load::refused(connects / 10 + 1).await?;
        neighbours::visit(&server, connects / 100 + 4).await?;
        last = rest(&server, gauge, base.as_ref()).await?;
        println!("{round:>6}  {last}");
        if round == warm {
            base = Some(last);
        }
    }
    let base = base.unwrap_or(last);
    let grown = last.memory_kib.saturating_sub(base.memory_kib);
    if grown > options.growth_kib_max {
        return Err(format!(
            "memory grew by {grown} KiB after {warm} rounds, at most {} may",
            options.growth_kib_max
        ));
    }
    println!(
        "flat: {} calls, {} connects, {:.0} s",
        options.calls,
        options.connects,
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Waits until no connection is open and no more is held than at the base.
async fn rest(server: &Orb, gauge: &Gauge, base: Option<&Reading>) -> Result<Reading, String> {
    let begin = Instant::now();
    loop {
        let now = gauge.read();
        let open = server.open_connections();
        let excess =
            base.is_some_and(|base| now.descriptors > base.descriptors || now.tasks() > base.tasks());
        if open == 0 && !excess {
            return Ok(now);
        }
        if begin.elapsed() > REST_WAIT_MAX {
            return Err(format!(
                "{open} connections stay open after everybody left; {now}, at first {base:?}"
            ));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

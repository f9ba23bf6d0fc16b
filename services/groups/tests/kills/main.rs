//! Replicas as real processes that are killed with -9 under the calls of 64 clients: no call fails, nothing is lost or doubled,
//! and what all clients have seen is one counter.
//!
//! This program is the test and the replicas: it starts itself with `member`.

mod clients;
mod member;
mod world;

use quorb_groups::object::Style;
use std::time::Duration;
use world::World;

/// Clients that call at the same time.
const CLIENTS: usize = 64;
/// Calls between two events.
const CALLS: usize = 600;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    if arguments.first().is_some_and(|first| first == member::MEMBER) {
        return runtime.block_on(member::serve(&arguments[1..]));
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return std::process::ExitCode::SUCCESS;
    }
    let wanted = |name: &str| {
        let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
    };
    let mut failed = 0;
    for style in [Style::Active, Style::Executor] {
        for (name, kills) in
            [("each_in_turn", &[0, 1, 2][..]), ("two_in_a_row", &[1, 0]), ("the_youngest_often", &[2, 2, 2])]
        {
            if !wanted(name) {
                continue;
            }
            let outcome = runtime
                .block_on(async { tokio::time::timeout(Duration::from_secs(240), run(style, kills)).await });
            match outcome {
                Ok(Ok(())) => println!("{name} ({style:?}): ok"),
                Ok(Err(error)) => {
                    failed += 1;
                    println!("{name} ({style:?}): FAILED: {error}");
                }
                Err(_) => {
                    failed += 1;
                    println!("{name} ({style:?}): FAILED: it takes too long");
                }
            }
        }
    }
    if failed == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

/// Kills the members at these places of the list, one after the other; each time another one is started and has the state
/// before the next is killed.
async fn run(style: Style, kills: &[usize]) -> Outcome {
    let mut world = World::start(style)?;
    let clients = clients::Clients::start(&world.reference(), CLIENTS).await?;
    for &victim in kills {
        clients.until(CALLS).await?;
        world.kill(victim)?;
        clients.until(CALLS).await?;
        world.replace()?;
    }
    clients.until(CALLS).await?;
    let (mut history, longest) = clients.stop().await?;
    let acknowledged = history
        .calls
        .iter()
        .filter(|call| matches!(call.outcome, quorb_groups::object::check::Outcome::Added(_)));
    let acknowledged = acknowledged.count() as u64;
    for address in world.addresses() {
        history.last = clients::read_at(&address).await?;
        if history.last != acknowledged {
            return Err(format!("{} at {address}, and {acknowledged} were acknowledged", history.last).into());
        }
    }
    history.check()?;
    println!("  {} calls, {acknowledged} updates; the longest call took {longest:.0?}", history.calls.len());
    Ok(())
}

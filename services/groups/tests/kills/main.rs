//! Replicas as real processes that are killed with -9 under the calls of 64 clients: no call fails, nothing is lost or doubled,
//! and what all clients have seen is one counter. One of them runs out of room on its disk.
//!
//! Schedules of crashes, pauses and partitions are drawn by seeds: `schedules=200` plays so many in each style instead of a few.
//!
//! This program is the test and the replicas: it starts itself with `member`.

mod clients;
mod hosts;
mod member;
mod schedule;
mod world;

use hosts::Hosts;
use quorb_groups::object::Style;
use std::time::Duration;
use world::World;

/// Clients that call at the same time.
const CLIENTS: usize = 64;
/// What this program is started with to call one member from its own host.
const ASK: &str = "ask";
/// Schedules that are played in each style if nothing else is said.
const SCHEDULES: u64 = 2;
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
    if let [ask, address] = &arguments[..]
        && ask == ASK
    {
        return match runtime.block_on(clients::ask(address)) {
            Ok(()) => std::process::ExitCode::SUCCESS,
            Err(_) => std::process::ExitCode::FAILURE,
        };
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return std::process::ExitCode::SUCCESS;
    }
    let wanted = |name: &str| {
        let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
    };
    let mut failed = 0;
    let mut told = |name: &str, style: Style, outcome: Result<Outcome, tokio::time::error::Elapsed>| {
        let outcome = outcome.unwrap_or_else(|_| Err("it takes too long".into()));
        failed += usize::from(outcome.is_err());
        match outcome {
            Ok(()) => println!("{name} ({style:?}): ok"),
            Err(error) => println!("{name} ({style:?}): FAILED: {error}"),
        }
    };
    let limit = Duration::from_secs(240);
    let given = arguments.iter().find_map(|argument| argument.strip_prefix("schedules=")?.parse().ok());
    for style in [Style::Active, Style::Executor] {
        for (name, kills) in
            [("each_in_turn", &[0, 1, 2][..]), ("two_in_a_row", &[1, 0]), ("the_youngest_often", &[2, 2, 2])]
        {
            if wanted(name) && given.is_none() {
                let outcome =
                    runtime.block_on(async { tokio::time::timeout(limit, run(style, kills)).await });
                told(name, style, outcome);
            }
        }
        if wanted("a_minority") && given.is_none() {
            let outcome = runtime.block_on(async { tokio::time::timeout(limit, minority(style)).await });
            told("a_minority_refuses_and_returns", style, outcome);
        }
        if wanted("a_disk_without_room") && given.is_none() {
            let outcome = runtime.block_on(async { tokio::time::timeout(limit, full_disk(style)).await });
            told("a_disk_without_room", style, outcome);
        }
        for seed in 0..given.unwrap_or(SCHEDULES) {
            if wanted("schedules") || given.is_some() {
                let play = async { tokio::time::timeout(limit, schedule::play(seed, style)).await };
                told(&format!("schedules, seed {seed}"), style, runtime.block_on(play));
            }
        }
    }
    if failed == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

/// Kills the members at these places of the list, one after the other; each time another one is started and has the state
/// before the next is killed.
async fn run(style: Style, kills: &[usize]) -> Outcome {
    let mut world = World::start(style, Hosts::on_the_loopback(3)?)?;
    let clients = clients::Clients::start(&world.reference(), CLIENTS).await?;
    for &victim in kills {
        clients.until(CALLS).await?;
        let host = world.kill(victim)?;
        clients.until(CALLS).await?;
        world.replace(host)?;
    }
    clients.until(CALLS).await?;
    let (calls, longest) = clients::conclude(clients, &world.addresses()).await?;
    println!("  {calls} calls; the longest took {longest:.0?}");
    Ok(())
}

/// The disk of one member has no room: it says so and ends, the others go on, and nothing is lost. It comes back when there is
/// room again.
async fn full_disk(style: Style) -> Outcome {
    const SMALL: usize = 1;
    let mut world = World::durable(style, Hosts::on_the_loopback(3)?, SMALL)?;
    let clients = clients::Clients::start(&world.reference(), CLIENTS).await?;
    let words = loop {
        clients.until(CALLS / 10).await?;
        if let Some(words) = world.last_words(SMALL)? {
            break words;
        }
        // Where a call has failed nobody waits for more of them.
        tokio::task::yield_now().await;
    };
    if words.trim_end() != "out of the group: the log cannot be written: file too large" {
        return Err(format!("a member without room says {words:?}").into());
    }
    clients.until(CALLS).await?;
    world.replace(SMALL)?;
    clients.until(CALLS).await?;
    let (calls, longest) = clients::conclude(clients, &world.addresses()).await?;
    println!("  {calls} calls; the longest took {longest:.0?}");
    Ok(())
}

/// Cuts a member off until it has noticed: it refuses updates and queries, while the others go on without it. Connected again, it
/// joins again by itself, and has the state.
async fn minority(style: Style) -> Outcome {
    let world = World::start(style, Hosts::new(3)?)?;
    if !world.can_cut() {
        return Ok(());
    }
    let clients = clients::Clients::start(&world.reference(), CLIENTS).await?;
    for cut_off in [2, 0] {
        clients.until(CALLS).await?;
        world.set_connected(cut_off, false)?;
        let refused = clients::refused();
        let mut asked = world.ask(cut_off)?;
        while asked != format!("{refused} {refused}") {
            asked = world.ask(cut_off)?;
        }
        clients.until(CALLS).await?;
        world.set_connected(cut_off, true)?;
        clients::until_served(&world.address(cut_off)).await;
    }
    let (calls, longest) = clients::conclude(clients, &world.addresses()).await?;
    println!("  {calls} calls; the longest took {longest:.0?}");
    Ok(())
}

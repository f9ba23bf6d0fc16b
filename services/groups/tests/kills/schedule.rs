//! Schedules of crashes, pauses and partitions, drawn by a seed, under clients that go on calling.

use crate::clients::{self, Clients};
use crate::hosts::Hosts;
use crate::world::World;
use crate::{CALLS, Outcome};
use quorb_groups::object::Style;
use quorb_groups::sim::random::Random;
use std::time::Duration;

/// Clients that call at the same time.
const CLIENTS: usize = 16;
/// Faults of a schedule.
const FAULTS: u64 = 3;

/// What can happen to a member.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Kill,
    /// It stands still: for less or for more than what it takes to be excluded.
    Stop,
    /// It is cut off.
    Cut,
}

/// Plays one schedule, and checks what came of it.
pub(crate) async fn play(seed: u64, style: Style) -> Outcome {
    let mut random = Random::new(seed);
    let mut world = World::start(style, Hosts::new(3)?)?;
    let clients = Clients::start(&world.reference(), CLIENTS).await?;
    let mut story = Vec::new();
    for _ in 0..FAULTS {
        clients.until(CALLS / 4).await?;
        let fault = *random.pick(&[Fault::Kill, Fault::Stop, Fault::Cut]);
        let at = random.between(0, 2) as usize;
        let fault = if matches!(fault, Fault::Cut) && !world.can_cut() { Fault::Stop } else { fault };
        story.push(format!("{fault:?} {at}"));
        strike(&mut world, &clients, fault, at, &mut random)
            .await
            .map_err(|error| format!("{story:?}: {error}"))?;
    }
    let told = clients::conclude(clients, &world.addresses()).await;
    let (calls, longest) = told.map_err(|error| format!("{story:?}: {error}"))?;
    println!("  seed {seed}: {}; {calls} calls, the longest took {longest:.0?}", story.join(", "));
    Ok(())
}

async fn strike(
    world: &mut World,
    clients: &Clients,
    fault: Fault,
    at: usize,
    random: &mut Random,
) -> Outcome {
    match fault {
        Fault::Kill => {
            let host = world.kill(at)?;
            clients.until(CALLS / 4).await?;
            world.replace(host)?;
            return Ok(());
        }
        Fault::Stop => world.signal(at, "STOP")?,
        Fault::Cut => world.set_connected(at, false)?,
    }
    // The length of the fault is part of the schedule.
    tokio::time::sleep(Duration::from_millis(random.between(100, 3000))).await;
    match fault {
        Fault::Stop => world.signal(at, "CONT")?,
        _ => world.set_connected(at, true)?,
    }
    // Whether it was excluded or not, it serves the object again.
    clients::until_served(&world.address(at)).await;
    Ok(())
}

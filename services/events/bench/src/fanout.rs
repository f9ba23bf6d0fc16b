//! One publisher, 1, 10 and 100 consumers; and one of ten stopped.

use std::time::{Duration, Instant};

use quorb::Orb;
use quorb_events::{ChannelOptions, Events, Guarantee, Overflow};
use tokio::runtime::Runtime;

use crate::cost::{Cost, Stopwatch, median, resident_mib};
use crate::servers::{self, Server};
use crate::{Fault, Plan, nats};

/// The work of a row.
const ROWS: [(usize, usize); 6] = [(100, 1), (100, 10), (100, 100), (1_024, 1), (1_024, 10), (1_024, 100)];

/// The queue of each consumer.
const QUEUE_EVENTS: u32 = 1_024;

pub(crate) fn measure(runtime: &Runtime, plan: Plan) -> Result<(), Fault> {
    let (ours, theirs) = (servers::ours()?, servers::nats()?);
    println!(
        "one publisher, consumers that count          thousand delivered/s    CPU us an event     by CPU"
    );
    println!("                                                   NATS      ours      NATS      ours");
    for (size, consumers) in ROWS {
        let shrink = if size > 1_000 { 4 } else { 1 };
        let events = (plan.delivered / consumers / shrink).max(100);
        let delivered = events * consumers;
        let (mut nats_rates, mut our_rates, mut nats_costs, mut our_costs) = (vec![], vec![], vec![], vec![]);
        for _ in 0..plan.rounds {
            if let Some(server) = &theirs {
                let watch = Stopwatch::start(std::slice::from_ref(server))?;
                runtime.block_on(nats::fan_out(&server.place, consumers, events, size))?;
                let cost = watch.stop()?;
                nats_rates.push(cost.thousands(delivered));
                nats_costs.push(cost.micros(delivered));
            }
            let cost = runtime.block_on(fan_out(std::slice::from_ref(&ours), consumers, events, size))?;
            our_rates.push(cost.thousands(delivered));
            our_costs.push(cost.micros(delivered));
        }
        let (nats_cost, our_cost) = (median(&nats_costs), median(&our_costs));
        println!(
            "  {size:>5} octets, 1 to {consumers:<4}                   {:>10.0}{:>10.0}{nats_cost:>10.2}{our_cost:>10.2}  {:>8.2}",
            median(&nats_rates),
            median(&our_rates),
            our_cost / nats_cost
        );
    }
    Ok(())
}

/// A broker of its own, and the service as it sees it.
pub(crate) async fn connected(place: &str) -> Result<(Orb, Events), Fault> {
    let orb = Orb::client().await?;
    let events = Events::at(&orb, place)?;
    Ok((orb, events))
}

/// Publishes so many events to so many consumers, each with its own connection to one of the servers, and waits until all have
/// arrived, in order.
pub(crate) async fn fan_out(
    servers: &[Server],
    consumers: usize,
    events: usize,
    size: usize,
) -> Result<Cost, Fault> {
    let (orb, publisher) = connected(&servers[0].place).await?;
    let mut options = ChannelOptions::new(Guarantee::Reliable);
    options.queue_events = QUEUE_EVENTS;
    publisher.channel("bench", options).await?;
    let mut orbs = vec![orb];
    let mut feeds = Vec::new();
    for server in servers.iter().cycle().take(consumers) {
        let (orb, client) = connected(&server.place).await?;
        feeds.push(client.subscribe::<Vec<u8>>("bench/x").await?);
        orbs.push(orb);
    }
    let topic = publisher.topic::<Vec<u8>>("bench/x").await?;
    let watch = Stopwatch::start(servers)?;
    let counting: Vec<_> = feeds
        .into_iter()
        .map(|mut feed| {
            tokio::spawn(async move {
                let first = feed.position();
                for _ in 0..events {
                    match feed.next().await {
                        Some(value) if value.len() == size => {}
                        other => return Err(Fault::Wrong(format!("{other:?}, {:?}", feed.end()))),
                    }
                }
                match feed.position() - first {
                    moved if moved == events as u64 => Ok(()),
                    moved => Err(Fault::Wrong(format!("{moved} positions for {events} events"))),
                }
            })
        })
        .collect();
    let value = vec![7; size];
    for _ in 0..events {
        topic.publish(&value).await?;
    }
    topic.flush().await?;
    for task in counting {
        task.await??;
    }
    let cost = watch.stop()?;
    publisher.remove("bench").await?;
    for orb in orbs {
        orb.shutdown(Duration::ZERO).await;
    }
    Ok(cost)
}

/// Nine consumers that count, beside one that has stopped, and without it.
pub(crate) fn measure_stopped(runtime: &Runtime, plan: Plan) -> Result<(), Fault> {
    let server = servers::ours()?;
    let events = (plan.delivered / 10).max(100);
    let (mut alone, mut beside) = (vec![], vec![]);
    for _ in 0..plan.rounds {
        alone.push(runtime.block_on(nine(&server, events, false))?);
        beside.push(runtime.block_on(nine(&server, events, true))?);
    }
    println!("one of ten consumers stopped");
    println!("  rate of the nine, beside it running without it   {:>8.2}", median(&beside) / median(&alone));
    println!(
        "  memory of the server                             {:>8.0} MiB",
        resident_mib(server.process.id())?
    );
    Ok(())
}

/// Events a second of nine consumers.
async fn nine(server: &Server, events: usize, stopped: bool) -> Result<f64, Fault> {
    let (orb, client) = connected(&server.place).await?;
    client.channel("nine", ChannelOptions::new(Guarantee::Reliable)).await?;
    if stopped {
        let options = quorb_events::native::SubscribeOptions {
            overflow: Some(Overflow::DropOldest),
            ..Default::default()
        };
        // It never asks for anything.
        let subscribed = client.service().subscribe("nine", &options).await;
        subscribed.map_err(|fault| Fault::Wrong(fault.to_string()))?;
    }
    let mut counting = Vec::new();
    for _ in 0..9 {
        let mut feed = client.subscribe::<Vec<u8>>("nine").await?;
        counting.push(tokio::spawn(async move {
            for _ in 0..events {
                feed.next().await?;
            }
            Some(())
        }));
    }
    let topic = client.topic::<Vec<u8>>("nine").await?;
    let (begun, value) = (Instant::now(), vec![7; 100]);
    for _ in 0..events {
        topic.publish(&value).await?;
    }
    for task in counting {
        task.await?.ok_or_else(|| Fault::Wrong("a feed has ended".into()))?;
    }
    let rate = events as f64 / begun.elapsed().as_secs_f64();
    if stopped {
        let report = client.describe("nine").await?;
        let one = report.subscribers.iter().find(|one| one.overflow == Overflow::DropOldest);
        let exact = one.is_some_and(|one| one.queued + one.dropped_oldest == events as u64);
        if !exact {
            return Err(Fault::Wrong(format!("the counts are not exact: {one:?}")));
        }
    }
    client.remove("nine").await?;
    orb.shutdown(Duration::ZERO).await;
    Ok(rate)
}

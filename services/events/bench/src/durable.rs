//! Publishing that is acknowledged from the disk, and replay.

use std::time::{Duration, Instant};

use quorb_events::{ChannelOptions, Guarantee, Start};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Runtime;

use crate::cost::median;
use crate::fanout::connected;
use crate::nats::{Client, Line};
use crate::servers::{self, Server};
use crate::{Fault, Plan};

/// Publishers at the same time.
pub(crate) const IN_FLIGHT: usize = 64;

/// The octets of an event.
const SIZE: usize = 100;

pub(crate) fn measure(runtime: &Runtime, plan: Plan) -> Result<(), Fault> {
    let (ours, theirs) = (servers::ours()?, servers::nats()?);
    let (mut nats_rates, mut our_rates, mut lone_rates) = (vec![], vec![], vec![]);
    for _ in 0..plan.rounds {
        if let Some(server) = &theirs {
            nats_rates.push(runtime.block_on(jetstream(&server.place, plan.durable))?);
        }
        our_rates.push(runtime.block_on(durable(&ours, plan.durable, IN_FLIGHT))?);
        lone_rates.push(runtime.block_on(durable(&ours, plan.durable / 40, 1))?);
    }
    println!("durable publish, 100 octets, thousand acknowledged/s");
    println!("  JetStream without a sync, {IN_FLIGHT} in flight         {:>10.1}", median(&nats_rates));
    println!("  ours, each synced, {IN_FLIGHT} in flight                {:>10.1}", median(&our_rates));
    println!("  ours, each synced, one at a time              {:>10.1}", median(&lone_rates));
    Ok(())
}

/// Thousands a second.
fn rate(events: usize, begun: Instant) -> f64 {
    events as f64 / begun.elapsed().as_secs_f64() / 1_000.0
}

/// Publishes durable events, so many in flight, and waits until each is acknowledged: thousands a second.
pub(crate) async fn durable(server: &Server, events: usize, in_flight: usize) -> Result<f64, Fault> {
    let (orb, client) = connected(&server.place).await?;
    client.channel("durable", ChannelOptions::new(Guarantee::Durable)).await?;
    let before = client.describe("durable").await?.info.next;
    let begun = Instant::now();
    let publishers: Vec<_> = (0..in_flight)
        .map(|publisher| {
            let client = client.clone();
            tokio::spawn(async move {
                let topic = client.topic::<Vec<u8>>("durable/x").await?;
                let value = vec![7; SIZE];
                for _ in (publisher..events).step_by(in_flight) {
                    topic.publish(&value).await?;
                }
                Ok::<(), Fault>(())
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await??;
    }
    let rate = rate(events, begun);
    let published = client.describe("durable").await?.info.next - before;
    orb.shutdown(Duration::ZERO).await;
    if published != events as u64 {
        return Err(Fault::Wrong(format!("{published} of {events} events")));
    }
    Ok(rate)
}

/// A stream of NATS that begins empty.
async fn stream(client: &mut Client) -> Result<(), Fault> {
    // There may be none to be removed.
    let _ = client.request("$JS.API.STREAM.DELETE.BENCH", "").await;
    let config = "{\"name\":\"BENCH\",\"subjects\":[\"js.bench\"],\"storage\":\"file\",\"num_replicas\":1}";
    client.request("$JS.API.STREAM.CREATE.BENCH", config).await.map(drop)
}

async fn jetstream(place: &str, events: usize) -> Result<f64, Fault> {
    let mut client = Client::connect(place).await?;
    stream(&mut client).await?;
    let begun = Instant::now();
    fill_stream(&mut client, events, IN_FLIGHT).await?;
    Ok(rate(events, begun))
}

/// Publishes events to the stream, so many of them unacknowledged.
async fn fill_stream(client: &mut Client, events: usize, in_flight: usize) -> Result<(), Fault> {
    client.writer.write_all(b"SUB _INBOX.acks 2\r\n").await?;
    let message = [format!("PUB js.bench _INBOX.acks {SIZE}\r\n").as_bytes(), &[7; SIZE], b"\r\n"].concat();
    let mut sent = in_flight.min(events);
    client.writer.write_all(&message.repeat(sent)).await?;
    let mut acknowledged = 0;
    while acknowledged < events {
        match client.reader.next(false).await? {
            Line::Message(_) => {
                acknowledged += 1;
                if sent < events {
                    client.writer.write_all(&message).await?;
                    sent += 1;
                }
            }
            Line::Ping => client.writer.write_all(b"PONG\r\n").await?,
            Line::Other => {}
        }
    }
    client.writer.write_all(b"UNSUB 2\r\n").await?;
    Ok(())
}

pub(crate) fn measure_replay(runtime: &Runtime, plan: Plan) -> Result<(), Fault> {
    let (ours, theirs) = (servers::ours()?, servers::nats()?);
    runtime.block_on(fill(&ours, plan.replayed))?;
    if let Some(server) = &theirs {
        runtime.block_on(async {
            let mut client = Client::connect(&server.place).await?;
            stream(&mut client).await?;
            fill_stream(&mut client, plan.replayed, 1_000).await
        })?;
    }
    let (mut nats_rates, mut our_rates) = (vec![], vec![]);
    for round in 0..plan.rounds {
        if let Some(server) = &theirs {
            nats_rates.push(runtime.block_on(replay_stream(&server.place, plan.replayed, round))?);
        }
        our_rates.push(runtime.block_on(replay(&ours, plan.replayed))?);
    }
    println!("replay of {} events of 100 octets, thousand/s", plan.replayed);
    println!("  JetStream, pushed without acknowledgements    {:>10.0}", median(&nats_rates));
    println!("  ours                                          {:>10.0}", median(&our_rates));
    Ok(())
}

async fn fill(server: &Server, events: usize) -> Result<(), Fault> {
    let (orb, client) = connected(&server.place).await?;
    client.channel("replay", ChannelOptions::new(Guarantee::Durable)).await?;
    let topic = client.topic::<Vec<u8>>("replay/x").await?;
    let value = vec![7; SIZE];
    for _ in 0..events {
        topic.post(&value).await?;
    }
    topic.flush().await?;
    orb.shutdown(Duration::ZERO).await;
    Ok(())
}

async fn replay(server: &Server, events: usize) -> Result<f64, Fault> {
    let (orb, client) = connected(&server.place).await?;
    let begun = Instant::now();
    let subscription = client.subscription("replay/*").from(Start::First).until_now();
    let mut feed = subscription.open::<Vec<u8>>().await?;
    let mut count = 0;
    while feed.next().await.is_some() {
        count += 1;
    }
    let rate = rate(events, begun);
    orb.shutdown(Duration::ZERO).await;
    if (count, feed.lost()) != (events, 0) {
        return Err(Fault::Wrong(format!("{count} of {events} events, {} lost", feed.lost())));
    }
    Ok(rate)
}

async fn replay_stream(place: &str, events: usize, round: usize) -> Result<f64, Fault> {
    let mut client = Client::connect(place).await?;
    let subject = format!("replayed.{round}");
    client.subscribe(&subject).await?;
    let begun = Instant::now();
    let config = format!(
        "{{\"stream_name\":\"BENCH\",\"config\":{{\"deliver_subject\":\"{subject}\",\"ack_policy\":\"none\",\"deliver_policy\":\"all\"}}}}"
    );
    let length = config.len();
    let asked = format!("PUB $JS.API.CONSUMER.CREATE.BENCH _INBOX.none {length}\r\n{config}\r\n");
    client.writer.write_all(asked.as_bytes()).await?;
    let mut count = 0;
    while count < events {
        match client.reader.next(false).await? {
            Line::Message(_) => count += 1,
            Line::Ping => client.writer.write_all(b"PONG\r\n").await?,
            Line::Other => {}
        }
    }
    Ok(rate(events, begun))
}

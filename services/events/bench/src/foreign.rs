//! C++ suppliers and consumers, on our channels and on omniEvents'.

use std::time::Duration;

use quorb_events::{ChannelOptions, Guarantee};
use quorb_interop::Process;
use quorb_interop::peers::{self, PeerDir};
use tokio::runtime::Runtime;

use crate::cost::median;
use crate::fanout::connected;
use crate::servers;
use crate::{Fault, Plan};

/// The time that a foreign program gets.
const PATIENCE: Duration = Duration::from_secs(300);

/// What consumers have seen: events a second of the slowest, and how many of all events were lost.
struct Seen {
    rate: f64,
    lost: usize,
}

pub(crate) fn measure(runtime: &Runtime, plan: Plan) -> Result<(), Fault> {
    let peers = peers::build()?;
    let theirs = servers::omnievents()?;
    let ours = servers::ours()?;
    println!(
        "C++ consumers of 100 octets, events/s each      omniEvents      lost      ours      lost     ratio"
    );
    for consumers in [1, 10] {
        let events = (plan.foreign / consumers).max(100);
        let (mut their_rates, mut our_rates, mut their_lost, mut our_lost) = (vec![], vec![], 0, 0);
        for _ in 0..plan.rounds {
            if let Some(server) = &theirs {
                let seen = run(&peers, &server.channel, consumers, events)?;
                their_rates.push(seen.rate);
                their_lost += seen.lost;
            }
            let channel = runtime.block_on(channel(&ours.place))?;
            let seen = run(&peers, &channel, consumers, events)?;
            our_rates.push(seen.rate);
            our_lost += seen.lost;
        }
        if our_lost > 0 {
            return Err(Fault::Wrong(format!("{our_lost} events were lost")));
        }
        let (their_rate, our_rate) = (median(&their_rates), median(&our_rates));
        println!(
            "  C++ supplier to {consumers:<3} C++ consumers             {their_rate:>10.0}{their_lost:>10}{our_rate:>10.0}{our_lost:>10}{:>10.1}",
            our_rate / their_rate
        );
    }
    Ok(())
}

/// A channel of ours that waits for its consumers.
async fn channel(place: &str) -> Result<String, Fault> {
    let (orb, client) = connected(place).await?;
    client.channel("foreign", ChannelOptions::new(Guarantee::Reliable)).await?;
    let address = orb.resolve::<quorb_events::native::EventServiceProxy>(place).await?;
    let profiles = quorb::Proxy::object(&address).ior().iiop_profiles();
    let profile = profiles.flatten().next().ok_or_else(|| Fault::Wrong("no address".into()))?;
    orb.shutdown(Duration::ZERO).await;
    Ok(format!("corbaloc::{}:{}/EventChannel/foreign", profile.host, profile.port))
}

fn run(peers: &PeerDir, channel: &str, consumers: usize, events: usize) -> Result<Seen, Fault> {
    let start = |arguments: &[&str]| -> Result<Process, Fault> {
        let mut command = peers.program("event_client");
        command.arg(channel).args(arguments);
        let mut process = Process::start(command)?;
        process.line("ready", PATIENCE)?;
        Ok(process)
    };
    let number = events.to_string();
    let mut consuming = Vec::new();
    for _ in 0..consumers {
        consuming.push(start(&["consume", &number])?);
    }
    let supplier = start(&["push", &number, "100"])?;
    let (mut slowest, mut lost) = (f64::INFINITY, 0);
    for mut consumer in consuming {
        let count: usize = parsed(&consumer.line("count ", PATIENCE)?)?;
        let seconds: f64 = parsed(&consumer.line("seconds ", PATIENCE)?)?;
        slowest = slowest.min(count as f64 / seconds);
        lost += events - count.min(events);
        consumer.wait(PATIENCE)?;
    }
    supplier.wait(PATIENCE)?;
    Ok(Seen { rate: slowest, lost })
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::Wrong(format!("`{text}` is no number")))
}

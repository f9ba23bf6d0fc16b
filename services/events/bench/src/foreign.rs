//! C++ suppliers and consumers, on our channels and on omniEvents'.

use std::collections::BTreeMap;
use std::time::Duration;

use quorb::Orb;
use quorb_events::{ChannelOptions, Guarantee};
use quorb_interop::Process;
use quorb_interop::peers::{self, PeerDir};
use tokio::runtime::Runtime;

use crate::cost::{Stopwatch, median};
use crate::fanout::connected;
use crate::{Fault, Plan, ceiling, servers};

/// The time that a foreign program gets.
const PATIENCE: Duration = Duration::from_secs(300);

/// What consumers have seen: events a second of the slowest, how many of all events were lost, and microseconds of processor
/// time that a consumer takes for each.
struct Seen {
    rate: f64,
    lost: usize,
    micros: f64,
}

/// A consumer's broker reads one call of a connection at a time: it keeps their order.
const IN_ORDER: [&str; 2] = ["-ORBmaxServerThreadPerConnection", "1"];

/// Who supplies.
#[derive(Clone, Copy)]
enum Supplier {
    /// A C++ program, one call after the other.
    Cpp,
    /// A program of ours, by the same interfaces, many calls under way.
    Ours,
}

/// One row: what was seen on each channel, in all rounds.
#[derive(Default)]
struct Row {
    rates: [Vec<f64>; 3],
    lost: [usize; 3],
    /// Microseconds of the channel's process for each event that it pushes.
    channel: [Vec<f64>; 3],
    /// Of a consumer for each event.
    consumer: [Vec<f64>; 3],
}

pub(crate) fn measure(runtime: &Runtime, plan: Plan) -> Result<(), Fault> {
    let peers = peers::build()?;
    let theirs = servers::omnievents()?;
    let ours = servers::ours()?;
    println!(
        "C++ consumers of 100 octets, events/s each       omniEvents     lost   one by one   ratio    pipelined   ratio"
    );
    // What omniEvents delivers to as many consumers.
    let mut base = BTreeMap::new();
    for (supplier, consumers) in
        [(Supplier::Cpp, 1), (Supplier::Cpp, 10), (Supplier::Ours, 1), (Supplier::Ours, 10)]
    {
        let mut row = Row::default();
        let work =
            Work { peers: &peers, runtime, supplier, consumers, events: (plan.foreign / consumers).max(100) };
        for _ in 0..plan.rounds {
            // Of calls that are under way together omniEvents' own broker keeps no order.
            if let (Some(server), Supplier::Cpp) = (&theirs, supplier) {
                row.note(0, work.run(&server.channel, &[])?, None);
            }
            let channel = runtime.block_on(channel(&ours.place))?;
            let pipelined = format!("{channel}/pipelined");
            for (place, channel, options) in [(1, &channel, &[][..]), (2, &pipelined, &IN_ORDER)] {
                let watch = Stopwatch::start(std::slice::from_ref(&ours))?;
                let seen = work.run(channel, options)?;
                let cost = watch.stop()?.servers;
                row.note(place, seen, Some(cost.as_secs_f64() * 1e6 / (work.events * consumers) as f64));
            }
        }
        if row.lost[1] + row.lost[2] > 0 {
            return Err(Fault::Wrong(format!("{:?} events were lost", &row.lost[1..])));
        }
        row.print(supplier, consumers, &mut base);
    }
    for consumers in [1, 10] {
        let events = (plan.foreign * 2 / consumers).max(100);
        let mut rates = Vec::new();
        for _ in 0..plan.rounds {
            rates.push(ceiling(&peers, runtime, consumers, events)?);
        }
        println!(
            "  no channel, pushed by a loop to {consumers:<3} consumers: {:.0} each at most",
            median(&rates)
        );
    }
    Ok(())
}

impl Row {
    fn note(&mut self, place: usize, seen: Seen, channel: Option<f64>) {
        self.rates[place].push(seen.rate);
        self.lost[place] += seen.lost;
        self.consumer[place].push(seen.micros);
        self.channel[place].extend(channel);
    }

    /// The ratios are to what omniEvents delivers to as many consumers, from the supplier that it has.
    fn print(&self, supplier: Supplier, consumers: usize, base: &mut BTreeMap<usize, f64>) {
        let [theirs, one_by_one, pipelined] = self.rates.each_ref().map(|rates| median(rates));
        let theirs = match supplier {
            Supplier::Cpp => *base.entry(consumers).or_insert(theirs),
            Supplier::Ours => base.get(&consumers).copied().unwrap_or(f64::NAN),
        };
        let (who, shown) = match supplier {
            Supplier::Cpp => ("C++ supplier", format!("{theirs:.0}{:>9}", self.lost[0])),
            Supplier::Ours => ("our supplier", format!("as above{:>9}", "")),
        };
        println!(
            "  {who} to {consumers:<3} consumers           {shown:>26}{one_by_one:>13.0}{:>8.1}{pipelined:>13.0}{:>8.1}",
            one_by_one / theirs,
            pipelined / theirs
        );
        let [_, alone, together] = self.channel.each_ref().map(|micros| median(micros));
        let [taken, taken_alone, taken_together] = self.consumer.each_ref().map(|micros| median(micros));
        println!(
            "    us of the processor an event, channel + consumer {:>7.1}{:>9}{alone:>7.1} +{taken_alone:>4.1}{:>8}{together:>7.1} +{taken_together:>4.1}",
            taken, "", ""
        );
    }
}

/// A channel of ours that waits for its consumers.
async fn channel(place: &str) -> Result<String, Fault> {
    let (orb, client) = connected(place).await?;
    client.channel("foreign", ChannelOptions::new(Guarantee::Reliable)).await?;
    let address = orb.resolve::<quorb_events::native::EventServiceProxy>(place).await?;
    let profiles = quorb::Proxy::object(&address).ior().iiop_profiles();
    let profile = profiles.flatten().next().ok_or_else(|| Fault::Wrong("no address".into()))?;
    orb.shutdown(Duration::ZERO).await;
    Ok(format!("corbaloc:iiop:1.2@{}:{}/EventChannel/foreign", profile.host, profile.port))
}

/// What is done in one row.
struct Work<'a> {
    peers: &'a PeerDir,
    runtime: &'a Runtime,
    supplier: Supplier,
    consumers: usize,
    events: usize,
}

impl Work<'_> {
    fn run(&self, channel: &str, options: &[&str]) -> Result<Seen, Fault> {
        let number = self.events.to_string();
        let mut consuming = Vec::new();
        for _ in 0..self.consumers {
            consuming.push(started(self.peers, channel, options, &["consume", &number])?);
        }
        let mut supplier = None;
        match self.supplier {
            Supplier::Cpp => supplier = Some(started(self.peers, channel, &[], &["push", &number, "100"])?),
            Supplier::Ours => self.runtime.block_on(ceiling::supply(channel, self.events, 100))?,
        }
        let seen = seen(consuming, self.events)?;
        if let Some(supplier) = supplier {
            supplier.wait(PATIENCE)?;
        }
        Ok(seen)
    }
}

/// A C++ program that is connected to a channel.
fn started(peers: &PeerDir, channel: &str, options: &[&str], work: &[&str]) -> Result<Process, Fault> {
    let mut command = peers.program("event_client");
    command.args(options).arg(channel).args(work);
    let mut process = Process::start(command)?;
    process.line("ready", PATIENCE)?;
    Ok(process)
}

/// What consumers have seen, when all have come to their end.
fn seen(consuming: Vec<Process>, events: usize) -> Result<Seen, Fault> {
    let (mut slowest, mut lost, mut used, consumers) = (f64::INFINITY, 0, 0.0, consuming.len());
    for mut consumer in consuming {
        let count: usize = parsed(&consumer.line("count ", PATIENCE)?)?;
        let order = consumer.line("order ", PATIENCE)?;
        let seconds: f64 = parsed(&consumer.line("seconds ", PATIENCE)?)?;
        used += parsed::<f64>(&consumer.line("processor ", PATIENCE)?)?;
        if order != "kept" {
            return Err(Fault::Wrong(format!("a consumer has seen {count} events out of order")));
        }
        slowest = slowest.min(count as f64 / seconds);
        lost += events - count.min(events);
        consumer.wait(PATIENCE)?;
    }
    Ok(Seen { rate: slowest, lost, micros: used * 1e6 / (events * consumers) as f64 })
}

/// What so many consumers take if nothing is done but pushing: events a second of the slowest.
fn ceiling(peers: &PeerDir, runtime: &Runtime, consumers: usize, events: usize) -> Result<f64, Fault> {
    let orb = runtime.block_on(Orb::builder().listen("127.0.0.1:0").start())?;
    let (channel, mut arrived) = ceiling::hollow(&orb)?;
    let mut consuming = Vec::new();
    for _ in 0..consumers {
        consuming.push(started(peers, &channel, &IN_ORDER, &["consume", &events.to_string()])?);
    }
    runtime.block_on(async {
        let mut pouring = tokio::task::JoinSet::new();
        for _ in 0..consumers {
            let consumer = arrived.recv().await.ok_or_else(|| Fault::Wrong("no consumer".into()))?;
            pouring.spawn(ceiling::pour(consumer, events, 100));
        }
        while let Some(poured) = pouring.join_next().await {
            poured??;
        }
        Ok::<(), Fault>(())
    })?;
    let seen = seen(consuming, events)?;
    runtime.block_on(orb.shutdown(Duration::ZERO));
    match seen.lost {
        0 => Ok(seen.rate),
        lost => Err(Fault::Wrong(format!("{lost} events were lost"))),
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::Wrong(format!("`{text}` is no number")))
}

//! A member of the engine as a process: takes orders on its standard input, says on its output what it sees.
//!
//! ```text
//!   send ROUND SENDERS MS SIZE CLASS   sends for so long, the last message says so    -> sent ROUND COUNT START
//!   ping COUNT SIZE CLASS              one message at a time, to its own delivery      -> latency P50 P99
//!   enter COUNT                        enters so many further groups                   -> entered COUNT MS
//!   read                               reads their events that are there               -> read
//!   watch                              tells when each of them has lost a member       -> watching COUNT, changed COUNT AT
//!                                      after each round  -> done ROUND COUNT HASH AT, steps ROUND COUNT...
//!                                      at each view      -> view MEMBERS AT
//! ```
//!
//! Times are nanoseconds of the system's clock. A class is `total`, `uniform` or `fifo`.

mod crowd;
mod tally;

use crate::Outcome;
use crate::usage::now_ns;
use bytes::{BufMut, Bytes, BytesMut};
use crowd::Crowd;
use quorb_groups::core::Order;
use quorb_groups::driver::{Domain, Event, Group, GroupSender};
use std::io::BufRead;
use std::time::{Duration, Instant};
use tally::{Head, Kind, Tally};
use tokio::sync::mpsc;

/// Octets of payload buffers made at once by a sender.
const SLAB_BYTES: usize = 256 << 10;
/// The clock is read once in so many messages.
const CLOCK_EVERY: u64 = 64;

/// How a member joins.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// Where it listens.
    #[arg(long)]
    listen: String,
    /// The seeds, the same at every member.
    #[arg(long, value_delimiter = ',')]
    seeds: Vec<String>,
    /// Milliseconds of silence before a member is suspected; the default of the engine if it is not given.
    #[arg(long)]
    detection: Option<u64>,
    /// Microseconds of spinning before the process sleeps.
    #[arg(long)]
    spin: Option<u64>,
    /// Joins only when it is told `join`.
    #[arg(long)]
    wait: bool,
    /// Enters no group, tells of the domain's views.
    #[arg(long)]
    bare: bool,
}

/// Runs until the standard input ends.
pub(crate) fn run(settings: Settings) -> Outcome<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(live(settings))
}

async fn live(settings: Settings) -> Outcome<()> {
    let mut orders = orders();
    if settings.wait {
        orders.recv().await.ok_or("no order to join")?;
    }
    let mut join = Domain::join(settings.seeds).name("bench").listen(&settings.listen);
    if let Some(ms) = settings.detection {
        join = join.detection(Duration::from_millis(ms));
    }
    if let Some(us) = settings.spin {
        join = join.spin(Duration::from_micros(us));
    }
    let domain = join.await?;
    tokio::spawn(tell_views(domain.views()));
    if settings.bare {
        while orders.recv().await.is_some() {}
        return Ok(());
    }
    let group = domain.octets("load").await?;
    let (pong, pongs) = mpsc::channel(1);
    let mut member = Member { sender: group.sender(), pongs, crowd: Crowd::default(), domain };
    let reading = tokio::spawn(read(group, pong));
    while let Some(order) = orders.recv().await {
        member.obey(&order).await?;
    }
    reading.abort();
    Ok(())
}

/// Views of the domain, as they are installed.
async fn tell_views(mut views: tokio::sync::watch::Receiver<quorb_groups::core::View>) {
    loop {
        let members = views.borrow_and_update().members.len();
        println!("domain {members} {}", now_ns());
        if views.changed().await.is_err() {
            return;
        }
    }
}

/// Hashes and tells what the group delivers.
async fn read(mut group: Group<Bytes>, pong: mpsc::Sender<()>) {
    let mut tally = Tally::default();
    while let Some(event) = group.next().await {
        match event {
            Event::Message(delivery) => match Head::read(&delivery.message) {
                Some(Head { kind: Kind::Ping, .. }) => _ = pong.try_send(()),
                Some(head) => tally.add(head, &delivery.message),
                None => println!("failed: a message without a head"),
            },
            Event::View(view) => {
                let sequencer = view.sequencer().map(|process| process.to_string());
                println!("view {} {} {}", view.members.len(), now_ns(), sequencer.unwrap_or_default());
            }
            Event::Blocked(why) => println!("blocked {} {why:?}", now_ns()),
            Event::Ended(why) => return println!("failed: {why}"),
            _ => {}
        }
    }
}

/// What the orders need.
struct Member {
    domain: Domain,
    sender: GroupSender<Bytes>,
    pongs: mpsc::Receiver<()>,
    crowd: Crowd,
}

impl Member {
    async fn obey(&mut self, order: &str) -> Outcome<()> {
        let words: Vec<&str> = order.split_whitespace().collect();
        let number = |i: usize| -> Outcome<u64> { Ok(words.get(i).ok_or("a number is missing")?.parse()?) };
        match words.first().copied() {
            Some("send") => {
                let class = class(words.get(5).copied())?;
                let load =
                    Load { round: number(1)?, senders: number(2)?, ms: number(3)?, size: number(4)?, class };
                self.send(&load).await
            }
            Some("ping") => self.ping(number(1)?, number(2)? as usize, class(words.get(3).copied())?).await,
            Some("enter") => self.crowd.enter(&self.domain, number(1)?).await,
            Some("read") => {
                self.crowd.read().await;
                Ok(())
            }
            Some("watch") => {
                self.crowd.watch();
                Ok(())
            }
            Some("whoami") => {
                println!("process {}", self.domain.process());
                Ok(())
            }
            _ => Err(format!("do not understand {order:?}").into()),
        }
    }

    /// Sends at full speed; the library makes it wait where the others cannot follow.
    async fn send(&self, load: &Load) -> Outcome<()> {
        let kind = if load.class.0 == Order::Fifo { Kind::Fifo } else { Kind::Total };
        let (start_ns, start) = (now_ns(), Instant::now());
        let until = Duration::from_millis(load.ms);
        let sender = std::process::id();
        let mut slab = BytesMut::new();
        let mut head =
            Head { kind, senders: load.senders as u8, round: load.round as u16, sender, number: 0 };
        loop {
            let last = head.number.is_multiple_of(CLOCK_EVERY) && start.elapsed() >= until;
            head.kind = if last { Kind::End } else { kind };
            let message = head.message(load.size as usize, &mut slab);
            self.sender.send(load.class.0, load.class.1, &message).await?;
            head.number += 1;
            if last {
                println!("sent {} {} {start_ns}", load.round, head.number);
                return Ok(());
            }
        }
    }

    async fn ping(&mut self, count: u64, size: usize, class: (Order, bool)) -> Outcome<()> {
        let mut slab = BytesMut::new();
        let mut times = Vec::new();
        for number in 0..count {
            let head = Head { kind: Kind::Ping, senders: 1, round: 0, sender: std::process::id(), number };
            let message = head.message(size, &mut slab);
            let start = Instant::now();
            self.sender.send(class.0, class.1, &message).await?;
            self.pongs.recv().await.ok_or("the group ended")?;
            times.push(start.elapsed().as_nanos());
        }
        times.sort_unstable();
        println!("latency {} {}", times[times.len() / 2], times[times.len() * 99 / 100]);
        Ok(())
    }
}

/// One sender's share of a round.
struct Load {
    round: u64,
    senders: u64,
    ms: u64,
    size: u64,
    class: (Order, bool),
}

fn class(word: Option<&str>) -> Outcome<(Order, bool)> {
    match word {
        Some("total") => Ok((Order::Total, false)),
        Some("uniform") => Ok((Order::Total, true)),
        Some("fifo") => Ok((Order::Fifo, false)),
        other => Err(format!("no class {other:?}").into()),
    }
}

impl Head {
    /// A message of this head, filled up to its size.
    fn message(&self, size: usize, slab: &mut BytesMut) -> Bytes {
        let size = size.max(Head::BYTES);
        if slab.capacity() < size {
            *slab = BytesMut::with_capacity(SLAB_BYTES.max(size));
        }
        self.write(slab);
        slab.put_bytes(0xA5, size - Head::BYTES);
        slab.split().freeze()
    }
}

/// The lines of the standard input.
pub(crate) fn orders() -> mpsc::Receiver<String> {
    let (tell, orders) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tell.blocking_send(line).is_err() {
                return;
            }
        }
    });
    orders
}

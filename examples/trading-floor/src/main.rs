//! A trading floor: prices and trades are events, the positions that come of the trades are a replicated object, and figures
//! about the day are worked out by one process that others shadow.
//!
//! ```text
//! cargo run -p trading-floor
//! ```
//!
//! The program starts an event service and three replicas of the book, as processes of itself. Traders publish prices, of which
//! a display wants the newest only, and trades, which must not be lost. A booker enters every trade into the book, once. In the
//! middle the event service is killed with `kill -9`, and the replica that works out the figures. At the end the whole day is
//! replayed, and the book and the figures must say the same.
//!
//! | file | what it is about |
//! |---|---|
//! | `market` | prices and trades, published |
//! | `book` | the positions: a replicated object |
//! | `analytics` | the figures: a replicated object whose executor ships effects |
//! | `display` | who watches prices, and who enters trades |
//! | `house` | the processes |

mod analytics;
mod book;
mod display;
mod house;
mod market;

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use clap::Parser;
use quorb::Orb;
use quorb_events::{ChannelOptions, Events, Guarantee, Overflow, Start};

use crate::analytics::AnalyticsProxy;
use crate::book::BookProxy;
use crate::display::Booking;
use crate::house::Process;
use crate::market::Trade;

/// A trading floor, with events, a replicated book, and kill -9
#[derive(Debug, Parser)]
struct CommandLine {
    /// The trades of the day
    #[arg(long, default_value_t = 2_000)]
    trades: u64,
    /// The traders
    #[arg(long, default_value_t = 8)]
    traders: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [house::AS_FLOOR, listen, folder] => house::serve_events(listen, folder).await,
        [house::AS_BOOK, listen, ref domain @ ..] => book::serve(listen, domain).await,
        _ => demonstrate(&CommandLine::parse()).await,
    }
}

async fn demonstrate(day: &CommandLine) -> Result<(), Box<dyn Error>> {
    let data = house::Folder::new();
    let floor_address = house::free_addresses(1)?.remove(0);
    let mut floor = Process::floor(&floor_address, data.path())?;
    let domain = house::free_addresses(3)?;
    let mut books = Vec::new();
    for _ in 0..3 {
        books.push(Process::book(&domain)?);
    }
    floor.until_ready()?;
    for book in &mut books {
        book.until_ready()?;
    }
    println!("An event service at {floor_address}, and three replicas of the book.");

    let orb = Orb::client().await?;
    let events = Events::at(&orb, &format!("corbaloc:iiop:1.2@{floor_address}/EventService"))?;
    let mut prices = ChannelOptions::new(Guarantee::Ordered);
    prices.overflow = Some(Overflow::Conflate);
    events.channel("equities", prices).await?;
    events.channel("trades", ChannelOptions::new(Guarantee::Durable)).await?;
    let [book, analytics] = &books[0].references[..] else {
        return Err("a replica serves two objects".into());
    };
    let (book, analytics): (BookProxy, AnalyticsProxy) = (orb.bind(book)?, orb.bind(analytics)?);

    let display = tokio::spawn(display::watch(events.clone()));
    let mut booking = Booking::begin(events.clone(), book.clone(), analytics.clone(), day.trades);
    let traders: Vec<_> = (0..day.traders)
        .map(|trader| {
            let trades = day.trades / day.traders + u64::from(trader < day.trades % day.traders);
            tokio::spawn(market::trade(events.clone(), trader, trades))
        })
        .collect();

    booking.until(day.trades / 3).await?;
    println!("kill -9 of the event service, with {} trades in the book", book.next().await? - 1);
    floor.kill()?;
    let mut floor = Process::floor(&floor_address, data.path())?;
    floor.until_ready()?;
    booking.until(2 * day.trades / 3).await?;
    let worker = analytics.worker().await?;
    let victim = books.iter().position(|replica| replica.pid() == worker).ok_or("nobody works")?;
    println!(
        "kill -9 of the replica that works out the figures, with {} trades in the book",
        book.next().await? - 1
    );
    books.remove(victim).kill()?;

    for trader in traders {
        trader.await??;
    }
    let entered = booking.end().await?;
    let shown = display.await??;
    println!("{entered} trades are in the book; the display has shown {shown} prices");
    if analytics.worker().await? == worker {
        return Err("nobody has taken over from the lost one".into());
    }
    replay(&events, &book, &analytics, day.trades).await?;
    orb.shutdown(Duration::ZERO).await;
    Ok(())
}

/// The day once more, from the disk: what it comes to is what the book and the figures say.
async fn replay(
    events: &Events,
    book: &BookProxy,
    analytics: &AnalyticsProxy,
    trades: u64,
) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let mut day = events.subscription("trades/**").from(Start::First).until_now().open::<Trade>().await?;
    let (mut positions, mut count) = (BTreeMap::<String, (i64, u64, u64)>::new(), 0);
    while let Some(trade) = day.next().await {
        let (position, volume, paid) = positions.entry(trade.symbol).or_default();
        *position += trade.quantity;
        *volume += trade.quantity.unsigned_abs();
        *paid += trade.quantity.unsigned_abs() * u64::from(trade.cents);
        count += 1;
    }
    if (count, day.lost()) != (trades, 0) {
        return Err(format!("{count} of {trades} trades are there, {} are lost", day.lost()).into());
    }
    for (symbol, (position, volume, paid)) in &positions {
        let (held, average) = (book.held(symbol).await?, analytics.average(symbol).await?);
        if (held, average) != (*position, paid / (*volume).max(1)) {
            let day = paid / (*volume).max(1);
            return Err(
                format!("{symbol}: {held} at {average} are kept, the day has {position} at {day}").into()
            );
        }
        println!("  {symbol:4} {held:>8} {:>8}.{:02}", average / 100, average % 100);
    }
    println!(
        "The day replays in {} ms: every trade is there once, and the book agrees, and so do the figures.",
        begun.elapsed().as_millis()
    );
    Ok(())
}

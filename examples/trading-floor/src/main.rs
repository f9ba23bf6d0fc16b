//! A trading floor: prices and trades are events, the positions that come of the trades are a replicated object.
//!
//! ```text
//! cargo run -p trading-floor
//! ```
//!
//! The program starts an event service and three replicas of the book, as processes of itself. Traders publish prices, of which
//! a display wants the newest only, and trades, which must not be lost. A booker enters every trade into the book, once. In the
//! middle the event service and a replica are killed with `kill -9`. At the end the whole day is replayed, and the book must
//! say the same.
//!
//! | file | what it is about |
//! |---|---|
//! | `market` | prices and trades, published |
//! | `book` | the positions: a replicated object |
//! | `display` | who watches prices, and who enters trades |
//! | `house` | the processes |

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
use tokio::sync::watch;

use crate::book::BookProxy;
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
    let book: BookProxy = orb.bind(&books[0].reference)?;

    let display = tokio::spawn(display::watch(events.clone()));
    let (entered, mut in_the_book) = watch::channel(0);
    let booking = tokio::spawn(display::enter(events.clone(), book.clone(), day.trades, entered));
    let traders: Vec<_> = (0..day.traders)
        .map(|trader| {
            let trades = day.trades / day.traders + u64::from(trader < day.trades % day.traders);
            tokio::spawn(market::trade(events.clone(), trader, trades))
        })
        .collect();

    let booked = until_booked(&mut in_the_book, day.trades / 3).await;
    println!("kill -9 of the event service, with {booked} trades in the book");
    floor.kill()?;
    let mut floor = Process::floor(&floor_address, data.path())?;
    floor.until_ready()?;
    let booked = until_booked(&mut in_the_book, 2 * day.trades / 3).await;
    println!("kill -9 of a replica of the book, with {booked} trades in it");
    books.remove(0).kill()?;

    for trader in traders {
        trader.await??;
    }
    let entered = booking.await??;
    let shown = display.await??;
    println!("{entered} trades are in the book; the display has shown {shown} prices");
    replay(&events, &book, day.trades).await?;
    orb.shutdown(Duration::ZERO).await;
    Ok(())
}

/// Waits until so many trades are in the book, or nobody enters any more. Answers how many there are.
async fn until_booked(in_the_book: &mut watch::Receiver<u64>, trades: u64) -> u64 {
    match in_the_book.wait_for(|&booked| booked >= trades).await {
        Ok(booked) => *booked,
        // Why the booker has ended is told where its end is collected.
        Err(_) => trades,
    }
}

/// The day once more, from the disk: what it comes to is what the book says.
async fn replay(events: &Events, book: &BookProxy, trades: u64) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let mut day = events.subscription("trades/**").from(Start::First).until_now().open::<Trade>().await?;
    let (mut positions, mut count) = (BTreeMap::<String, i64>::new(), 0);
    while let Some(trade) = day.next().await {
        *positions.entry(trade.symbol).or_default() += trade.quantity;
        count += 1;
    }
    if (count, day.lost()) != (trades, 0) {
        return Err(format!("{count} of {trades} trades are there, {} are lost", day.lost()).into());
    }
    for (symbol, position) in &positions {
        let held = book.held(symbol).await?;
        if held != *position {
            return Err(format!("{symbol}: the book says {held}, the day {position}").into());
        }
        println!("  {symbol:4} {held:>8}");
    }
    println!(
        "The day replays in {} ms: every trade is there once, and the book agrees.",
        begun.elapsed().as_millis()
    );
    Ok(())
}

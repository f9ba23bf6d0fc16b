//! Who watches prices, and who enters trades.

use std::error::Error;

use quorb_events::{EventError, Events, Loss};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::analytics::AnalyticsProxy;
use crate::book::BookProxy;
use crate::market::{Price, SYMBOLS, Trade};

/// Trades that are entered together.
const TOGETHER_MAX: usize = 100;

/// Shows the newest price of each symbol, until the floor is quiet. Answers how many were shown: under load fewer than there were.
pub(crate) async fn watch(events: Events) -> Result<u64, EventError> {
    let mut feed = events.subscription("equities/*").queue(SYMBOLS.len() as u32).open::<Price>().await?;
    let mut shown = 0;
    // The floor is quiet when nothing has come for a while: a display has no other end.
    while let Ok(Some(price)) = tokio::time::timeout(std::time::Duration::from_secs(2), feed.next()).await {
        assert!(price.cents > 0 && SYMBOLS.contains(&price.symbol.as_str()));
        shown += 1;
    }
    Ok(shown)
}

/// A booker at work.
pub(crate) struct Booking {
    task: JoinHandle<Result<u64, String>>,
    /// How many trades are in the book.
    booked: watch::Receiver<u64>,
}

impl Booking {
    /// Has so many trades entered.
    pub(crate) fn begin(events: Events, book: BookProxy, analytics: AnalyticsProxy, trades: u64) -> Booking {
        let (told, booked) = watch::channel(0);
        Booking { task: tokio::spawn(enter(events, book, analytics, trades, told)), booked }
    }

    /// Waits until so many trades are in the book.
    pub(crate) async fn until(&mut self, trades: u64) -> Result<(), Box<dyn Error>> {
        if self.booked.wait_for(|&booked| booked >= trades).await.is_err() {
            // The booker has ended before, and says why.
            let entered = (&mut self.task).await??;
            return Err(format!("only {entered} of {trades} trades were entered").into());
        }
        Ok(())
    }

    /// Waits for the end of the day: all trades that were entered.
    pub(crate) async fn end(self) -> Result<u64, Box<dyn Error>> {
        Ok(self.task.await??)
    }
}

/// Enters so many trades into the book, and has them looked at, each once, whatever is killed meanwhile. The book says where to
/// begin; how far it has come is told.
async fn enter(
    events: Events,
    book: BookProxy,
    analytics: AnalyticsProxy,
    trades: u64,
    told: watch::Sender<u64>,
) -> Result<u64, String> {
    let from = book.next().await.map_err(|fault| fault.to_string())?;
    let feed = events.subscription("trades/**").at(from).open::<Trade>().await;
    let mut feed = feed.map_err(|error| error.to_string())?;
    let mut next = from;
    while next <= trades {
        let (mut symbols, mut quantities, mut cents) = (Vec::new(), Vec::new(), Vec::new());
        let first = next;
        while next <= trades && symbols.len() < TOGETHER_MAX {
            // What has come is entered, unless more is there at once.
            let wait = if symbols.is_empty() {
                std::time::Duration::from_secs(120)
            } else {
                std::time::Duration::ZERO
            };
            let event = match tokio::time::timeout(wait, feed.next_event()).await {
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(loss))) => return Err(lost(&loss)),
                Ok(None) => return Err("the feed has ended".to_owned()),
                Err(_) => break,
            };
            assert_eq!(event.position, next, "every trade, in order");
            symbols.push(event.value.symbol);
            quantities.push(event.value.quantity);
            cents.push(event.value.cents);
            next += 1;
        }
        if symbols.is_empty() {
            return Err("no trade has come for two minutes".to_owned());
        }
        let volumes = quantities.iter().map(|quantity| quantity.unsigned_abs()).collect();
        let observed = analytics.observe(first, symbols.clone(), volumes, cents).await;
        observed.map_err(|fault| fault.to_string())?;
        book.enter(first, symbols, quantities).await.map_err(|fault| fault.to_string())?;
        told.send_replace(next - 1);
    }
    Ok(next - 1)
}

fn lost(loss: &Loss) -> String {
    format!("a durable channel has lost something: {loss}")
}

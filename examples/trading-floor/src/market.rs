//! Prices and trades, published.

use quorb::IdlType;
use quorb_events::{EventError, Events};

/// A price, published under `equities/SYMBOL`.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Price {
    pub(crate) symbol: String,
    pub(crate) cents: u32,
}

/// A trade, published under `trades/SYMBOL`.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Trade {
    pub(crate) symbol: String,
    /// Bought, or, below zero, sold.
    pub(crate) quantity: i64,
    pub(crate) cents: u32,
}

pub(crate) const SYMBOLS: [&str; 4] = ["DEC", "HP", "IBM", "SUN"];

/// Publishes a price and a trade, again and again. A trade is on the disk when the next one is made.
pub(crate) async fn trade(events: Events, trader: u64, trades: u64) -> Result<(), EventError> {
    let (mut prices, mut deals) = (Vec::new(), Vec::new());
    for symbol in SYMBOLS {
        prices.push(events.topic::<Price>(&format!("equities/{symbol}")).await?);
        deals.push(events.topic::<Trade>(&format!("trades/{symbol}")).await?);
    }
    // A walk that looks like a market, and is the same every day.
    let mut walk = trader + 1;
    for _ in 0..trades {
        walk = walk.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = (walk >> 33) as usize % SYMBOLS.len();
        let (symbol, cents) = (SYMBOLS[place].to_owned(), 10_000 + (walk >> 40) as u32 % 500);
        let quantity = (walk >> 50) as i64 % 200 - 90;
        prices[place].publish_keyed(&symbol, Price { symbol: symbol.clone(), cents }).await?;
        deals[place].publish(Trade { symbol, quantity, cents }).await?;
    }
    Ok(())
}

//! The positions: an object that is served by several processes.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use quorb::{Orb, interface};
use quorb_groups::driver::Domain;
use serde::{Deserialize, Serialize};

/// The book. A trade has the position of its event: entering it again changes nothing.
#[interface(id = "IDL:TradingFloor/Book:1.0")]
pub(crate) trait Book {
    /// What is held of a symbol.
    fn held(&self, symbol: &str) -> i64;

    /// The position of the first event that is not in the book.
    fn next(&self) -> u64;

    /// Enters the trades from a position on. Those that are in the book are passed over.
    fn enter(&mut self, first: u64, symbols: Vec<String>, quantities: Vec<i64>);
}

/// A replica.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Ledger {
    entered: u64,
    held: BTreeMap<String, i64>,
}

impl Book for Ledger {
    fn held(&self, symbol: &str) -> i64 {
        self.held.get(symbol).copied().unwrap_or_default()
    }

    fn next(&self) -> u64 {
        self.entered + 1
    }

    fn enter(&mut self, first: u64, symbols: Vec<String>, quantities: Vec<i64>) {
        for (position, (symbol, quantity)) in (first..).zip(symbols.into_iter().zip(quantities)) {
            if position == self.entered + 1 {
                *self.held.entry(symbol).or_default() += quantity;
                self.entered = position;
            }
        }
    }
}

/// Serves a replica of the book, and one of the figures about the day, until it is told to end.
pub(crate) async fn serve(listen: &str, domain: &[&str]) -> Result<(), Box<dyn Error>> {
    let orb = Orb::builder().listen(listen).start().await?;
    let domain = Domain::join(domain.iter().copied()).listen_at_a_seed().await?;
    let replica = domain.serve(&orb, "book", BookServant::new(Ledger::default())).await?;
    let analytics = crate::analytics::serve(&orb, &domain).await?;
    println!("ready {} {analytics}", replica.reference());
    orb.run_until_signal(Duration::from_secs(5)).await;
    domain.leave().await;
    Ok(())
}

//! Figures about the day: worked out by one process, shadowed by the others.
//!
//! Whoever works out a figure may take its time, ask others, or use what only it has: what comes of it is shipped to its
//! shadows as an effect. When it is lost one of them goes on from there.

use std::collections::BTreeMap;
use std::error::Error;

use quorb::{Context, Orb, interface};
use quorb_groups::driver::Domain;
use quorb_groups::object::Effects;
use serde::{Deserialize, Serialize};

/// Averages, weighted by volume.
#[interface(id = "IDL:TradingFloor/Analytics:1.0")]
pub(crate) trait Analytics {
    /// The average price of a symbol in cents; 0 while there is none.
    fn average(&self, symbol: &str) -> u64;

    /// The process that has worked out the last one.
    fn worker(&self) -> u32;

    /// Takes in trades, the first of which has this position. Those that are in already are passed over.
    fn observe(&mut self, cx: &Context, first: u64, symbols: Vec<String>, volumes: Vec<u64>, cents: Vec<u32>);
}

/// What the worker and its shadows know.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Figures {
    observed: u64,
    worker: u32,
    /// By symbol: the volume, and what was paid for it.
    of: BTreeMap<String, (u64, u64)>,
}

/// Some trades, worked out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WorkedOut {
    until: u64,
    worker: u32,
    more: BTreeMap<String, (u64, u64)>,
}

impl Effects for Figures {
    type Effect = WorkedOut;

    fn apply(&mut self, effect: WorkedOut) {
        (self.observed, self.worker) = (effect.until, effect.worker);
        for (symbol, (volume, paid)) in effect.more {
            let of = self.of.entry(symbol).or_default();
            *of = (of.0 + volume, of.1 + paid);
        }
    }
}

impl Analytics for Figures {
    fn average(&self, symbol: &str) -> u64 {
        self.of.get(symbol).map_or(0, |(volume, paid)| paid / (*volume).max(1))
    }

    fn worker(&self) -> u32 {
        self.worker
    }

    fn observe(
        &mut self,
        cx: &Context,
        first: u64,
        symbols: Vec<String>,
        volumes: Vec<u64>,
        cents: Vec<u32>,
    ) {
        let mut effect =
            WorkedOut { until: self.observed, worker: std::process::id(), more: BTreeMap::new() };
        let trades = symbols.into_iter().zip(volumes).zip(cents);
        for (position, ((symbol, volume), cents)) in (first..).zip(trades) {
            if position == effect.until + 1 {
                effect.until = position;
                let of = effect.more.entry(symbol).or_default();
                *of = (of.0 + volume, of.1 + volume * u64::from(cents));
            }
        }
        self.happen(cx, effect);
    }
}

/// Serves a worker, or its shadow.
pub(crate) async fn serve(orb: &Orb, domain: &Domain) -> Result<String, Box<dyn Error>> {
    let figures = AnalyticsServant::new(Figures::default());
    let replica = domain.serve(orb, "analytics", figures).with_effects().await?;
    Ok(replica.reference().to_string())
}

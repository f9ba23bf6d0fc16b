//! Rates of both services, in turns.

use std::time::Duration;

use quorb::{Orb, Preference};
use quorb_interop::{Folder, OmniNames, peers};

use crate::load::{Work, by_omniorb, by_ours};
use crate::servers::ours;
use crate::{Fault, Plan};

/// One kind of load, and the calls a second that each round gave.
struct Row {
    name: &'static str,
    rates: Vec<f64>,
}

/// Callers at the same time.
const AT_ONCE: usize = 64;

const ROWS: [&str; 8] = [
    "omniNames: bind, omniORB's client",
    "omniNames: resolve, omniORB's client",
    "ours: bind, omniORB's client",
    "ours: resolve, omniORB's client",
    "ours: bind, our client",
    "ours: resolve, our client",
    "ours: bind, our client, 64 in flight",
    "ours: resolve, our client, 64 in flight",
];

pub(crate) fn measure(plan: Plan) -> Result<(), Fault> {
    let peers = peers::build()?;
    let Some(theirs) = OmniNames::start()? else {
        return Err(Fault::Wrong("install omniorb-nameserver".into()));
    };
    let ours = ours(Folder::new("naming-rates")?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rows = ROWS.map(|name| Row { name, rates: Vec::new() });
    for _ in 0..plan.rounds {
        let rates = [
            by_omniorb(&peers, theirs.reference(), Work::Bind, plan.calls)?,
            by_omniorb(&peers, theirs.reference(), Work::Resolve, plan.calls)?,
            by_omniorb(&peers, &ours.reference, Work::Bind, plan.calls)?,
            by_omniorb(&peers, &ours.reference, Work::Resolve, plan.calls)?,
        ];
        let own = runtime.block_on(async {
            let orb = Orb::builder().prefer(Preference::NativeOnly).start().await?;
            let rates = [
                by_ours(&orb, &ours.reference, Work::Bind, plan.calls, 1).await?,
                by_ours(&orb, &ours.reference, Work::Resolve, plan.calls, 1).await?,
                by_ours(&orb, &ours.reference, Work::Bind, plan.calls_at_once, AT_ONCE).await?,
                by_ours(&orb, &ours.reference, Work::Resolve, plan.calls_at_once, AT_ONCE).await?,
            ];
            orb.shutdown(Duration::from_secs(1)).await;
            Ok::<_, Fault>(rates)
        })?;
        for (row, rate) in rows.iter_mut().zip(rates.into_iter().chain(own)) {
            row.rates.push(rate);
        }
    }
    show(&rows);
    Ok(())
}

fn show(rows: &[Row; 8]) {
    let rates: Vec<f64> = rows.iter().map(|row| median(&row.rates)).collect();
    println!("calls a second, median of the rounds");
    for (row, rate) in rows.iter().zip(&rates) {
        println!("  {:<42} {rate:>10.0}", row.name);
    }
    let least_bind = (20.0 * rates[4]).min(rates[0]);
    let verdicts = [
        ("resolve by omniORB's client, beside omniNames", rates[3] / rates[1], 1.0),
        ("resolve by ours, 64 in flight, beside omniNames", rates[7] / rates[1], 5.0),
        ("durable bind, 64 in flight, of what is asked", rates[6] / least_bind, 1.0),
    ];
    println!("ratios");
    for (what, ratio, asked) in verdicts {
        let word = if ratio >= asked { "reached" } else { "missed" };
        println!("  {what:<50} {ratio:>6.2}  (asked {asked:.1}: {word})");
    }
}

fn median(rates: &[f64]) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

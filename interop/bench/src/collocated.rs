//! Calls inside of one process: through a proxy, and as a plain function behind a lock.

use std::hint::black_box;
use std::sync::RwLock;
use std::time::{Duration, Instant};

use quorb::Orb;
use quorb_interop::table::{Columns, Table, TableProxy, TableServant};

use crate::drive::{EXPECTED, WARM_UP_PART};
use crate::measure::Stopwatch;
use crate::plan::{Flavour, Outcome, Plan};

/// Calls between two looks at the clock.
const BATCH: usize = 1000;

/// Measures `get` on a servant in this process; with `direct`, without a broker.
pub(crate) fn measure(direct: bool, plan: &Plan) -> Outcome<()> {
    let columns = Columns::holding(EXPECTED);
    if direct {
        let columns = RwLock::new(columns);
        let batch = || {
            let right = (0..BATCH).all(|_| {
                black_box(&columns).read().is_ok_and(|columns| columns.get(black_box(3), 4) == EXPECTED)
            });
            if right { Ok(()) } else { Err("a result is wrong: no figures".into()) }
        };
        return times(plan, batch);
    }
    let runtime = Flavour::CurrentThread.runtime()?;
    let orb = runtime.block_on(Orb::builder().listen("127.0.0.1:0").start())?;
    let table = orb.serve("table", TableServant::new(columns))?;
    times(plan, || runtime.block_on(calls(&table)))
}

async fn calls(table: &TableProxy) -> Outcome<()> {
    for _ in 0..BATCH {
        if table.get(3, 4).await? != EXPECTED {
            return Err("a result is wrong: no figures".into());
        }
    }
    Ok(())
}

fn times(plan: &Plan, batch: impl Fn() -> Outcome<()>) -> Outcome<()> {
    let warm_up_time = Duration::from_millis(plan.milliseconds) / WARM_UP_PART;
    let (started, mut warm_up) = (Instant::now(), 0);
    while warm_up == 0 || started.elapsed() < warm_up_time {
        batch()?;
        warm_up += 1;
    }
    let batches = plan.count.map_or(warm_up * WARM_UP_PART as usize, |count| count.div_ceil(BATCH));
    let watch = Stopwatch::start();
    for _ in 0..batches {
        batch()?;
    }
    watch.stop(batches * BATCH, (batches + warm_up) * BATCH, Vec::new());
    Ok(())
}

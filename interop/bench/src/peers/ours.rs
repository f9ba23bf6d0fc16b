//! Our own broker, over either protocol.

use std::time::{Duration, Instant};

use quorb::{Limits, Orb, Preference, Proxy, interface};
use quorb_interop::table::{Columns, Item, TableProxy, TableServant};

use crate::drive::{Caller, EXPECTED, WARM_UP_PART};
use crate::measure::Stopwatch;
use crate::plan::{Outcome, Plan, Protocol};

/// The table as a later version of its interface has it: servers of the earlier one understand it in CBOR alone.
#[interface(id = "IDL:Bench/Table:1.0")]
pub(crate) trait LaterTable {
    /// As before.
    fn get(&self, n: i16, m: i16) -> i32;
    /// As before.
    fn echo_octets(&self, value: Vec<u8>) -> Vec<u8>;
    /// As before.
    fn echo_longs(&self, value: Vec<i32>) -> Vec<i32>;
    /// As before.
    fn echo_items(&self, value: Vec<Item>) -> Vec<Item>;
    /// As before.
    #[oneway]
    #[update]
    fn note(&self, value: i32);
    /// As before.
    fn noted(&self) -> u64;
    /// What has been added.
    fn added(&self) -> bool;
}

pub(super) async fn serve(protocol: Protocol) -> Outcome<()> {
    let threads = match protocol {
        Protocol::NativeThreads | Protocol::IiopThreads => 64,
        _ => 0,
    };
    let limits = |limits: &mut Limits| limits.connection_threads_max = threads;
    let orb = Orb::builder().listen("127.0.0.1:0").limits(limits).start().await?;
    let table = orb.serve("table", TableServant::new(Columns::holding(EXPECTED)))?;
    println!("ready {}", table.object());
    orb.run_until_signal(Duration::from_secs(1)).await;
    Ok(())
}

fn preference(protocol: Protocol) -> Preference {
    match protocol {
        Protocol::Iiop | Protocol::IiopBlocking | Protocol::IiopThreads => Preference::IiopOnly,
        _ => Preference::NativeOnly,
    }
}

/// A broker of its own with a connection of its own.
pub(super) async fn connect(reference: &str, protocol: Protocol) -> Outcome<TableProxy> {
    Ok(Orb::builder().prefer(preference(protocol)).start().await?.bind(reference)?)
}

/// One `get` after the other by a thread without tokio.
pub(super) fn call_blocking(reference: &str, protocol: Protocol, plan: &Plan) -> Outcome<()> {
    let orb = Orb::builder().prefer(preference(protocol)).start_blocking()?;
    let table: TableProxy = orb.bind(reference)?;
    let table = table.blocking();
    let get = || -> Outcome<()> {
        match table.get(3, 4)? {
            EXPECTED => Ok(()),
            _ => Err("a result is wrong: no figures".into()),
        }
    };
    let warm_up_time = Duration::from_millis(plan.milliseconds) / WARM_UP_PART;
    let (started, mut warm_up) = (Instant::now(), 0);
    while warm_up == 0 || started.elapsed() < warm_up_time {
        get()?;
        warm_up += 1;
    }
    let calls = plan.count.unwrap_or(warm_up * WARM_UP_PART as usize);
    let mut latencies = Vec::with_capacity(calls);
    let watch = Stopwatch::start();
    for _ in 0..calls {
        let started = Instant::now();
        get()?;
        latencies.push(started.elapsed());
    }
    watch.stop(calls, calls + warm_up, latencies);
    Ok(())
}

/// A client that was built with the later interface.
pub(super) async fn connect_later(reference: &str) -> Outcome<LaterTableProxy> {
    Ok(Orb::builder().prefer(Preference::NativeOnly).start().await?.bind(reference)?)
}

macro_rules! caller {
    ($proxy:ty) => {
        impl Caller for $proxy {
            async fn get(&self, n: i16, m: i16) -> Outcome<i32> {
                Ok(<$proxy>::get(self, n, m).await?)
            }

            async fn octets(&self, value: Vec<u8>) -> Outcome<Vec<u8>> {
                Ok(self.echo_octets(value).await?)
            }

            async fn longs(&self, value: Vec<i32>) -> Outcome<Vec<i32>> {
                Ok(self.echo_longs(value).await?)
            }

            async fn items(&self, value: Vec<Item>) -> Outcome<Vec<Item>> {
                Ok(self.echo_items(value).await?)
            }

            async fn note(&self) -> Outcome<()> {
                Ok(<$proxy>::note(self, 1).await?)
            }

            async fn noted(&self) -> Outcome<u64> {
                Ok(<$proxy>::noted(self).await?)
            }
        }
    };
}

caller!(TableProxy);
caller!(LaterTableProxy);

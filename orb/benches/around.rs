//! What interceptors cost a call.
//!
//! `cargo bench -p quorb --bench around` prints processor time a call over TCP, both sides together, with nothing around
//! calls and with each of what is shipped, interleaved. Ratios of one run mean something; the figures depend on the machine.
//!
//! `... -- --count WHAT CALLS` makes so many calls over a connection in memory and ends, for counting instructions:
//! `valgrind --tool=callgrind --collect-atstart=yes target/release/deps/around-* --count metrics 20000`. With `--count-here`
//! the object is in the caller's own broker.

use std::sync::Arc;
use std::time::Duration;

use quorb::intercept::{
    AttributeVersions, ClientCall, ClientInterceptor, ClientNext, ClientReply, ConcurrencyLimit, Metrics,
    Recorder, RecorderLimits, ServerCall, ServerInterceptor, ServerNext, ShedLimits, Tracing,
};
use quorb::{MemoryNetwork, Orb, OrbBuilder, Preference, Proxy, Reply, SystemException, interface};

#[interface]
trait Grid {
    fn get(&self, n: i16, m: i16) -> i32;
}

struct Board;

impl Grid for Board {
    fn get(&self, n: i16, m: i16) -> i32 {
        i32::from(n) * 100 + i32::from(m)
    }
}

/// Does nothing.
struct Empty;

impl ClientInterceptor for Empty {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        next.run(call).await
    }
}

impl ServerInterceptor for Empty {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        next.run(call).await
    }
}

const CONFIGURATIONS: [&str; 8] =
    ["nothing", "empty", "metrics", "tracing", "tracing+metrics", "limit", "versions", "recorder"];

fn around(what: &str, builder: OrbBuilder) -> OrbBuilder {
    match what {
        "nothing" => builder,
        "empty" => builder.intercept_calls(Empty).intercept_service(Empty),
        "metrics" => {
            let metrics = Metrics::new();
            builder.intercept_calls(metrics.clone()).intercept_service(metrics)
        }
        // Without a subscriber: what the trace costs, not what writing it down costs.
        "tracing" => builder.intercept_calls(Tracing::new()).intercept_service(Tracing::new()),
        "tracing+metrics" => around("metrics", around("tracing", builder)),
        "limit" => builder.intercept_service(ConcurrencyLimit::new(ShedLimits::running(64))),
        "versions" => builder.intercept_service(AttributeVersions::default()),
        "recorder" => {
            let recorder = Recorder::start(std::io::sink(), RecorderLimits::default()).expect("a thread");
            builder.intercept_service(recorder)
        }
        other => panic!("{other} is none of {CONFIGURATIONS:?}"),
    }
}

/// A client and the grid that it calls; in memory, or over TCP.
async fn pair(what: &str, network: Option<&MemoryNetwork>) -> (Arc<[Orb; 2]>, GridProxy) {
    let common = |builder: OrbBuilder| match network {
        Some(network) => around(what, builder.memory(network)),
        None => around(what, builder),
    };
    let address = if network.is_some() { "memory:grid" } else { "127.0.0.1:0" };
    let server = common(Orb::builder().listen(address)).start().await.expect("it listens");
    let client = common(Orb::builder().prefer(Preference::NativeOnly)).start().await.expect("a runtime");
    let own = server.serve("grid", GridServant::new(Board)).expect("the id is free");
    let grid: GridProxy = client.bind(&own.object().to_string()).expect("a good reference");
    (Arc::new([server, client]), grid)
}

async fn calls(grid: &GridProxy, count: usize) {
    for _ in 0..count {
        assert_eq!(grid.get(2, 4).await.expect("it answers"), 204);
    }
}

/// Processor time that this process has taken.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    let nanos = stat.split(' ').next().and_then(|field| field.parse().ok()).expect("nanoseconds first");
    Duration::from_nanos(nanos)
}

const ROUNDS: usize = 30;
const CALLS: usize = 2000;

async fn compare() {
    let mut pairs = Vec::new();
    for what in CONFIGURATIONS {
        let (orbs, grid) = pair(what, None).await;
        calls(&grid, CALLS).await;
        pairs.push((what, orbs, grid, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (_, _, grid, taken) in &mut pairs {
            let before = cpu();
            calls(grid, CALLS).await;
            taken.push((cpu() - before).as_secs_f64() / CALLS as f64 * 1e9);
        }
    }
    println!("{:<16} {:>10} {:>8}", "around calls", "CPU ns", "ratio");
    let mut nothing = 0.0;
    for (what, _, _, mut taken) in pairs {
        taken.sort_by(f64::total_cmp);
        let median = taken[ROUNDS / 2];
        if what == "nothing" {
            nothing = median;
        }
        println!("{what:<16} {median:>10.0} {:>8.3}", median / nothing);
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments[..] {
        [] => runtime.block_on(compare()),
        [flag, what, count] if flag == "--count" => runtime.block_on(async {
            let network = MemoryNetwork::new();
            let (_orbs, grid) = pair(what, Some(&network)).await;
            calls(&grid, count.parse().expect("a number of calls")).await;
        }),
        [flag, what, count] if flag == "--count-here" => runtime.block_on(async {
            let orb = around(what, Orb::builder()).start().await.expect("a runtime");
            let grid = orb.serve("grid", GridServant::new(Board)).expect("the id is free");
            calls(&grid, count.parse().expect("a number of calls")).await;
        }),
        other => panic!("{other:?}: expected nothing, or --count WHAT CALLS"),
    }
}

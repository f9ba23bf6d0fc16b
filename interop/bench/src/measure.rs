//! What a client measures, and how it says it.

use std::time::{Duration, Instant};

use crate::plan::Outcome;

/// The measurement of one client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) calls: usize,
    /// With those of the warm-up.
    pub(crate) all_calls: usize,
    pub(crate) total: Duration,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Processor time of the client for the measured calls.
    pub(crate) client_cpu: Duration,
}

/// Times the measured calls: begin, run them, end.
pub(crate) struct Stopwatch {
    started: Instant,
    cpu: Duration,
}

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { started: Instant::now(), cpu: own_cpu() }
    }

    /// Prints the measurement as one line of JSON, as all clients do. `latencies` are those of single calls, if they were
    /// taken.
    pub(crate) fn stop(self, calls: usize, all_calls: usize, mut latencies: Vec<Duration>) {
        let total = self.started.elapsed();
        let cpu = own_cpu().saturating_sub(self.cpu);
        latencies.sort_unstable();
        let quantile = |hundredths: usize| {
            latencies.get(latencies.len() * hundredths / 100).copied().unwrap_or_default().as_nanos()
        };
        println!(
            "{{\"calls\":{calls},\"all_calls\":{all_calls},\"total_ns\":{},\"p50_ns\":{},\"p99_ns\":{},\
             \"cpu_user_ns\":{},\"cpu_sys_ns\":0}}",
            total.as_nanos(),
            quantile(50),
            quantile(99),
            cpu.as_nanos()
        );
    }
}

/// Reads what a client printed.
pub(crate) fn parse(line: &str) -> Outcome<Measured> {
    let json: serde_json::Value = serde_json::from_str(line)?;
    let number = |name: &str| json[name].as_u64().ok_or_else(|| format!("`{name}` is missing in {line}"));
    let time = |name: &str| number(name).map(Duration::from_nanos);
    Ok(Measured {
        calls: usize::try_from(number("calls")?)?,
        all_calls: usize::try_from(number("all_calls")?)?,
        total: time("total_ns")?,
        p50: time("p50_ns")?,
        p99: time("p99_ns")?,
        client_cpu: time("cpu_user_ns")? + time("cpu_sys_ns")?,
    })
}

/// The processor time of this process, by the scheduler's own accounts: exact, but without threads that have ended.
fn own_cpu() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_thread = |thread: std::fs::DirEntry| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    };
    threads.filter_map(of_thread).sum()
}

/// The processor time that a process has used, threads that have ended included. It is counted in ticks of 10 ms: a
/// measurement should take a second.
pub(crate) fn cpu_of(process: u32) -> Outcome<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program stands in parentheses and may contain anything; what counts comes behind it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok(TICK * u32::try_from(user + system)?),
        _ => Err(format!("/proc/{process}/stat has no processor time").into()),
    }
}

/// Linux counts in hundredths of a second on every machine that this runs on (`getconf CLK_TCK`).
const TICK: Duration = Duration::from_millis(10);

/// The resident memory of a process, in KiB.
pub(crate) fn memory_of(process: u32) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

//! What a client measures, and how it says it.

use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

/// The outcome of everything here: an error is a sentence for the person who benchmarks.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// What a client is to do.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Plan {
    /// The operation
    #[arg(long, value_enum)]
    pub(crate) work: Work,
    /// Measured calls
    #[arg(long)]
    pub(crate) count: usize,
    /// Calls in flight at the same time
    #[arg(long, default_value_t = 1)]
    pub(crate) in_flight: usize,
}

/// The operations that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// Two short arguments, one long result.
    Get,
    /// 64 KiB of octets there and back.
    Echo,
}

/// The octets of an echo.
pub(crate) const ECHO_BYTES: usize = 64 * 1024;

/// What `get` answers everywhere: the benchmark grids hold zeros.
pub(crate) const EXPECTED: i32 = 0;

/// The echoed octets.
pub(crate) fn payload() -> Vec<u8> {
    vec![0x5a; ECHO_BYTES]
}

/// Calls before the measured ones.
pub(crate) fn warm_up(plan: &Plan) -> usize {
    (plan.count / 20).clamp(1, 1000)
}

/// The measurement of one client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) calls: usize,
    pub(crate) total: Duration,
    /// Processor time of the client.
    pub(crate) client_cpu: Duration,
}

/// Times the measured calls: begin, run them, end.
pub(crate) struct Stopwatch {
    started: Instant,
    cpu: Duration,
}

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { started: Instant::now(), cpu: cpu_of("self").unwrap_or_default() }
    }

    /// Prints the measurement as one line of JSON, as all clients do.
    pub(crate) fn stop(self, calls: usize) {
        let total = self.started.elapsed();
        let cpu = cpu_of("self").unwrap_or_default().saturating_sub(self.cpu);
        println!(
            "{{\"calls\":{calls},\"total_ns\":{},\"cpu_user_ns\":{},\"cpu_sys_ns\":0}}",
            total.as_nanos(),
            cpu.as_nanos()
        );
    }
}

/// Reads what a client printed.
pub(crate) fn parse(line: &str) -> Outcome<Measured> {
    let json: serde_json::Value = serde_json::from_str(line)?;
    let number = |name: &str| json[name].as_u64().ok_or_else(|| format!("`{name}` is missing in {line}"));
    Ok(Measured {
        calls: usize::try_from(number("calls")?)?,
        total: Duration::from_nanos(number("total_ns")?),
        client_cpu: Duration::from_nanos(number("cpu_user_ns")? + number("cpu_sys_ns")?),
    })
}

/// The processor time that a process has used, threads that have ended included. It is counted in ticks of 10 ms: a
/// measurement should take a second.
pub(crate) fn cpu_of(process: impl std::fmt::Display) -> Outcome<Duration> {
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

//! The time and the processor time of a piece of work.

use std::time::{Duration, Instant};

use crate::Fault;
use crate::servers::Server;

/// What the kernel counts processor time in.
const TICK: Duration = Duration::from_millis(10);

/// A piece of work that has begun: by this process and servers.
pub(crate) struct Stopwatch {
    processes: Vec<u32>,
    begun: Instant,
    own: Duration,
    servers: Duration,
}

/// What a piece of work has cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// Processor time of this process and the servers'.
    pub(crate) own: Duration,
    pub(crate) servers: Duration,
}

impl Stopwatch {
    pub(crate) fn start(servers: &[Server]) -> Result<Stopwatch, Fault> {
        let processes: Vec<u32> = servers.iter().map(|server| server.process.id()).collect();
        let (own, servers) = (processor_time(std::process::id())?, processor_time_of(&processes)?);
        Ok(Stopwatch { processes, begun: Instant::now(), own, servers })
    }

    pub(crate) fn stop(self) -> Result<Cost, Fault> {
        let time = self.begun.elapsed();
        let own = processor_time(std::process::id())?.saturating_sub(self.own);
        let servers = processor_time_of(&self.processes)?.saturating_sub(self.servers);
        Ok(Cost { time, own, servers })
    }
}

impl Cost {
    /// Thousands a second.
    pub(crate) fn thousands(&self, events: usize) -> f64 {
        events as f64 / self.time.as_secs_f64() / 1_000.0
    }

    /// Microseconds of processor time of both sides for each event.
    pub(crate) fn micros(&self, events: usize) -> f64 {
        (self.own + self.servers).as_secs_f64() * 1e6 / events as f64
    }
}

/// The processor time that processes have used.
fn processor_time_of(processes: &[u32]) -> Result<Duration, Fault> {
    processes.iter().map(|&process| processor_time(process)).sum()
}

/// The processor time that a process has used: fields 14 and 15 of its `stat` (proc(5)).
fn processor_time(process: u32) -> Result<Duration, Fault> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    let ticks: Vec<u32> =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    match ticks[..] {
        [user, system] => Ok(TICK * (user + system)),
        _ => Err(Fault::Wrong(format!("no processor time of {process}"))),
    }
}

/// The memory that a process has, in MiB.
pub(crate) fn resident_mib(process: u32) -> Result<f64, Fault> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number =
        line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<f64>().ok());
    number.map(|kib| kib / 1024.0).ok_or_else(|| Fault::Wrong("no VmRSS".into()))
}

/// The middle one.
pub(crate) fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

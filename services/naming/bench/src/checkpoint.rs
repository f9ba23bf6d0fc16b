//! What checkpoints of many names cost a service that a group keeps: its callers wait while one is taken.

use std::time::{Duration, Instant};

use quorb::{Orb, Proxy};
use quorb_naming::cos::NamingContextProxy;

use crate::load::numbered;
use crate::million::resident_kib;
use crate::servers;
use crate::{Fault, Plan};

/// Callers at the same time.
const AT_ONCE: usize = 64;

pub(crate) fn measure(plan: Plan) -> Result<(), Fault> {
    let member = servers::alone()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (binding, mut times) = runtime.block_on(bind_all(&member.reference, plan.names))?;
    times.sort_unstable();
    let process = member.process.id();
    let mebibytes = |kib: f64| kib / 1024.0;
    println!("{} names bound in a group of one, {AT_ONCE} in flight", plan.names);
    println!("  a second                  {:>8.0}", plan.names as f64 / binding.as_secs_f64());
    println!("  a call in the middle      {:>8.1} ms", milliseconds(times[times.len() / 2]));
    println!("  the longest               {:>8.1} ms", milliseconds(times[times.len() - 1]));
    let slow = |bound: u64| times.iter().filter(|time| **time > Duration::from_millis(bound)).count();
    println!("  over 100 ms, over 1 s     {:>8} {:>6}", slow(100), slow(1000));
    println!("  memory                    {:>8.0} MiB", mebibytes(resident_kib(process, "VmRSS:")?));
    println!("  memory at most            {:>8.0} MiB", mebibytes(resident_kib(process, "VmHWM:")?));
    let octets = octets_of(member.folder.path())?;
    println!("  log                       {:>8.0} MiB", octets as f64 / f64::from(1 << 20));
    let begun = Instant::now();
    let again = member.again()?;
    println!("  start-up from the log     {:>8.2} s", begun.elapsed().as_secs_f64());
    let found = runtime.block_on(async {
        let orb = Orb::client().await?;
        let found = quorb_naming::Names::at(&orb, &again.reference)?.list("").await?.len();
        orb.shutdown(Duration::from_secs(1)).await;
        Ok::<_, Fault>(found)
    })?;
    match found == plan.names {
        true => Ok(()),
        false => Err(Fault::Wrong(format!("{found} names instead of {}", plan.names))),
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

async fn bind_all(reference: &str, names: usize) -> Result<(Duration, Vec<Duration>), Fault> {
    let orb = Orb::client().await?;
    let root: NamingContextProxy = orb.bind(reference)?;
    let begun = Instant::now();
    let callers: Vec<_> = { 0..AT_ONCE }
        .map(|caller| {
            let root = root.clone();
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(names / AT_ONCE + 1);
                for number in (caller..names).step_by(AT_ONCE) {
                    let start = Instant::now();
                    let bound = root.bind(&numbered(number), root.object()).await;
                    bound.map_err(|fault| Fault::Wrong(format!("bind {number}: {fault}")))?;
                    times.push(start.elapsed());
                }
                Ok::<_, Fault>(times)
            })
        })
        .collect();
    let mut times = Vec::with_capacity(names);
    for caller in callers {
        times.extend(caller.await.map_err(|cause| Fault::Wrong(cause.to_string()))??);
    }
    let took = begun.elapsed();
    orb.shutdown(Duration::from_secs(1)).await;
    Ok((took, times))
}

/// The octets of the files in a folder.
fn octets_of(folder: &std::path::Path) -> Result<u64, Fault> {
    let mut octets = 0;
    for entry in std::fs::read_dir(folder)? {
        octets += entry?.metadata()?.len();
    }
    Ok(octets)
}

//! The clients, and their own log of what was acknowledged.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use grid::GridProxy;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Clients at work.
pub(crate) struct Traffic {
    clients: Vec<JoinHandle<Result<Log, String>>>,
    acknowledged: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    changed: watch::Receiver<()>,
    seen: u64,
}

/// What was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The last value that was set in each cell, and acknowledged.
    pub(crate) last: BTreeMap<(i16, i16), i32>,
    pub(crate) acknowledged: u64,
    times: Vec<Duration>,
}

impl Traffic {
    /// Starts clients; each sets the cells of its own row, one after the other, and writes down what was acknowledged.
    pub(crate) fn start(grid: &GridProxy, clients: i16) -> Traffic {
        let (acknowledged, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (tell, changed) = watch::channel(());
        let tell = Arc::new(tell);
        let one = |row: i16| {
            let (grid, acknowledged, stop, tell) =
                (grid.clone(), acknowledged.clone(), stop.clone(), tell.clone());
            tokio::spawn(async move {
                let mut log = Log::default();
                for value in 1.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let column = (value % i32::from(crate::SIDE)) as i16;
                    let begun = Instant::now();
                    let set = grid.set(row, column, value).await;
                    set.map_err(|fault| format!("setting ({row},{column}) to {value}: {fault}"))?;
                    log.times.push(begun.elapsed());
                    log.last.insert((row, column), value);
                    log.acknowledged += 1;
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                    tell.send_replace(());
                }
                Ok(log)
            })
        };
        Traffic { clients: (0..clients).map(one).collect(), acknowledged, stop, changed, seen: 0 }
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits for so many more updates.
    pub(crate) async fn until(&mut self, more: u64) -> Result<(), Box<dyn Error>> {
        self.seen = self.acknowledged() + more;
        while self.acknowledged() < self.seen {
            if self.clients.iter().any(JoinHandle::is_finished) || self.changed.changed().await.is_err() {
                return Err(self.failure().await.into());
            }
        }
        Ok(())
    }

    /// Why a client has stopped.
    async fn failure(&mut self) -> String {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            match client.await {
                Ok(Ok(_)) => {}
                Ok(Err(cause)) => return cause,
                Err(cause) => return cause.to_string(),
            }
        }
        "a client has stopped".to_owned()
    }

    /// Stops the clients; gives what they have written down.
    pub(crate) async fn stop(self) -> Result<Log, Box<dyn Error>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Log::default();
        for client in self.clients {
            let log = client.await??;
            all.last.extend(log.last);
            all.acknowledged += log.acknowledged;
            all.times.extend(log.times);
        }
        all.times.sort_unstable();
        Ok(all)
    }
}

impl Log {
    pub(crate) fn longest(&self) -> Duration {
        self.times.last().copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }
}

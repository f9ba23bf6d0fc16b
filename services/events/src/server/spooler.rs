//! The thread of a durable channel: whatever waits is written with one sync.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use super::live::LiveChannel;
use crate::channel::Stored;
use crate::spool::Spool;
use crate::subject::Pattern;

/// The way to the thread that writes. While the disk works, the next blocks gather.
#[derive(Debug)]
pub(super) struct Spooler {
    work: mpsc::UnboundedSender<Work>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread is told. The core bounds how much of it there is: `unsynced_bytes_max`.
#[derive(Debug)]
pub(super) enum Work {
    Append(Vec<Arc<Stored>>),
    Stop,
}

impl Spooler {
    pub(super) fn new() -> (Spooler, mpsc::UnboundedReceiver<Work>) {
        let (work, receiver) = mpsc::unbounded_channel();
        (Spooler { work, thread: Mutex::new(None) }, receiver)
    }

    pub(super) fn spawn(
        &self,
        work: mpsc::UnboundedReceiver<Work>,
        spool: Arc<dyn Spool>,
        live: Weak<LiveChannel>,
    ) -> std::io::Result<()> {
        let thread = std::thread::Builder::new().name("quorb-spool".into());
        let thread = thread.spawn(move || write(work, &*spool, &live))?;
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }

    pub(super) fn hand(&self, work: Work) {
        // The thread ends last.
        let _ = self.work.send(work);
    }

    /// Has everything written that was handed over, and waits for the end.
    pub(super) async fn stop(&self) {
        self.hand(Work::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && !matches!(tokio::task::spawn_blocking(move || thread.join()).await, Ok(Ok(())))
        {
            tracing::error!("the thread of a spool has panicked");
        }
    }
}

fn write(mut work: mpsc::UnboundedReceiver<Work>, spool: &dyn Spool, live: &Weak<LiveChannel>) {
    let mut stopping = false;
    while !stopping {
        let Some(first) = work.blocking_recv() else { return };
        let mut blocks = Vec::new();
        let mut take = |work| match work {
            Work::Append(more) => blocks.extend(more),
            Work::Stop => stopping = true,
        };
        take(first);
        while let Ok(more) = work.try_recv() {
            take(more);
        }
        let Some(last) = blocks.last().map(|stored| stored.last()) else { continue };
        let appended = spool.append(&blocks);
        let Some(live) = live.upgrade() else { return };
        match appended {
            Ok(()) => live.drive(|core, now, effects| {
                core.spool_trimmed(spool.oldest());
                core.synced(last, now, effects);
            }),
            Err(cause) => {
                tracing::error!(channel = live.name(), %cause, events = blocks.len(), "events could not be written down");
                // What came meanwhile follows what is not there: it is refused with it.
                live.drive(|core, _, effects| {
                    while let Ok(more) = work.try_recv() {
                        stopping |= matches!(more, Work::Stop);
                    }
                    core.spool_failed(effects);
                });
            }
        }
    }
}

/// How many blocks' positions are looked at together when counting backwards.
const WINDOW_POSITIONS: u64 = 4_096;

/// The position of the last but so many events in front of `end` that match; the oldest one if there are fewer.
pub(super) fn nth_before(spool: &dyn Spool, end: u64, count: u64, pattern: &Pattern) -> u64 {
    let (mut until, mut left) = (end, count);
    let oldest = spool.oldest();
    while left > 0 && until > oldest {
        let begin = until.saturating_sub(WINDOW_POSITIONS).max(oldest);
        let mut positions = Vec::new();
        let mut from = begin;
        while from < until {
            let Ok(part) = spool.read(from, until, 1 << 20) else { return until };
            for stored in &part.blocks {
                let events = stored.block.events().enumerate();
                let matching =
                    events.filter(|(_, event)| pattern.matches(stored.block.subject(event.subject)));
                let places = matching.map(|(place, _)| stored.position(place));
                positions.extend(places.filter(|position| (begin..until).contains(position)));
            }
            if part.end <= from {
                break;
            }
            from = part.end;
        }
        match positions.len() as u64 {
            here if here >= left => return positions[(here - left) as usize],
            here => left -= here,
        }
        until = begin;
    }
    until
}

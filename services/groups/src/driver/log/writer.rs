//! The thread that writes: everything that waits goes out with one write and one sync.

use super::{frame, segment};
use crate::core::DurableId;
use bytes::Bytes;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use tokio::sync::mpsc::UnboundedSender;

/// Octets after which a new segment is begun.
const SEGMENT_BYTES: u64 = 16 << 20;
/// Octets written at once; more waits for the next sync.
const BATCH_BYTES: usize = 8 << 20;

/// What the thread tells the owner.
#[derive(Debug)]
pub(in crate::driver) enum Report {
    /// Everything up to this record is on stable storage.
    Synced(u64),
    /// Nothing can be written any more.
    Failed(io::ErrorKind),
}

enum Order {
    Append { number: u64, record: Bytes },
    Forget { before: u64 },
}

/// The end of the log that grows. Before it is started it only holds the directory.
#[derive(Debug)]
pub(in crate::driver) struct Writer {
    directory: PathBuf,
    /// Held as long as anything may be written.
    _lock: File,
    identity: DurableId,
    /// First records of all segments.
    segments: Vec<u64>,
    file: Option<File>,
    length: u64,
}

/// The owner's end. Dropped, it ends the thread when all that was ordered is written, and waits for that.
#[derive(Debug)]
pub(in crate::driver) struct LogHandle {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl LogHandle {
    /// Writes a record. What waits here is bounded by what the core lets go unacknowledged.
    pub(in crate::driver) fn append(&self, number: u64, record: Bytes) {
        self.order(Order::Append { number, record });
    }

    /// Deletes segments that hold nothing but records before this one.
    pub(in crate::driver) fn forget(&self, before: u64) {
        self.order(Order::Forget { before });
    }

    fn order(&self, order: Order) {
        // A thread that has ended has said why.
        let _ = self.orders.as_ref().map(|orders| orders.send(order));
    }
}

impl Drop for LogHandle {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!(?panic, "the log's thread has panicked");
        }
    }
}

impl Writer {
    pub(super) fn new(
        directory: PathBuf,
        lock: File,
        identity: DurableId,
        segments: Vec<u64>,
        tail: Option<(u64, File)>,
    ) -> Self {
        let file = tail.map(|(_, file)| file);
        let length = file.as_ref().and_then(|f| f.metadata().ok()).map_or(0, |m| m.len());
        Self { directory, _lock: lock, identity, segments, file, length }
    }

    /// Starts the thread.
    pub(in crate::driver) fn start(mut self, reports: UnboundedSender<Report>) -> io::Result<LogHandle> {
        let (orders, waiting) = mpsc::channel();
        let run = move || {
            if let Err(error) = self.run(&waiting, &reports) {
                tracing::error!(directory = %self.directory.display(), %error, "cannot write the log");
                // Without an owner nobody is left to know.
                let _ = reports.send(Report::Failed(error.kind()));
            }
        };
        let thread = thread::Builder::new().name("quorb-log".into()).spawn(run)?;
        Ok(LogHandle { orders: Some(orders), thread: Some(thread) })
    }

    fn run(&mut self, orders: &mpsc::Receiver<Order>, reports: &UnboundedSender<Report>) -> io::Result<()> {
        let mut batch = Vec::new();
        let mut next = orders.recv().ok();
        while let Some(first) = next.take() {
            let (mut last, mut forget) = (None, None);
            let mut more = Some(first);
            while let Some(order) = more.take() {
                match order {
                    Order::Append { number, record } => {
                        self.begin_segment(number, &mut batch)?;
                        if !frame::write(number, &record, &mut batch) {
                            return Err(io::ErrorKind::FileTooLarge.into());
                        }
                        last = Some(number);
                    }
                    Order::Forget { before } => forget = Some(before),
                }
                if batch.len() < BATCH_BYTES {
                    more = orders.try_recv().ok();
                }
            }
            self.write(&mut batch)?;
            if let Some(file) = self.file.as_ref().filter(|_| last.is_some()) {
                file.sync_data()?;
            }
            if let Some(number) = last {
                // Without an owner nobody waits for it.
                let _ = reports.send(Report::Synced(number));
            }
            if let Some(before) = forget {
                self.delete(before)?;
            }
            next = orders.recv().ok();
        }
        Ok(())
    }

    /// Begins the segment that this record is the first of, if it is time.
    fn begin_segment(&mut self, first: u64, batch: &mut Vec<u8>) -> io::Result<()> {
        let full = self.length + batch.len() as u64 >= SEGMENT_BYTES;
        if self.file.is_some() && self.length > 0 && !full {
            return Ok(());
        }
        self.write(batch)?;
        if let Some(file) = self.file.take() {
            file.sync_data()?;
        }
        // A process that died while it began this segment has left it empty.
        let path = segment::path(&self.directory, first);
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        file.set_len(0)?;
        File::open(&self.directory)?.sync_all()?;
        self.file = Some(file);
        self.length = 0;
        if self.segments.last() != Some(&first) {
            self.segments.push(first);
        }
        batch.extend_from_slice(&segment::head(self.identity, first));
        Ok(())
    }

    fn write(&mut self, batch: &mut Vec<u8>) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(batch)?;
            self.length += batch.len() as u64;
        }
        batch.clear();
        Ok(())
    }

    fn delete(&mut self, before: u64) -> io::Result<()> {
        while self.segments.get(1).is_some_and(|&second| second <= before) {
            fs::remove_file(segment::path(&self.directory, self.segments.remove(0)))?;
        }
        Ok(())
    }
}

//! The recorder: calls that pass by, written down.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::reading::header;
use super::{RecordedCall, RecordedEnding, RecordedValues, values};
use crate::adapter::{Reply, ReplyBody};
use crate::exception::SystemException;
use crate::intercept::metrics::Side;
use crate::intercept::{
    ClientCall, ClientInterceptor, ClientNext, ClientReply, ServerCall, ServerInterceptor, ServerNext,
};
use crate::model::{Interface, InterfaceDesc, OperationDesc};
use crate::value::Body;

/// Writes down the calls that pass by, on either side, as a [recording](super).
///
/// Calls are encoded where they end, and written by a thread of its own: a slow disk holds no call up. What the thread
/// cannot take in time, and what goes beyond the limits, is left out and [counted](RecorderReport). Clones record into the
/// same recording; [`finish`](Recorder::finish) ends it.
///
/// Arguments and results are in a recording as they were: it is as secret as they are.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use quorb::intercept::{Recorder, RecorderLimits, Recording};
/// let path = std::env::temp_dir().join("quorb-recorder-example.cbor");
/// let recorder = Recorder::start(std::fs::File::create(&path)?, RecorderLimits::default())?;
/// let builder = quorb::Orb::builder().intercept_service(recorder.clone());
/// // ... calls ...
/// println!("{:?}", recorder.finish()?);
/// for call in Recording::read(std::fs::File::open(&path)?).unwrap() {
///     println!("{}", call.unwrap());
/// }
/// # std::fs::remove_file(path) }
/// ```
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Desk>);

/// What a [`Recorder`] writes and keeps at most.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecorderLimits {
    /// Octets of the whole recording; further calls are left out.
    pub recording_bytes_max: u64,
    /// Octets of a body whose values are recorded; of a larger one only its size is.
    pub body_bytes_max: usize,
    /// Calls that wait to be written; further ones are left out.
    pub queue_max: usize,
}

impl Default for RecorderLimits {
    fn default() -> RecorderLimits {
        RecorderLimits { recording_bytes_max: 1 << 30, body_bytes_max: 64 << 10, queue_max: 1024 }
    }
}

/// What a [`Recorder`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RecorderReport {
    /// Calls that are in the recording, or on their way into it.
    pub recorded: u64,
    /// Calls that were left out because the recording is full.
    pub beyond_limit: u64,
    /// Calls that were left out because writing is too slow, or has failed.
    pub not_written: u64,
}

#[derive(Debug)]
struct Desk {
    limits: RecorderLimits,
    began: Instant,
    recorded: AtomicU64,
    beyond_limit: AtomicU64,
    not_written: AtomicU64,
    /// Octets that have been sent to the writer.
    bytes: AtomicU64,
    /// None once the recording has ended. The lock is held for a look.
    writer: Mutex<Option<Writer>>,
}

#[derive(Debug)]
struct Writer {
    items: SyncSender<Vec<u8>>,
    thread: JoinHandle<io::Result<()>>,
}

impl Recorder {
    /// Starts a recording into `out`, and writes what it is.
    ///
    /// # Errors
    /// Those of writing, and of starting a thread.
    pub fn start(mut out: impl Write + Send + 'static, limits: RecorderLimits) -> io::Result<Recorder> {
        let header = header();
        out.write_all(&header)?;
        let (sender, receiver) = sync_channel::<Vec<u8>>(limits.queue_max.max(1));
        let thread = std::thread::Builder::new().name("quorb-recorder".to_owned()).spawn(move || {
            let mut out = io::BufWriter::new(out);
            while let Ok(item) = receiver.recv() {
                out.write_all(&item)?;
            }
            out.flush()
        })?;
        Ok(Recorder(Arc::new(Desk {
            limits,
            began: Instant::now(),
            recorded: AtomicU64::new(0),
            beyond_limit: AtomicU64::new(0),
            not_written: AtomicU64::new(0),
            bytes: AtomicU64::new(header.len() as u64),
            writer: Mutex::new(Some(Writer { items: sender, thread })),
        })))
    }

    /// What it has done so far.
    pub fn report(&self) -> RecorderReport {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        RecorderReport {
            recorded: read(&self.0.recorded),
            beyond_limit: read(&self.0.beyond_limit),
            not_written: read(&self.0.not_written),
        }
    }

    /// Ends the recording and waits until it is written; later calls are not recorded. Blocks the thread: to be called
    /// outside of asynchronous tasks, or when the calls are over.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(&self) -> io::Result<RecorderReport> {
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Writer { items, thread }) = writer {
            drop(items);
            thread.join().map_err(|_| io::Error::other("the writer of the recording panicked"))??;
        }
        Ok(self.report())
    }

    fn write(&self, call: &RecordedCall) {
        let desk = &*self.0;
        let mut item = Vec::new();
        if ciborium::into_writer(call, &mut item).is_err() {
            desk.not_written.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let writer = desk.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writer) = &*writer else { return };
        // Under the lock nobody adds in between.
        let bytes = desk.bytes.load(Ordering::Relaxed) + item.len() as u64;
        let counter = if bytes > desk.limits.recording_bytes_max {
            &desk.beyond_limit
        } else {
            match writer.items.try_send(item) {
                Ok(()) => {
                    desk.bytes.store(bytes, Ordering::Relaxed);
                    &desk.recorded
                }
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => &desk.not_written,
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn begin(
        &self,
        side: Side,
        interface: Option<&'static Interface>,
        operation: &str,
        object_key: &[u8],
        arguments: impl FnOnce(Option<Described>, usize) -> RecordedValues,
    ) -> Taken {
        let described = interface.and_then(|interface| {
            let interface = interface.describe();
            Some((interface, interface.operation(operation)?))
        });
        let since = Instant::now();
        let call = RecordedCall {
            side,
            at_us: micros(since.saturating_duration_since(self.0.began)),
            took_us: 0,
            object_key: object_key.to_vec(),
            interface: interface.map_or("", |interface| interface.id()).to_owned(),
            operation: operation.to_owned(),
            arguments: arguments(described, self.0.limits.body_bytes_max),
            ending: RecordedEnding::Cancelled,
        };
        Taken { recorder: self.clone(), described, since, call }
    }
}

type Described = (&'static InterfaceDesc, &'static OperationDesc);

/// A call that is being recorded; written when it is dropped, at the end of the call or when its caller gives up.
struct Taken {
    recorder: Recorder,
    described: Option<Described>,
    since: Instant,
    call: RecordedCall,
}

impl Taken {
    fn results(&mut self, body: &Body) {
        let bytes_max = self.recorder.0.limits.body_bytes_max;
        self.call.ending = RecordedEnding::Results(values::results(self.described, body, bytes_max));
    }

    fn exception(&mut self, body: &Body) {
        let bytes_max = self.recorder.0.limits.body_bytes_max;
        let (id, members) = values::exception(self.described, body, bytes_max);
        self.call.ending = RecordedEnding::Exception { id, members };
    }

    fn system(&mut self, exception: &SystemException) {
        self.call.ending = RecordedEnding::System {
            kind: exception.kind().omg_name().to_owned(),
            minor: exception.minor().0,
            completed: exception.completed().to_string(),
        };
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.call.took_us = micros(self.since.elapsed());
        self.recorder.write(&self.call);
    }
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl ClientInterceptor for Recorder {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        let key = call.object_key();
        let encoded = call.arguments();
        let mut taken =
            self.begin(Side::Client, call.interface(), call.operation(), &key, |described, max| {
                match encoded {
                    Ok(octets) => values::arguments(described, &Body::Cbor(octets), max),
                    // The call will fail for the same reason.
                    Err(_) => RecordedValues::Octets(Vec::new()),
                }
            });
        let reply = next.run(call).await;
        match &reply {
            Ok(reply) => match reply.body() {
                None => taken.call.ending = RecordedEnding::HandedOver,
                Some(body) if reply.is_user_exception() => taken.exception(body),
                Some(body) => taken.results(body),
            },
            Err(exception) => taken.system(exception),
        }
        reply
    }
}

impl ServerInterceptor for Recorder {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        let body = call.arguments().cloned();
        let key = call.context().object_key();
        let mut taken =
            self.begin(Side::Server, Some(call.interface()), call.operation(), key, |described, max| {
                match &body {
                    Some(body) => values::arguments(described, body, max),
                    None => RecordedValues::Octets(Vec::new()),
                }
            });
        drop(body);
        let answer = call.reply_reader();
        let reply = next.run(call).await;
        match &reply.body {
            ReplyBody::Results(octets) => taken.results(&answer(octets)),
            ReplyBody::User(octets) => taken.exception(&answer(octets)),
            ReplyBody::System(exception) => taken.system(exception),
            ReplyBody::Forward { .. } => taken.call.ending = RecordedEnding::Forwarded,
        }
        reply
    }
}

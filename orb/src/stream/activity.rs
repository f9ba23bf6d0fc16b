//! A call that carries streams: its deadline moves while they do, and its arguments end with it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::passing::fetch;
use super::{Chunks, Handle, StreamError, lock};
use crate::object::Request;

/// The streams among the arguments of one call. Dropping it closes them.
#[derive(Debug)]
pub(crate) struct Activity {
    moved: Mutex<Instant>,
    /// Something of them has been read: another attempt could not send it again.
    touched: AtomicBool,
    exports: Mutex<Vec<Export>>,
    /// Arguments within the process, by the numbers under which they wait to be fetched.
    aside: Mutex<Vec<u64>>,
}

/// An argument that others read.
#[derive(Debug)]
struct Export {
    gate: Arc<Gate>,
    /// The source that serves it, if it has left the process.
    served: Option<super::source::Served>,
}

/// Lets a stream be read, until it closes.
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed: AtomicBool,
    closing: Notify,
}

impl Gate {
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.closing.notify_waiters();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Waits until it closes. Cancellation safe.
    pub(super) async fn closed(&self) {
        loop {
            let closing = self.closing.notified();
            if self.is_closed() {
                return;
            }
            closing.await;
        }
    }
}

impl Activity {
    pub(crate) fn new() -> Arc<Activity> {
        Arc::new(Activity {
            moved: Mutex::new(Instant::now()),
            touched: AtomicBool::new(false),
            exports: Mutex::default(),
            aside: Mutex::default(),
        })
    }

    /// A stream has moved.
    pub(super) fn moves(&self) {
        self.touched.store(true, Ordering::Release);
        *lock(&self.moved) = Instant::now();
    }

    /// Whether something has been read.
    pub(crate) fn is_touched(&self) -> bool {
        self.touched.load(Ordering::Acquire)
    }

    /// The stream as it is read within the process.
    pub(super) fn gated(self: &Arc<Self>, handle: Handle) -> Gated {
        let gate = Arc::<Gate>::default();
        lock(&self.exports).push(Export { gate: gate.clone(), served: None });
        Gated { handle, gate, activity: self.clone(), waiting: None }
    }

    /// The source of this stream, if an earlier attempt of the call has made one.
    pub(super) fn served(&self, handle: &Handle) -> Option<quorb_giop::ior::Ior> {
        let exports = lock(&self.exports);
        let mut served = exports.iter().filter_map(|export| export.served.as_ref());
        served.find(|served| served.is_of(handle)).map(super::source::Served::reference)
    }

    /// Notes a source.
    pub(super) fn serves(&self, gate: Arc<Gate>, served: super::source::Served) {
        lock(&self.exports).push(Export { gate, served: Some(served) });
    }

    /// Notes a stream that waits to be fetched.
    pub(super) fn sets_aside(&self, number: u64) {
        lock(&self.aside).push(number);
    }

    /// The call has ended: nobody reads its arguments any more.
    pub(crate) fn end(&self) {
        // What was refused before it was read is still there.
        let aside = std::mem::take(&mut *lock(&self.aside));
        aside.into_iter().for_each(|number| drop(fetch(number)));
        for export in lock(&self.exports).drain(..) {
            export.gate.close();
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends a call's streams when the call does, however it does.
pub(crate) struct EndsStreams<'a>(pub(crate) &'a Activity);

impl Drop for EndsStreams<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A stream that is read in the process that it comes from.
pub(super) struct Gated {
    handle: Handle,
    gate: Arc<Gate>,
    activity: Arc<Activity>,
    waiting: Option<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Chunks for Gated {
    fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        let gate = self.gate.clone();
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(async move { gate.closed().await }));
        if waiting.as_mut().poll(cx).is_ready() {
            self.waiting = None;
            return Poll::Ready(Some(Err(StreamError::GivenUp)));
        }
        let polled = match lock(&self.handle).as_mut() {
            Some(chunks) => chunks.poll_next(cx),
            None => Poll::Ready(Some(Err(StreamError::GivenUp))),
        };
        if polled.is_ready() {
            self.activity.moves();
        }
        polled
    }
}

/// Waits for a call until its deadline, which moves as long as its streams do. `Err` means that it has passed.
pub(crate) async fn within<T>(request: &Request<'_>, call: impl Future<Output = T>) -> Result<T, ()> {
    let mut deadline = request.deadline;
    let mut call = pin!(call);
    loop {
        let waiting = poll_fn(|cx| call.as_mut().poll(cx));
        match timeout_at(tokio::time::Instant::from_std(deadline), waiting).await {
            Ok(end) => return Ok(end),
            Err(_) => match &request.activity {
                Some(activity) => {
                    let later = *lock(&activity.moved) + request.time_limit;
                    if later <= deadline {
                        return Err(());
                    }
                    deadline = later;
                }
                None => return Err(()),
            },
        }
    }
}

//! Metrics: how many calls, how they end, how long they take.

mod exposition;
mod histogram;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use dashmap::DashMap;
use serde::{Deserialize, Serialize};

use self::histogram::Histogram;
pub use self::histogram::{DURATION_BOUNDS_SECONDS, HistogramSnapshot};
use super::method::plain_id;
use super::{
    CallEnding, ClientCall, ClientInterceptor, ClientNext, ClientReply, ServerCall, ServerInterceptor,
    ServerNext,
};
use crate::adapter::Reply;
use crate::exception::SystemException;
use crate::model::Interface;

/// Counts and times calls, on both sides, by method and ending.
///
/// Register clones of the same value on both sides; each clone shows the whole. Names and units follow the semantic
/// conventions of OpenTelemetry for RPC as of version 1.39: the histograms `rpc.client.call.duration` and
/// `rpc.server.call.duration`, in seconds, with `rpc.system.name`, `rpc.method`, `rpc.response.status_code` and
/// `error.type`. [`snapshot`](Metrics::snapshot) gives them to an exporter; [`prometheus`](Metrics::prometheus) is the text
/// that Prometheus scrapes, with gauges of the calls in flight and counters of attempts and octets beside.
///
/// Labels come from declared interfaces, never from what a peer sends: an operation that no interface declares counts as
/// `_OTHER`, and so does everything beyond `methods_max` methods a side.
///
/// ```
/// use quorb::intercept::Metrics;
/// let metrics = Metrics::new();
/// let builder = quorb::Orb::builder().intercept_calls(metrics.clone()).intercept_service(metrics.clone());
/// assert!(metrics.prometheus().contains("# TYPE rpc_server_call_duration_seconds histogram"));
/// ```
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Registry>);

#[derive(Debug)]
struct Registry {
    methods_max: usize,
    client: DashMap<Method, Arc<MethodMetrics>>,
    server: DashMap<Method, Arc<MethodMetrics>>,
}

/// A method that an interface declares, by repository id and name; the empty id stands for all others.
type Method = (&'static str, &'static str);

const OTHER: Method = ("", "_OTHER");

/// What is kept of one method, on one side.
#[derive(Debug, Default)]
struct MethodMetrics {
    in_flight: AtomicI64,
    attempts: AtomicU64,
    request_bytes: AtomicU64,
    reply_bytes: AtomicU64,
    /// By ending: a handful. The lock is held for a look and an addition.
    endings: Mutex<Vec<(CallEnding, Histogram)>>,
}

/// Which end of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The broker made them.
    Client,
    /// The broker served them.
    Server,
}

/// The calls of one method that ended in one way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallSeries {
    /// Which end: it decides the name of the instrument.
    pub side: Side,
    /// The value of `rpc.method`: `module/Interface/operation`, or `_OTHER`.
    pub method: String,
    /// How they ended.
    pub ending: CallEnding,
    /// How long they took, in seconds.
    pub duration: HistogramSnapshot,
}

/// What is counted of one method besides its endings.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MethodTotals {
    /// Which end.
    pub side: Side,
    /// As in [`CallSeries`].
    pub method: String,
    /// Calls that have begun and not ended.
    pub in_flight: i64,
    /// Attempts of calls, on the client's side.
    pub attempts: u64,
    /// Octets of encoded arguments; of the last attempt, on the client's side.
    pub request_bytes: u64,
    /// Octets of encoded results and declared exceptions.
    pub reply_bytes: u64,
}

/// Methods that are told apart, on each side, unless something else is said.
pub const METHODS_MAX: usize = 2000;

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Side {
    /// The name of the histogram of durations.
    pub fn instrument(self) -> &'static str {
        match self {
            Side::Client => "rpc.client.call.duration",
            Side::Server => "rpc.server.call.duration",
        }
    }
}

impl Metrics {
    /// Nothing has been counted yet; up to [`METHODS_MAX`] methods are told apart on each side.
    pub fn new() -> Metrics {
        Metrics::with_methods_max(METHODS_MAX)
    }

    /// Up to `methods_max` methods are told apart on each side.
    pub fn with_methods_max(methods_max: usize) -> Metrics {
        Metrics(Arc::new(Registry { methods_max, client: DashMap::new(), server: DashMap::new() }))
    }

    /// The durations of all calls that have ended, sorted by side and method.
    pub fn snapshot(&self) -> Vec<CallSeries> {
        let mut all = Vec::new();
        self.each(|side, method, metrics| {
            let endings = metrics.endings.lock().unwrap_or_else(PoisonError::into_inner);
            for (ending, histogram) in &*endings {
                let (method, duration) = (method.to_owned(), histogram.snapshot());
                all.push(CallSeries { side, method, ending: *ending, duration });
            }
        });
        all.sort_by(|one, other| {
            let key = |series: &CallSeries| (series.side, series.method.clone(), series.ending.status_code());
            key(one).cmp(&key(other))
        });
        all
    }

    /// The rest of what is counted, sorted by side and method.
    pub fn totals(&self) -> Vec<MethodTotals> {
        let mut all = Vec::new();
        self.each(|side, method, metrics| {
            all.push(MethodTotals {
                side,
                method: method.to_owned(),
                in_flight: metrics.in_flight.load(Ordering::Relaxed),
                attempts: metrics.attempts.load(Ordering::Relaxed),
                request_bytes: metrics.request_bytes.load(Ordering::Relaxed),
                reply_bytes: metrics.reply_bytes.load(Ordering::Relaxed),
            });
        });
        all.sort_by(|one, other| (one.side, &one.method).cmp(&(other.side, &other.method)));
        all
    }

    /// Everything in the text format of Prometheus (version 0.0.4), to be served as `text/plain; version=0.0.4`.
    pub fn prometheus(&self) -> String {
        exposition::text(&self.snapshot(), &self.totals())
    }

    /// As [`prometheus`](Metrics::prometheus), with gauges of what is open in a broker.
    pub fn prometheus_of(&self, orb: &crate::Orb) -> String {
        let mut text = self.prometheus();
        exposition::broker(orb, &mut text);
        text
    }

    fn each(&self, mut look: impl FnMut(Side, &str, &MethodMetrics)) {
        for (side, family) in [(Side::Client, &self.0.client), (Side::Server, &self.0.server)] {
            for entry in family {
                let (interface, operation) = *entry.key();
                let method = match interface {
                    "" => operation.to_owned(),
                    id => format!("{}/{operation}", plain_id(id)),
                };
                look(side, &method, entry.value());
            }
        }
    }

    /// The metrics of a method; those of all others if it is not declared, or there are too many.
    fn method(
        &self,
        side: Side,
        interface: Option<&'static Interface>,
        operation: &str,
    ) -> Arc<MethodMetrics> {
        let family = match side {
            Side::Client => &self.0.client,
            Side::Server => &self.0.server,
        };
        let declared =
            interface.and_then(|interface| Some((interface.id(), interface.operation(operation)?.name)));
        let method = declared.unwrap_or(OTHER);
        if let Some(known) = family.get(&method) {
            return known.clone();
        }
        // Several callers may find room at the same time, and exceed the limit by their number.
        let method = if family.len() < self.0.methods_max { method } else { OTHER };
        family.entry(method).or_default().clone()
    }
}

/// A call that is being timed. Dropping it before its end counts it as cancelled.
struct Timed {
    metrics: Arc<MethodMetrics>,
    since: Instant,
    ending: CallEnding,
}

impl Timed {
    fn begin(metrics: Arc<MethodMetrics>) -> Timed {
        metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        Timed { metrics, since: Instant::now(), ending: CallEnding::Cancelled }
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
        let took = self.since.elapsed();
        let mut endings = self.metrics.endings.lock().unwrap_or_else(PoisonError::into_inner);
        match endings.iter_mut().find(|(ending, _)| *ending == self.ending) {
            Some((_, histogram)) => histogram.add(took),
            None => {
                let mut histogram = Histogram::default();
                histogram.add(took);
                endings.push((self.ending, histogram));
            }
        }
    }
}

impl ClientInterceptor for Metrics {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        let mut timed = Timed::begin(self.method(Side::Client, call.interface(), call.operation()));
        let reply = next.run(call).await;
        timed.ending = CallEnding::of_call(&reply);
        let metrics = &timed.metrics;
        metrics.attempts.fetch_add(u64::from(call.attempts_made()), Ordering::Relaxed);
        metrics.request_bytes.fetch_add(call.request_bytes() as u64, Ordering::Relaxed);
        if let Ok(reply) = &reply {
            metrics.reply_bytes.fetch_add(reply.body_bytes() as u64, Ordering::Relaxed);
        }
        reply
    }
}

impl ServerInterceptor for Metrics {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        let mut timed = Timed::begin(self.method(Side::Server, Some(call.interface()), call.operation()));
        let reply = next.run(call).await;
        timed.ending = CallEnding::of_service(&reply);
        timed.metrics.request_bytes.fetch_add(call.request_bytes() as u64, Ordering::Relaxed);
        timed.metrics.reply_bytes.fetch_add(reply.body_bytes() as u64, Ordering::Relaxed);
        reply
    }
}

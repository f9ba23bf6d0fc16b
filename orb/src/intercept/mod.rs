//! Interceptors: code around every call of a broker, at the side that calls and at the side that serves.
//!
//! An interceptor is one `async fn`: it gets the call and what comes next, does its part before and after, and may answer
//! without going on. [`ClientInterceptor`] stands around the whole logical call, whatever number of attempts it takes;
//! [`ServerInterceptor`] stands around the dispatch to a servant. They are registered with
//! [`OrbBuilder::intercept_calls`](crate::OrbBuilder::intercept_calls) and
//! [`OrbBuilder::intercept_service`](crate::OrbBuilder::intercept_service), and run in the order of registration, the first
//! outermost.
//!
//! Architecture invariant: a broker without interceptors pays one comparison a call for them; `tests/intercept` counts the
//! allocations.

mod attempt;
mod attributes;
mod client;
mod ending;
mod faults;
mod limit;
mod method;
pub mod metrics;
pub mod record;
mod reply;
mod server;
mod trace;
mod traceparent;

pub(crate) use attempt::Passage;
pub use attempt::{AttemptOutcome, AttemptReport};
pub use attributes::{
    ATTRIBUTE_VERSION_CONTEXT, AttributeCache, AttributeCacheCounts, AttributeCacheLimits, AttributeVersion,
    AttributeVersions,
};
pub(crate) use client::ClientChain;
pub use client::{ClientCall, ClientInterceptor, ClientNext};
pub use ending::CallEnding;
pub use faults::{FaultInjector, Mishap, MishapReport, MishapRule};
pub use limit::{ConcurrencyLimit, LimitCounts, ShedLimits};
pub use method::{MethodName, method_of};
pub use metrics::Metrics;
pub use record::{
    Difference, Player, PlayerReport, RecordedCall, RecordedEnding, RecordedValues, Recorder, RecorderLimits,
    RecorderReport, Recording, RecordingError,
};
pub use reply::ClientReply;
pub(crate) use server::ServerChain;
pub use server::{ServerCall, ServerInterceptor, ServerNext};
pub use trace::Tracing;
pub use traceparent::TRACE_STATE_BYTES_MAX;

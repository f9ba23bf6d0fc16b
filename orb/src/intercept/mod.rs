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
mod client;
mod reply;
mod server;

pub use attempt::{AttemptOutcome, AttemptReport};
pub(crate) use attempt::{Passage, Tried};
pub(crate) use client::ClientChain;
pub use client::{ClientCall, ClientInterceptor, ClientNext};
pub use reply::ClientReply;
pub(crate) use server::ServerChain;
pub use server::{ServerCall, ServerInterceptor, ServerNext};

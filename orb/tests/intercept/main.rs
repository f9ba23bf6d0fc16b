//! Interceptors: where they stand, what they see, what they may do, and what they cost.

mod allocations;
mod around;
mod attributes;
mod contexts;
mod desk;
mod faults;
mod metrics;
mod overload;
mod recorder;
mod refusing;
mod tracing_spans;

//! Interceptors: where they stand, what they see, what they may do, and what they cost.

mod allocations;
mod around;
mod contexts;
mod desk;
mod refusing;

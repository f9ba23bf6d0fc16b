//! TEMP
#![allow(missing_docs)]
use super::head::{Completion, Delivery};
use crate::exception::ExceptionKind;
use std::time::Duration;
#[derive(Debug, Clone, Default)]
pub struct Limits {
    pub retry_attempts_max: u32,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Query,
    Idempotent,
    Update,
    Oneway,
}
#[derive(Debug, Clone)]
pub struct Failure {
    completion: Completion,
    retryable: bool,
}
impl Failure {
    pub fn not_reached() -> Failure {
        Failure { completion: Completion::No, retryable: true }
    }
    pub fn lost(d: Delivery, _known: bool) -> Failure {
        Failure {
            completion: if d == Delivery::Sent { Completion::Maybe } else { Completion::No },
            retryable: true,
        }
    }
    pub fn raised(kind: ExceptionKind, completion: Completion, _known: bool) -> Failure {
        Failure {
            completion,
            retryable: matches!(kind, ExceptionKind::Transient | ExceptionKind::CommFailure),
        }
    }
}
#[derive(Debug)]
pub enum Decision {
    Retry { after: Duration },
    Fail,
}
pub fn decide(l: &Limits, b: Behaviour, f: &Failure, attempts: u32, left: Duration, _r: u64) -> Decision {
    let safe = f.completion == Completion::No || matches!(b, Behaviour::Query | Behaviour::Idempotent);
    let after = Duration::from_millis(20 << attempts);
    if f.retryable && safe && attempts < l.retry_attempts_max && after < left {
        Decision::Retry { after }
    } else {
        Decision::Fail
    }
}

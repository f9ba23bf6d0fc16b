//! What must hold, one invariant a file, named by its code: M membership, V view synchrony, O order, T state transfer,
//! C what clients see. The codes are those of the checklist the engine was built to (book chapters 13 to 16).

mod c4;
mod c5;
mod m1;
mod m2;
mod m3;
mod m4;
mod m5;
mod m6;
mod m7;
mod m9;
mod o1;
mod o2;
mod o3;
mod o4;
mod o6;
mod t1;
mod v1;
mod v2;
mod v3;
mod v4;
mod v6;

use super::Violation;
use super::trace::{Epoch, Trace};
use crate::core::{DomainId, GroupId, ViewNumber};
use std::collections::BTreeMap;

/// What each member made of each view of each group.
pub(crate) type Epochs = BTreeMap<(DomainId, GroupId, ViewNumber), Vec<Epoch>>;

/// The first invariant that does not hold.
#[must_use]
pub fn check(trace: &Trace) -> Option<Violation> {
    let epochs = trace.epochs();
    let found = |code, result: Result<(), String>| result.err().map(|detail| Violation { code, detail });
    found("M1", m1::check(trace))
        .or_else(|| found("M2", m2::check(trace)))
        .or_else(|| found("M3", m3::check(trace)))
        .or_else(|| found("M4", m4::check(trace)))
        .or_else(|| found("M5", m5::check(trace)))
        .or_else(|| found("M6", m6::check(trace)))
        .or_else(|| found("M7", m7::check(trace)))
        .or_else(|| found("V3", v3::check(trace)))
        .or_else(|| found("O1", o1::check(trace, &epochs)))
        .or_else(|| found("O2", o2::check(trace, &epochs)))
        .or_else(|| found("V1", v1::check(&epochs)))
        .or_else(|| found("V2", v2::check(trace)))
        .or_else(|| found("V4", v4::check(trace, &epochs)))
        .or_else(|| found("V6", v6::check(&epochs)))
        .or_else(|| found("O3", o3::check(&epochs)))
        .or_else(|| found("O4", o4::check(&epochs)))
        .or_else(|| found("O6", o6::check(trace)))
        .or_else(|| found("T1", t1::check(trace)))
        .or_else(|| found("C4", c4::check(trace)))
        .or_else(|| found("M9", m9::check(trace)))
        .or_else(|| found("C5", c5::check(trace)))
}

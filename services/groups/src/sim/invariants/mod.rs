//! What must hold, one invariant a file, named by its code: M membership, V view synchrony, O order, T state transfer,
//! C what clients see. The codes are those of the checklist the engine was built to (book chapters 13 to 16).

mod c4;
mod c5;
mod m1;
mod m12;
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
mod o7;
mod t1;
mod t7;
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

/// One invariant, over the run that it was given.
type Check<'a> = &'a dyn Fn() -> Result<(), String>;

/// What came of all checks.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The first invariant that does not hold.
    pub violation: Option<Violation>,
    /// How many of the excused ones do not hold.
    pub excused: u64,
}

/// Looks at a run. What rests on an assumption that the scenario did not keep is excused, and counted.
#[must_use]
pub fn check(trace: &Trace, excused: &[&str]) -> Verdict {
    let epochs = trace.epochs();
    let checks: [(&'static str, Check<'_>); 24] = [
        ("M1", &|| m1::check(trace)),
        ("M2", &|| m2::check(trace)),
        ("M3", &|| m3::check(trace)),
        ("M4", &|| m4::check(trace)),
        ("M5", &|| m5::check(trace)),
        ("M6", &|| m6::check(trace)),
        ("M7", &|| m7::check(trace)),
        ("M12", &|| m12::check(trace)),
        ("V3", &|| v3::check(trace)),
        ("O1", &|| o1::check(trace, &epochs)),
        ("O2", &|| o2::check(trace, &epochs)),
        ("V1", &|| v1::check(&epochs)),
        ("V2", &|| v2::check(trace)),
        ("V4", &|| v4::check(trace, &epochs)),
        ("V6", &|| v6::check(&epochs)),
        ("O3", &|| o3::check(&epochs)),
        ("O4", &|| o4::check(&epochs)),
        ("O6", &|| o6::check(trace)),
        ("O7", &|| o7::check(trace)),
        ("T1", &|| t1::check(trace)),
        ("T7", &|| t7::check(trace)),
        ("C4", &|| c4::check(trace)),
        ("M9", &|| m9::check(trace)),
        ("C5", &|| c5::check(trace)),
    ];
    let mut verdict = Verdict::default();
    for (code, check) in checks {
        let Err(detail) = check() else { continue };
        if excused.contains(&code) {
            verdict.excused += 1;
        } else {
            verdict.violation = Some(Violation { code, detail });
            break;
        }
    }
    verdict
}

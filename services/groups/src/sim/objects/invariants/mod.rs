//! What must hold of a replicated object, one invariant a file, named by its code as those of the engine are: C what clients
//! see, K who executes, A timers, L that replicas agree, T what joiners get, D divergence.

mod a1;
mod c1;
mod c4;
mod c5;
mod d1;
mod k1;
mod k2;
mod k3;
mod l3;
mod t4;

use super::record::Record;
use crate::sim::Violation;

/// An invariant's code, and its check.
type Check = (&'static str, fn(&Record) -> Result<(), String>);

/// The first invariant that does not hold.
pub(super) fn check(record: &Record) -> Option<Violation> {
    let checks: [Check; 10] = [
        ("K1", k1::check),
        ("K2", k2::check),
        ("D1", d1::check),
        ("A1", a1::check),
        ("T4", t4::check),
        ("C5", c5::check),
        ("C1", c1::check),
        ("C4", c4::check),
        ("L3", l3::check),
        ("K3", k3::check),
    ];
    let found = |(code, check): &Check| check(record).err().map(|detail| Violation { code, detail });
    checks.iter().find_map(found)
}

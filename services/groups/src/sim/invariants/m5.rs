//! M5, no caprice: whoever is dropped from a view had failed, asked to leave, or was touched by a fault; of two that do not hear
//! each other one is. Where new incarnations begin
//! again from their logs, nobody of the old view goes on: it was too little to decide anything.

use super::m3::{begins_again, views};
use crate::sim::trace::{End, Trace};

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let views = views(trace);
    for ((domain, number), view) in &views {
        let Some(next) = views.get(&(*domain, number.next())) else { continue };
        if begins_again(view, next) {
            continue;
        }
        let reason =
            |p| trace.log(p).is_none_or(|log| log.disturbed || log.leaving || log.end == End::Crashed);
        // Where two do not hear each other, that is a reason to drop one of them.
        let estranged = |p| {
            let mut pairs = trace.estranged.iter().filter(|&&(one, other)| one == p || other == p);
            pairs.any(|&(one, other)| {
                [one, other].into_iter().any(|q| q != p && (next.contains(q) || reason(q)))
            })
        };
        let dropped = view.members.iter().map(|m| m.process).filter(|&p| !next.contains(p));
        if let Some(process) = dropped.filter(|&p| !reason(p)).find(|&p| !estranged(p)) {
            return Err(format!("{process} was dropped from {:?} for nothing", next.number));
        }
    }
    Ok(())
}

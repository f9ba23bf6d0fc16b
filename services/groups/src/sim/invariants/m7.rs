//! M7, rank: survivors keep their order, joiners come after them.

use super::m3::{begins_again, views};
use crate::sim::trace::Trace;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let views = views(trace);
    for ((domain, number), view) in &views {
        let Some(next) = views.get(&(*domain, number.next())) else { continue };
        if begins_again(view, next) {
            continue;
        }
        let survivors = view.members.iter().filter(|m| next.contains(m.process));
        let kept = next.members.iter().take(survivors.clone().count());
        if !survivors.eq(kept) {
            return Err(format!("ranks changed from {number:?} to {:?}", next.number));
        }
    }
    Ok(())
}

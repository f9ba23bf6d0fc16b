//! C5, nothing acknowledged is lost: at the end every complete member's state contains each acknowledged update of its
//! domain, at the place at which it was acknowledged.

use crate::sim::trace::{End, Trace};

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let acknowledged =
        trace.acts.iter().filter(|a| trace.rested && !a.query && a.shown > 0 && a.domain == trace.domain);
    for act in acknowledged {
        for log in trace.logs.iter().filter(|l| l.end == End::Alive && l.complete.contains(&act.group)) {
            let Some(state) = log.state.get(&act.group) else { continue };
            if state.get(act.position - 1).copied() != act.message {
                let (process, message) = (log.process, act.message);
                return Err(format!("{process} lacks acknowledged {message:?} at {}", act.position));
            }
        }
    }
    Ok(())
}

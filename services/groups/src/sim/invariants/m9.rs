//! M9, authority: a process that a view has excluded answers no query after that view, or a later one, has shown
//! anything. (That an update has been made it may say at any time: every member of its view has it.)

use super::m3::views;
use crate::sim::trace::Trace;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let views = views(trace);
    let mut acts: Vec<_> = trace.acts.iter().filter(|a| a.shown > 0).collect();
    acts.sort_by_key(|a| a.shown);
    let mut latest: Option<&crate::sim::trace::Act> = None;
    for act in acts {
        if let Some(before) =
            latest.filter(|b| act.query && b.domain == act.domain && b.view > act.view && b.shown < act.shown)
        {
            let excluded = views.get(&(before.domain, before.view)).is_some_and(|v| !v.contains(act.process));
            if excluded {
                let (late, early) = (act.shown, before.shown);
                return Err(format!(
                    "{} acted at {late}, {:?} without it at {early}",
                    act.process, before.view
                ));
            }
        }
        if latest.is_none_or(|b| b.domain != act.domain || b.view < act.view) {
            latest = Some(act);
        }
    }
    Ok(())
}

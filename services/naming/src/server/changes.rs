//! The last changes, for those who watch.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::cos::{ChangeKind, ChangeRecord, Changes, Step};
use crate::tree::{Change, ContextId, Sort, Target};

/// A bounded number of changes that are on the disk, each with its number.
///
/// Numbers begin with the time of the service's start in microseconds, so that those of an earlier life are smaller than all
/// of a later one. The members of a group number alike.
#[derive(Debug)]
pub(super) struct ChangeLog {
    /// The lock is held for a look or an insertion.
    kept: Mutex<Kept>,
    /// The number of the last change.
    last: watch::Sender<u64>,
    kept_max: usize,
}

#[derive(Debug)]
struct Kept {
    /// The number in front of the first change that is kept.
    before: u64,
    changes: VecDeque<ChangeRecord>,
}

impl ChangeLog {
    pub(super) fn new(kept_max: usize) -> ChangeLog {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let before = u64::try_from(start.as_micros()).unwrap_or(u64::MAX / 2);
        let kept = Kept { before, changes: VecDeque::new() };
        ChangeLog { kept: Mutex::new(kept), last: watch::Sender::new(before), kept_max }
    }

    /// The number of the last change.
    pub(super) fn last(&self) -> u64 {
        *self.last.borrow()
    }

    pub(super) fn append(&self, changes: &[Change]) {
        let records = changes.iter().filter_map(record);
        let mut kept = self.kept();
        kept.changes.extend(records);
        let surplus = kept.changes.len().saturating_sub(self.kept_max);
        kept.changes.drain(..surplus);
        kept.before += surplus as u64;
        let last = kept.before + kept.changes.len() as u64;
        drop(kept);
        self.last.send_if_modified(|number| std::mem::replace(number, last) != last);
    }

    /// The last change was this one, and none is kept.
    pub(super) fn begin_anew(&self, last: u64) {
        let mut kept = self.kept();
        (kept.before, kept.changes) = (last, VecDeque::new());
        drop(kept);
        self.last.send_replace(last);
    }

    /// The changes behind a number in some contexts, all if there are none, and at most so many.
    pub(super) fn since(&self, since: u64, contexts: &[u64], changes_max: usize) -> Changes {
        let kept = self.kept();
        let last = kept.before + kept.changes.len() as u64;
        if since < kept.before || since > last {
            return Changes { next: last, missed: since != 0, changes: Vec::new() };
        }
        let mut answer = Changes { next: since, missed: false, changes: Vec::new() };
        let skipped = usize::try_from(since - kept.before).unwrap_or(usize::MAX);
        for change in kept.changes.iter().skip(skipped) {
            if answer.changes.len() == changes_max {
                break;
            }
            answer.next += 1;
            if contexts.is_empty() || contexts.contains(&change.step.context) {
                answer.changes.push(change.clone());
            }
        }
        answer
    }

    /// Wakes at every change behind the last one that was seen.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record(change: &Change) -> Option<ChangeRecord> {
    let Change::Binding { context, label, after, expired, .. } = change else { return None };
    let target = after.as_ref().map(|binding| &binding.target);
    let kind = match target.map(Target::sort) {
        Some(Sort::Object) => ChangeKind::BoundObject,
        Some(Sort::Context) => ChangeKind::BoundContext,
        None if *expired => ChangeKind::Expired,
        None => ChangeKind::Unbound,
    };
    let number = match target {
        Some(Target::Context(ContextId(number))) => *number,
        _ => 0,
    };
    let step = Step { context: context.0, name: label.component() };
    Some(ChangeRecord { step, kind, context: number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cos::NameComponent;
    use crate::tree::{Binding, Label};

    fn change(context: u64, id: &str) -> Change {
        let label = Label::of(&NameComponent { id: id.into(), kind: String::new() }).unwrap();
        let after = Some(Binding { target: Target::Context(ContextId(9)), lease: None });
        Change::Binding { context: ContextId(context), label, before: None, after, expired: false }
    }

    #[test]
    fn a_watcher_gets_each_change_once_or_is_told_that_some_are_gone() {
        let log = ChangeLog::new(4);
        let start = log.since(0, &[], 10);
        assert!(!start.missed && start.changes.is_empty() && start.next == log.last());
        log.append(&[change(1, "a"), change(2, "b"), change(1, "c")]);
        let names = |answer: &Changes| {
            answer.changes.iter().map(|change| change.step.name.id.clone()).collect::<String>()
        };
        let first = log.since(start.next, &[], 2);
        assert_eq!((names(&first).as_str(), first.missed), ("ab", false));
        let rest = log.since(first.next, &[], 2);
        assert_eq!(names(&rest), "c");
        assert_eq!(names(&log.since(start.next, &[1], 10)), "ac");
        assert_eq!(
            log.since(start.next, &[7], 10).next,
            log.last(),
            "what does not concern it is not seen again"
        );
        log.append(&[change(1, "d"), change(1, "e")]);
        assert!(log.since(start.next, &[], 10).missed);
        assert_eq!(names(&log.since(rest.next, &[], 10)), "de");
        assert!(log.since(1, &[], 10).missed, "of an earlier life");
        assert!(log.since(log.last() + 1, &[], 10).missed, "of no life");
    }
}

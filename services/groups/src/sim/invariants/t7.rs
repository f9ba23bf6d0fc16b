//! T7, the end of a group: it is dissolved with one view; everyone who was in it and goes on to that view learns of it there,
//! and nothing of it is delivered, installed or brought back by anyone from that view on.

use crate::core::{DomainId, GroupId, ViewNumber};
use crate::sim::trace::{End, Entry, Log, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// In which view each group ended.
type Ends = BTreeMap<(DomainId, GroupId), ViewNumber>;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut ends = Ends::new();
    for log in &trace.logs {
        for (domain, view, entry) in placed(log) {
            let Entry::Dissolved { group } = entry else { continue };
            let first = *ends.entry((domain, *group)).or_insert(view);
            if first != view {
                return Err(format!("{group:?} ended in {first:?}, at {} in {view:?}", log.process));
            }
        }
    }
    trace.logs.iter().try_for_each(|log| keeps_to(log, &ends))
}

/// Whether a process does nothing in a group after its end, and has heard of the end.
fn keeps_to(log: &Log, ends: &Ends) -> Result<(), String> {
    let (mut inside, mut last) = (BTreeSet::new(), (DomainId(0), ViewNumber(0)));
    let unheard = |inside: &BTreeSet<GroupId>, (domain, view): (DomainId, ViewNumber)| {
        let ended = |group: &&GroupId| ends.get(&(domain, **group)).is_some_and(|end| *end <= view);
        inside.iter().find(ended).map_or(Ok(()), |group| {
            Err(format!("{} was never told that {group:?} had ended by {view:?}", log.process))
        })
    };
    for (domain, view, entry) in placed(log) {
        let group = match entry {
            // What the view before brought must be known now.
            Entry::View(_) => {
                unheard(&inside, last)?;
                last = (domain, view);
                continue;
            }
            Entry::GroupView { group, .. } => {
                inside.insert(*group);
                group
            }
            Entry::Deliver { group, .. } | Entry::Install { group, .. } | Entry::Restore { group, .. } => {
                group
            }
            Entry::LeftGroup { group } | Entry::Dissolved { group } => {
                inside.remove(group);
                continue;
            }
            Entry::Sent { .. } | Entry::Cast { .. } | Entry::Protocol(_) => continue,
        };
        if let Some(end) = ends.get(&(domain, *group)).filter(|end| **end <= view) {
            return Err(format!("{} has {entry:?} in {view:?}, the group ended in {end:?}", log.process));
        }
    }
    if log.end == End::Alive { unheard(&inside, last) } else { Ok(()) }
}

/// Each entry with the domain and the view it falls into.
fn placed(log: &Log) -> impl Iterator<Item = (DomainId, ViewNumber, &Entry)> {
    let mut now = (DomainId(0), ViewNumber(0));
    log.entries.iter().map(move |entry| {
        if let Entry::View(view) = entry {
            now = (view.domain, view.number);
        }
        (now.0, now.1, entry)
    })
}

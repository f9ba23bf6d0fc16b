//! M12, version: whoever is in a view of a domain runs at the same version of the protocol, which each of its members speaks, and
//! which is not lower than in an earlier view.

use crate::core::{DomainId, Protocol, View, ViewNumber};
use crate::sim::trace::{Entry, Log, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut versions: BTreeMap<(DomainId, ViewNumber), Protocol> = BTreeMap::new();
    for log in &trace.logs {
        for (view, version) in views(log) {
            let first = *versions.entry((view.domain, view.number)).or_insert(version);
            if first != version {
                return Err(format!("{:?} runs at {first}, at {} at {version}", view.number, log.process));
            }
            if let Some(old) = view.members.iter().find(|m| m.speaks < version) {
                return Err(format!(
                    "{:?} runs at {version}, which {} does not speak",
                    view.number, old.process
                ));
            }
        }
    }
    let mut fell = versions.iter().zip(versions.iter().skip(1));
    fell.find(|(before, after)| before.0.0 == after.0.0 && before.1 > after.1)
        .map_or(Ok(()), |(before, after)| Err(format!("{before:?} fell to {after:?}")))
}

/// The views of a process, each with the version that it runs at.
fn views(log: &Log) -> Vec<(&View, Protocol)> {
    let (mut views, mut version) = (Vec::<(&View, Protocol)>::new(), Protocol::OLDEST);
    for entry in &log.entries {
        match entry {
            Entry::View(view) => views.push((view, version)),
            Entry::Protocol(now) => {
                version = *now;
                if let Some(last) = views.last_mut() {
                    last.1 = version;
                }
            }
            _ => {}
        }
    }
    views
}

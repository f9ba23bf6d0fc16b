//! The plan: a value that all hosts have, changed in one order.
//!
//! Whatever a change was, `Placement::settle` then sees to it that every object has the replicas that are wanted of it, as
//! far as there are hosts: each missing one goes to the host that offers the object's kind and holds the fewest replicas.
//! Everything here follows from the value alone, so all hosts come to the same plan.

use super::interface::{
    CannotPlace, Failure, HostRecord, NoSuchGroup, PlaceError, Placements, Plan, PlannedGroup, PlannedReplica,
};
use crate::core::ProcessId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The plan of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// By the order of enrolling.
    hosts: Vec<HostRecord>,
    groups: BTreeMap<String, PlannedGroup>,
}

/// Hosts of a domain.
const HOSTS_MAX: usize = 4096;
/// Objects that are planned.
const GROUPS_MAX: usize = 100_000;
/// Hosts remembered that could not serve an object.
const FAILURES_MAX: usize = 64;

impl Placements for Placement {
    fn hosts(&self) -> Vec<HostRecord> {
        self.hosts.clone()
    }

    fn groups(&self) -> Vec<PlannedGroup> {
        self.groups.values().cloned().collect()
    }

    fn create(&mut self, name: &str, plan: Plan, at: &str) -> Result<(), PlaceError> {
        let host = self.host(at)?;
        match self.groups.get(name) {
            Some(known) if !known.plan.agrees(&plan) => {
                return Err(cannot(format!(
                    "`{name}` is served as {}, not as {}: give the same kind, style and durability",
                    known.plan, plan
                )));
            }
            Some(_) => {}
            None if self.groups.len() >= GROUPS_MAX => {
                return Err(cannot(format!("there are {GROUPS_MAX} objects already")));
            }
            None => {
                let group = PlannedGroup { name: name.into(), plan, ..PlannedGroup::default() };
                self.groups.insert(name.into(), group);
            }
        }
        if let Some(host) = host {
            self.place(name, host, 0)?;
        }
        self.settle();
        Ok(())
    }

    fn add(&mut self, name: &str, at: &str) -> Result<HostRecord, PlaceError> {
        let group = self.group(name)?;
        let host = match self.host(at)? {
            Some(host) => host,
            None => self.best(group).ok_or_else(|| self.no_host(group))?.clone(),
        };
        self.place(name, host.clone(), 0)?;
        if let Some(group) = self.groups.get_mut(name).filter(|group| group.plan.wanted > 0) {
            group.plan.wanted += 1;
        }
        Ok(host)
    }

    fn remove(&mut self, name: &str, at: &str) -> Result<HostRecord, PlaceError> {
        let host = self.host(at)?;
        let group = self.group(name)?;
        let stays = |replica: &&PlannedReplica| !replica.leaving;
        let process = match &host {
            Some(host) => host.process,
            None => group.replicas.iter().rev().find(stays).map_or(0, |replica| replica.process),
        };
        let Some(replica) = group.replicas.iter().filter(stays).find(|r| r.process == process) else {
            return Err(cannot(format!("`{name}` has no replica {}", at_host(at))));
        };
        let others = group.replicas.iter().filter(stays).filter(|r| r.process != process);
        if replica.ready && !{ others }.any(|other| other.ready) {
            return Err(cannot(format!(
                "it is the last replica of `{name}` that has the value: add another one first, or dissolve the group"
            )));
        }
        let found = self.hosts.iter().find(|host| host.process == process).cloned();
        self.part(name, process);
        if let Some(group) = self.groups.get_mut(name).filter(|group| group.plan.wanted > 1) {
            group.plan.wanted -= 1;
        }
        self.settle();
        Ok(found.unwrap_or(HostRecord { process, ..HostRecord::default() }))
    }

    fn relocate(&mut self, name: &str, from: &str, to: &str) -> Result<HostRecord, PlaceError> {
        let group = self.group(name)?;
        let Some(from_host) = self.host(from)? else { return Err(cannot("which replica is to move?")) };
        if !group.replicas.iter().any(|replica| replica.process == from_host.process && !replica.leaving) {
            return Err(cannot(format!("`{name}` has no replica {}", at_host(from))));
        }
        let host = match self.host(to)? {
            Some(host) => host,
            None => self.best(group).ok_or_else(|| self.no_host(group))?.clone(),
        };
        self.place(name, host.clone(), from_host.process)?;
        Ok(host)
    }

    fn want(&mut self, name: &str, replicas: u32) -> Result<(), PlaceError> {
        self.group(name)?;
        if let Some(group) = self.groups.get_mut(name) {
            group.plan.wanted = replicas;
            group.failures.clear();
        }
        self.settle();
        Ok(())
    }

    fn dissolve(&mut self, name: &str) -> Result<(), PlaceError> {
        self.group(name)?;
        self.groups.remove(name);
        Ok(())
    }

    fn enrol(&mut self, host: HostRecord) {
        self.hosts.retain(|known| known.process != host.process && known.address != host.address);
        if self.hosts.len() < HOSTS_MAX {
            self.hosts.push(host);
        }
        self.settle();
    }

    fn withdraw(&mut self, process: u64) {
        self.keep(|host| host.process != process);
    }

    fn present(&mut self, view: u64, processes: &[u64]) {
        self.keep(|host| host.since_view > view || processes.contains(&host.process));
    }

    fn ready(&mut self, name: &str, process: u64) {
        let Some(group) = self.groups.get_mut(name) else { return };
        let Some(replica) = group.replicas.iter_mut().find(|replica| replica.process == process) else {
            return;
        };
        replica.ready = true;
        let replaced = std::mem::take(&mut replica.replaces);
        if replaced != 0 {
            self.part(name, replaced);
        }
        self.settle();
    }

    fn gone(&mut self, name: &str, process: u64, reason: &str) {
        let Some(group) = self.groups.get_mut(name) else { return };
        group.replicas.retain(|replica| replica.process != process);
        if !reason.is_empty() {
            group.failures.retain(|failure| failure.process != process);
            group.failures.push(Failure { process, reason: reason.into() });
            let many = group.failures.len().saturating_sub(FAILURES_MAX);
            group.failures.drain(..many);
        }
        self.settle();
    }
}

impl Placement {
    fn group(&self, name: &str) -> Result<&PlannedGroup, PlaceError> {
        self.groups.get(name).ok_or_else(|| PlaceError::NoSuchGroup(NoSuchGroup { name: name.into() }))
    }

    /// The host of this address or process; none where the choice is the plan's.
    fn host(&self, at: &str) -> Result<Option<HostRecord>, PlaceError> {
        if at.is_empty() {
            return Ok(None);
        }
        let is_it = |host: &&HostRecord| host.address == at || ProcessId(host.process).to_string() == at;
        match self.hosts.iter().find(is_it) {
            Some(host) => Ok(Some(host.clone())),
            None => Err(cannot(format!("no host {at} is enrolled"))),
        }
    }

    fn place(&mut self, name: &str, host: HostRecord, replaces: u64) -> Result<(), PlaceError> {
        let Some(group) = self.groups.get_mut(name) else { return Ok(()) };
        if !host.kinds.contains(&group.plan.kind) {
            let kinds = host.kinds.join(", ");
            return Err(cannot(format!(
                "{} does not offer `{}`; it offers {kinds}",
                host.address, group.plan.kind
            )));
        }
        if group.replicas.iter().any(|replica| replica.process == host.process) {
            return Err(cannot(format!("{} has a replica of `{name}` already", host.address)));
        }
        group.failures.retain(|failure| failure.process != host.process);
        let replica = PlannedReplica { process: host.process, replaces, ..PlannedReplica::default() };
        group.replicas.push(replica);
        Ok(())
    }

    /// A replica leaves; one that never had the value is given up at once.
    fn part(&mut self, name: &str, process: u64) {
        let Some(group) = self.groups.get_mut(name) else { return };
        group.replicas.retain(|replica| replica.process != process || replica.ready);
        for replica in group.replicas.iter_mut().filter(|replica| replica.process == process) {
            replica.leaving = true;
        }
    }

    /// Hosts that are gone take their replicas with them.
    fn keep(&mut self, stays: impl Fn(&HostRecord) -> bool) {
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.hosts).into_iter().partition(stays);
        self.hosts = kept;
        for group in self.groups.values_mut() {
            group.replicas.retain(|replica| !gone.iter().any(|host| host.process == replica.process));
            group.failures.retain(|failure| !gone.iter().any(|host| host.process == failure.process));
        }
        self.settle();
    }

    /// The host for one more replica: it offers the kind, has none yet, has not failed, and holds the fewest.
    fn best(&self, group: &PlannedGroup) -> Option<&HostRecord> {
        let mut fit = self.hosts.iter().filter(|host| {
            host.kinds.contains(&group.plan.kind)
                && !group.replicas.iter().any(|replica| replica.process == host.process)
                && !group.failures.iter().any(|failure| failure.process == host.process)
        });
        let first = fit.next()?;
        Some(fit.fold(first, |best, host| if self.load(host) < self.load(best) { host } else { best }))
    }

    fn load(&self, host: &HostRecord) -> usize {
        let replicas = self.groups.values().flat_map(|group| &group.replicas);
        { replicas }.filter(|replica| replica.process == host.process).count()
    }

    fn no_host(&self, group: &PlannedGroup) -> PlaceError {
        let able = self.hosts.iter().filter(|host| host.kinds.contains(&group.plan.kind)).count();
        cannot(format!(
            "none of the {able} hosts that offer `{}` is free: each has a replica of `{}` already, or has failed to serve it",
            group.plan.kind, group.name
        ))
    }

    /// Sees to it that every object has as many replicas as are wanted.
    fn settle(&mut self) {
        let short: Vec<String> =
            self.groups.values().filter(|g| g.plan.wanted > 0).map(|g| g.name.clone()).collect();
        for name in short {
            while let Some(group) = self.groups.get(&name) {
                let mut stays = group.replicas.iter().filter(|r| !r.leaving && r.replaces == 0);
                let (count, wanted) = (stays.clone().count(), group.plan.wanted as usize);
                if count < wanted {
                    let Some(host) = self.best(group).cloned() else { break };
                    if self.place(&name, host, 0).is_err() {
                        break;
                    }
                } else if count > wanted && stays.clone().filter(|r| r.ready).count() > 1 {
                    let Some(youngest) = stays.next_back().map(|replica| replica.process) else { break };
                    self.part(&name, youngest);
                } else {
                    break;
                }
            }
        }
    }
}

impl Plan {
    /// Whether both can be plans of one object.
    fn agrees(&self, other: &Plan) -> bool {
        (&self.kind, self.executor, self.durable) == (&other.kind, other.executor, other.durable)
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let style = if self.executor { "executor" } else { "active" };
        let kept = if self.durable { "durable" } else { "in memory" };
        write!(f, "{} ({style}, {kept})", self.kind)
    }
}

fn cannot(reason: impl Into<String>) -> PlaceError {
    PlaceError::CannotPlace(CannotPlace { reason: reason.into() })
}

fn at_host(at: &str) -> String {
    if at.is_empty() { "to take away".into() } else { format!("at {at}") }
}

#[cfg(test)]
mod tests;

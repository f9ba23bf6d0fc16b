//! Leases and when they end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{ContextId, Label, LeaseId, Time};

/// The leases of a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Leases {
    leases: BTreeMap<LeaseId, Lease>,
    /// When each ends.
    ends: BTreeSet<(Time, LeaseId)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Lease {
    ttl: Duration,
    ends: Time,
    bindings: BTreeSet<(ContextId, Label)>,
}

impl Leases {
    pub(super) fn len(&self) -> usize {
        self.leases.len()
    }

    pub(super) fn next_expiry(&self) -> Option<Time> {
        self.ends.first().map(|(time, _)| *time)
    }

    /// A lease whose time has come.
    pub(super) fn expired(&self, now: Time) -> Option<LeaseId> {
        self.ends.first().filter(|(time, _)| *time <= now).map(|(_, lease)| *lease)
    }

    /// How long it lives without being renewed, and when it ends.
    pub(super) fn get(&self, lease: LeaseId) -> Option<(Duration, Time)> {
        self.leases.get(&lease).map(|lease| (lease.ttl, lease.ends))
    }

    /// Each lease, and how long it lives without being renewed.
    pub(super) fn rows(&self) -> impl Iterator<Item = (LeaseId, Duration)> {
        self.leases.iter().map(|(id, lease)| (*id, lease.ttl))
    }

    /// Each lease, and when it ends.
    pub(super) fn ends(&self) -> impl Iterator<Item = (LeaseId, Time)> {
        self.leases.iter().map(|(id, lease)| (*id, lease.ends))
    }

    /// Lets a lease end at a time. Answers whether it exists.
    pub(super) fn set_end(&mut self, id: LeaseId, ends: Time) -> bool {
        let Some(lease) = self.leases.get_mut(&id) else { return false };
        self.ends.remove(&(lease.ends, id));
        lease.ends = ends;
        self.ends.insert((ends, id));
        true
    }

    /// The bindings that end with it.
    pub(super) fn bindings(&self, lease: LeaseId) -> Vec<(ContextId, Label)> {
        self.leases.get(&lease).map(|lease| lease.bindings.iter().cloned().collect()).unwrap_or_default()
    }

    /// Lets it begin anew. Answers whether it exists.
    pub(super) fn renew(&mut self, id: LeaseId, now: Time) -> bool {
        let Some(ttl) = self.leases.get(&id).map(|lease| lease.ttl) else { return false };
        self.set_end(id, now.saturating_add(ttl))
    }

    /// Lets all of them begin anew.
    pub(super) fn renew_all(&mut self, now: Time) {
        self.ends.clear();
        for (id, lease) in &mut self.leases {
            lease.ends = now.saturating_add(lease.ttl);
            self.ends.insert((lease.ends, *id));
        }
    }

    /// Puts a lease without bindings, or takes one away.
    pub(super) fn put(&mut self, id: LeaseId, lease: Option<(Duration, Time)>) {
        if let Some(old) = self.leases.remove(&id) {
            self.ends.remove(&(old.ends, id));
        }
        if let Some((ttl, ends)) = lease {
            self.leases.insert(id, Lease { ttl, ends, bindings: BTreeSet::new() });
            self.ends.insert((ends, id));
        }
    }

    pub(super) fn attach(&mut self, id: LeaseId, context: ContextId, label: &Label) {
        if let Some(lease) = self.leases.get_mut(&id) {
            lease.bindings.insert((context, label.clone()));
        }
    }

    pub(super) fn detach(&mut self, id: LeaseId, context: ContextId, label: &Label) {
        if let Some(lease) = self.leases.get_mut(&id) {
            lease.bindings.remove(&(context, label.clone()));
        }
    }
}

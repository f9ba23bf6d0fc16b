//! What a command has changed, and taking it back.

use std::time::Duration;

use super::row::binding_row_bytes;
use super::{Binding, Context, ContextId, Label, LeaseId, Time, Tree};

/// One thing that a command has changed: what it was before and what it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A binding.
    Binding {
        /// Its context.
        context: ContextId,
        /// Its name there.
        label: Label,
        /// What it was.
        before: Option<Binding>,
        /// What it is.
        after: Option<Binding>,
        /// Whether it is gone because a lease was not renewed.
        expired: bool,
    },
    /// A context, without bindings.
    Context {
        /// Which.
        context: ContextId,
        /// Whether it exists now; before it was the other way.
        exists: bool,
    },
    /// A lease, without bindings.
    Lease {
        /// Which.
        lease: LeaseId,
        /// How long it lived without being renewed, and when it would have ended.
        before: Option<(Duration, Time)>,
        /// The same, now.
        after: Option<(Duration, Time)>,
    },
    /// The number of the next context or lease.
    NextNumber {
        /// What it was.
        before: u64,
        /// What it is.
        after: u64,
    },
}

impl Tree {
    /// Takes back what the last commands have changed; `changes` are all of theirs, in order.
    pub fn revert(&mut self, changes: &[Change]) {
        for change in changes.iter().rev() {
            match change {
                Change::Binding { context, label, before, .. } => {
                    self.put_binding(*context, label, before.clone());
                }
                Change::Context { context, exists } => self.put_context(*context, !exists),
                Change::Lease { lease, before, .. } => self.leases.put(*lease, *before),
                Change::NextNumber { before, .. } => self.next_number = *before,
            }
        }
    }

    /// Makes a change and notes it.
    pub(super) fn change(&mut self, change: Change, changes: &mut Vec<Change>) {
        match &change {
            Change::Binding { context, label, after, .. } => {
                self.put_binding(*context, label, after.clone());
            }
            Change::Context { context, exists } => self.put_context(*context, *exists),
            Change::Lease { lease, after, .. } => self.leases.put(*lease, *after),
            Change::NextNumber { after, .. } => self.next_number = *after,
        }
        changes.push(change);
    }

    pub(super) fn put_binding(&mut self, context: ContextId, label: &Label, binding: Option<Binding>) {
        let Some(bindings) = self.contexts.get_mut(&context) else { return };
        let lease = binding.as_ref().and_then(|binding| binding.lease);
        let is_bound = binding.is_some();
        let bytes = binding.as_ref().map_or(0, |binding| binding_row_bytes(label, binding));
        let replaced = match binding {
            Some(binding) => bindings.insert(label.clone(), binding),
            None => bindings.remove(label),
        };
        self.bindings = self.bindings + usize::from(is_bound) - usize::from(replaced.is_some());
        let replaced_bytes = replaced.as_ref().map_or(0, |binding| binding_row_bytes(label, binding));
        self.binding_bytes = self.binding_bytes + bytes - replaced_bytes;
        if let Some(lease) = replaced.and_then(|binding| binding.lease) {
            self.leases.detach(lease, context, label);
        }
        if let Some(lease) = lease {
            self.leases.attach(lease, context, label);
        }
    }

    pub(super) fn put_context(&mut self, context: ContextId, exists: bool) {
        if exists {
            self.contexts.insert(context, Context::new());
        } else {
            self.contexts.remove(&context);
        }
    }
}

//! What each command does.

use std::time::Duration;

use super::row::binding_row_bytes;
use super::walk::Place;
use super::{
    Binding, Change, Command, ContextId, Label, LeaseId, Mode, Outcome, Refusal, Target, Time, Tree, Why,
};

impl Tree {
    /// Does what a command says and appends what it has changed; a command that is refused changes nothing.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn apply(
        &mut self,
        command: Command,
        now: Time,
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        match command {
            Command::Bind { at, name, target, mode, lease } => {
                self.bind(at, &name, Binding { target, lease }, mode, changes)
            }
            Command::Unbind { at, name } => self.unbind(at, &name, changes),
            Command::NewContext { at } => {
                self.context(at)?;
                self.new_context(changes).map(Outcome::Context)
            }
            Command::BindNewContext { at, name } => self.bind_new_context(at, &name, changes),
            Command::Destroy { context } => self.destroy(context, changes),
            Command::Grant { ttl } => self.grant(ttl, now, changes),
            Command::Renew { lease } => {
                self.leases.renew(lease, now).then_some(Outcome::Done).ok_or(Refusal::NoLease)
            }
            Command::Revoke { lease } => {
                self.leases.get(lease).ok_or(Refusal::NoLease)?;
                self.end_lease(lease, false, changes);
                Ok(Outcome::Done)
            }
            Command::Expire => {
                while let Some(lease) = self.leases.expired(now) {
                    self.end_lease(lease, true, changes);
                }
                Ok(Outcome::Done)
            }
            Command::RenewAll => {
                self.leases.renew_all(now);
                Ok(Outcome::Done)
            }
        }
    }

    fn bind(
        &mut self,
        at: ContextId,
        name: &[Label],
        binding: Binding,
        mode: Mode,
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        if let Some(lease) = binding.lease {
            self.leases.get(lease).ok_or(Refusal::NoLease)?;
        }
        if let Target::Context(context) = binding.target {
            self.context(context).map_err(|_| Refusal::NoTarget)?;
        }
        let (context, label, through) = match self.here(at, name)? {
            Ok(here) => here,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let before = self.binding(context, label).cloned();
        match &before {
            None => self.check_room()?,
            Some(_) if mode == Mode::New => return Err(Refusal::AlreadyBound),
            Some(old) if old.target.sort() != binding.target.sort() => {
                let why = Why::instead_of(old.target.sort());
                return Err(Refusal::NotFound { why, components: through });
            }
            Some(old) if binding_row_bytes(label, old) < binding_row_bytes(label, &binding) => {
                self.check_size()?;
            }
            _ => {}
        }
        if before.as_ref() != Some(&binding) {
            let (label, after) = (label.clone(), Some(binding));
            self.change(Change::Binding { context, label, before, after, expired: false }, changes);
        }
        Ok(Outcome::Done)
    }

    fn unbind(
        &mut self,
        at: ContextId,
        name: &[Label],
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        let (context, label, through) = match self.here(at, name)? {
            Ok(here) => here,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let Some(before) = self.binding(context, label).cloned() else {
            return Err(Refusal::NotFound { why: Why::Missing, components: through });
        };
        let (label, before) = (label.clone(), Some(before));
        self.change(Change::Binding { context, label, before, after: None, expired: false }, changes);
        Ok(Outcome::Done)
    }

    fn bind_new_context(
        &mut self,
        at: ContextId,
        name: &[Label],
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        let (context, label, _) = match self.here(at, name)? {
            Ok(here) => here,
            Err(elsewhere) => return Ok(elsewhere),
        };
        if self.binding(context, label).is_some() {
            return Err(Refusal::AlreadyBound);
        }
        self.check_room()?;
        let new = self.new_context(changes)?;
        let after = Some(Binding { target: Target::Context(new), lease: None });
        let label = label.clone();
        self.change(Change::Binding { context, label, before: None, after, expired: false }, changes);
        Ok(Outcome::Context(new))
    }

    fn new_context(&mut self, changes: &mut Vec<Change>) -> Result<ContextId, Refusal> {
        if self.contexts.len() >= self.limits.contexts_max {
            return Err(full("contexts_max", self.limits.contexts_max));
        }
        self.check_size()?;
        let context = ContextId(self.take_number(changes));
        self.change(Change::Context { context, exists: true }, changes);
        Ok(context)
    }

    fn destroy(&mut self, context: ContextId, changes: &mut Vec<Change>) -> Result<Outcome, Refusal> {
        if !self.context(context)?.is_empty() {
            return Err(Refusal::NotEmpty);
        }
        if context == ContextId::ROOT {
            return Err(Refusal::IsRoot);
        }
        self.change(Change::Context { context, exists: false }, changes);
        Ok(Outcome::Done)
    }

    fn grant(&mut self, ttl: Duration, now: Time, changes: &mut Vec<Change>) -> Result<Outcome, Refusal> {
        if ttl < self.limits.lease_time_min || ttl > self.limits.lease_time_max {
            return Err(Refusal::LeaseTime);
        }
        if self.leases.len() >= self.limits.leases_max {
            return Err(full("leases_max", self.limits.leases_max));
        }
        self.check_size()?;
        let lease = LeaseId(self.take_number(changes));
        let after = Some((ttl, now.saturating_add(ttl)));
        self.change(Change::Lease { lease, before: None, after }, changes);
        Ok(Outcome::Lease(lease))
    }

    fn end_lease(&mut self, lease: LeaseId, expired: bool, changes: &mut Vec<Change>) {
        for (context, label) in self.leases.bindings(lease) {
            let before = self.binding(context, &label).cloned();
            self.change(Change::Binding { context, label, before, after: None, expired }, changes);
        }
        let before = self.leases.get(lease);
        self.change(Change::Lease { lease, before, after: None }, changes);
    }

    fn take_number(&mut self, changes: &mut Vec<Change>) -> u64 {
        let before = self.next_number;
        self.change(Change::NextNumber { before, after: before + 1 }, changes);
        before
    }

    /// Whether one more binding has room.
    fn check_room(&self) -> Result<(), Refusal> {
        let max = self.limits.bindings_max;
        if self.bindings < max { self.check_size() } else { Err(full("bindings_max", max)) }
    }

    /// Whether the tree may grow. The last thing that it grows by may exceed the limit.
    fn check_size(&self) -> Result<(), Refusal> {
        let max = self.limits.saved_bytes_max;
        if self.saved_bytes() < max { Ok(()) } else { Err(full("saved_bytes_max", max)) }
    }

    /// Where a name's last component is, that component, and how many have led there; or the answer that it is elsewhere.
    fn here<'n>(&self, at: ContextId, name: &'n [Label]) -> Result<Result<LastPart<'n>, Outcome>, Refusal> {
        let place = self.place(at, name, &mut |_, _| ())?;
        let (last, through) = name.split_last().ok_or(Refusal::NoName)?;
        Ok(match place {
            Place::Here(context) => Ok((context, last, through.len())),
            Place::Elsewhere { context, components } => {
                Err(Outcome::Elsewhere { context: context.clone(), components })
            }
        })
    }
}

/// A context, the last component of a name that is looked for there, and how many components have led there.
type LastPart<'n> = (ContextId, &'n Label, usize);

fn full(limit: &'static str, max: usize) -> Refusal {
    Refusal::Full { limit, max }
}

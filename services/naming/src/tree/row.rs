//! The tree as keys and values of a store.
//!
//! ```text
//! key                              value
//! 'b' context(8) label             sort(1) lease(8) target    'o' object, 'c' context(8), 'f' foreign
//! 'c' context(8)                   nothing
//! 'l' lease(8)                     ttl in milliseconds(8)
//! 'n'                              the next number(8)
//! ```
//!
//! Numbers are big-endian, so that the bindings of a context are together and in order. A lease of 0 is none.

use std::time::Duration;

use super::{Binding, Change, ContextId, Label, LeaseId, Reference, Target, Time, Tree};

/// A key, and the value that it has now; none if it has none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Option<Vec<u8>>,
}

/// A row that no tree has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store holds a row of {key_bytes} + {value_bytes} octets that no naming service has written")]
pub struct MalformedRow {
    /// The octets of its key.
    pub key_bytes: usize,
    /// The octets of its value.
    pub value_bytes: usize,
}

impl Change {
    /// What a store has to write down; nothing for what does not outlive the process.
    pub fn row(&self) -> Row {
        match self {
            Change::Binding { context, label, after, .. } => {
                Row { key: binding_key(*context, label), value: after.as_ref().map(binding_value) }
            }
            Change::Context { context, exists } => {
                Row { key: key(b'c', context.0), value: exists.then(Vec::new) }
            }
            Change::Lease { lease, after, .. } => {
                let value = |(ttl, _): (Duration, Time)| milliseconds(ttl).to_be_bytes().to_vec();
                Row { key: key(b'l', lease.0), value: after.map(value) }
            }
            Change::NextNumber { after, .. } => {
                Row { key: vec![b'n'], value: Some(after.to_be_bytes().to_vec()) }
            }
        }
    }
}

impl Tree {
    /// The whole tree as rows, in the order of their keys within each sort.
    pub fn rows(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        let number = std::iter::once((vec![b'n'], self.next_number.to_be_bytes().to_vec()));
        let leases = self.leases.rows();
        let leases =
            leases.map(|(lease, ttl)| (key(b'l', lease.0), milliseconds(ttl).to_be_bytes().to_vec()));
        let contexts = self.contexts.keys().map(|context| (key(b'c', context.0), Vec::new()));
        let bindings = self.contexts.iter().flat_map(|(context, bindings)| {
            let row = |(label, binding)| (binding_key(*context, label), binding_value(binding));
            bindings.iter().map(row)
        });
        bindings.chain(contexts).chain(leases).chain(number)
    }

    /// Takes in a row of a store, in any order; [`Tree::restored`] ends it.
    ///
    /// # Errors
    /// A row that no tree has written.
    pub fn restore(&mut self, key: &[u8], value: &[u8]) -> Result<(), MalformedRow> {
        let malformed = MalformedRow { key_bytes: key.len(), value_bytes: value.len() };
        self.take_row(key, value).ok_or(malformed)
    }

    /// The tree is complete. Leases begin anew: nobody could renew them while the service was away.
    pub fn restored(&mut self, now: Time) {
        let attached: Vec<_> = self
            .contexts
            .iter()
            .flat_map(|(context, bindings)| {
                let leased = bindings.iter().filter_map(|(label, binding)| Some((binding.lease?, label)));
                leased.map(|(lease, label)| (lease, *context, label.clone()))
            })
            .collect();
        for (lease, context, label) in attached {
            self.leases.attach(lease, context, &label);
        }
        self.leases.renew_all(now);
    }

    fn take_row(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let (sort, rest) = key.split_first()?;
        match sort {
            b'b' => {
                let (context, label) = rest.split_first_chunk::<8>()?;
                let context = ContextId(u64::from_be_bytes(*context));
                let label = Label::from_text(std::str::from_utf8(label).ok()?)?;
                let binding = read_binding(value)?;
                let bytes = binding_row_bytes(&label, &binding);
                let bindings = self.contexts.entry(context).or_default();
                if bindings.insert(label, binding).is_none() {
                    self.bindings += 1;
                    self.binding_bytes += bytes;
                }
            }
            b'c' if value.is_empty() => {
                self.contexts.entry(ContextId(number(rest)?)).or_default();
            }
            b'l' => {
                let ttl = Duration::from_millis(number(value)?);
                self.leases.put(LeaseId(number(rest)?), Some((ttl, ttl)));
            }
            b'n' if rest.is_empty() => self.next_number = number(value)?,
            _ => return None,
        }
        Some(())
    }
}

fn key(sort: u8, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(9);
    key.push(sort);
    key.extend(number.to_be_bytes());
    key
}

/// The octets of key and value.
pub(super) fn binding_row_bytes(label: &Label, binding: &Binding) -> usize {
    let target = match &binding.target {
        Target::Object(reference) | Target::Foreign(reference) => reference.0.len(),
        Target::Context(_) => size_of::<u64>(),
    };
    2 * NUMBERED_KEY_BYTES + label.as_text().len() + target
}

/// The octets of a sort and a number.
pub(super) const NUMBERED_KEY_BYTES: usize = 9;

fn binding_key(context: ContextId, label: &Label) -> Vec<u8> {
    let mut row = Vec::with_capacity(9 + label.as_text().len());
    row.push(b'b');
    row.extend(context.0.to_be_bytes());
    row.extend(label.as_text().as_bytes());
    row
}

fn binding_value(binding: &Binding) -> Vec<u8> {
    let lease = binding.lease.map_or(0, |lease| lease.0).to_be_bytes();
    let number;
    let (sort, target): (u8, &[u8]) = match &binding.target {
        Target::Object(reference) => (b'o', &reference.0),
        Target::Foreign(reference) => (b'f', &reference.0),
        Target::Context(context) => {
            number = context.0.to_be_bytes();
            (b'c', &number)
        }
    };
    let mut value = Vec::with_capacity(9 + target.len());
    value.push(sort);
    value.extend(lease);
    value.extend(target);
    value
}

fn read_binding(value: &[u8]) -> Option<Binding> {
    let (sort, rest) = value.split_first()?;
    let (lease, target) = rest.split_first_chunk::<8>()?;
    let lease = u64::from_be_bytes(*lease);
    let target = match sort {
        b'o' => Target::Object(Reference(target.into())),
        b'f' => Target::Foreign(Reference(target.into())),
        b'c' => Target::Context(ContextId(number(target)?)),
        _ => return None,
    };
    Some(Binding { target, lease: (lease > 0).then_some(LeaseId(lease)) })
}

fn number(octets: &[u8]) -> Option<u64> {
    octets.try_into().ok().map(u64::from_be_bytes)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

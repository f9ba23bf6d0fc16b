//! The names of a service as a value: contexts, bindings, leases.
//!
//! **Architecture invariant: the state is a value.** [`Tree::apply`] takes a command and the time, changes the tree and says
//! what it has changed; the same commands in the same order give the same tree, the same answers and the same changes on
//! every machine. No file in this folder knows a runtime, a clock, randomness, a lock, or a map without an order; a test
//! reads them. Whoever drives it decides what happens first, writes the [`Change`]s down as [`rows`](Row), and takes them
//! back with [`Tree::revert`] if they could not be written.
//!
//! | file | what it is about |
//! |---|---|
//! | `names` | labels, numbers, references: what the tree is made of |
//! | `command` | what can be asked, what is answered |
//! | `walk` | following names |
//! | `apply` | what each command does |
//! | `lease` | leases and when they end |
//! | `change` | what has changed, and taking it back |
//! | `row` | bindings, contexts and leases as keys and values of a store |
//! | `wire`, `saved` | commands, outcomes and whole trees as octets, for the members of a group |

mod apply;
mod change;
mod command;
mod lease;
mod names;
mod row;
mod saved;
#[cfg(test)]
mod tests;
mod walk;
pub mod wire;

pub use change::Change;
pub use command::{Command, Mode, Outcome, Refusal, Why};
pub use names::{Binding, ContextId, Label, LeaseId, Reference, Sort, Target, TreeLimits};
pub use row::{MalformedRow, Row};
pub use walk::{Found, Page};

use std::collections::BTreeMap;
use std::time::Duration;

use lease::Leases;

/// The names of a service.
///
/// Finding a name costs a look into an ordered map for each component. A binding takes its label, its reference and some
/// 120 octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    limits: TreeLimits,
    contexts: BTreeMap<ContextId, Context>,
    leases: Leases,
    bindings: usize,
    /// The octets of the rows of all bindings.
    binding_bytes: usize,
    /// The number of the next context or lease. Numbers are never given twice.
    next_number: u64,
}

/// The time, from any fixed moment on.
pub type Time = Duration;

type Context = BTreeMap<Label, Binding>;

impl Tree {
    /// The tree of nothing but the root.
    pub fn new(limits: TreeLimits) -> Tree {
        Tree {
            limits,
            contexts: BTreeMap::from([(ContextId::ROOT, Context::new())]),
            leases: Leases::default(),
            bindings: 0,
            binding_bytes: 0,
            next_number: ContextId::ROOT.0 + 1,
        }
    }

    /// The bindings of all contexts.
    pub fn bindings(&self) -> usize {
        self.bindings
    }

    /// The contexts, the root included.
    pub fn contexts(&self) -> usize {
        self.contexts.len()
    }

    /// The leases.
    pub fn leases(&self) -> usize {
        self.leases.len()
    }

    /// Whether there is a context of this number.
    pub fn has_context(&self, context: ContextId) -> bool {
        self.contexts.contains_key(&context)
    }

    /// Whether there was a context of this number, or never will be one: numbers are given once.
    pub fn has_no_more(&self, context: ContextId) -> bool {
        context.0 < self.next_number && !self.has_context(context)
    }

    /// When the next lease ends, if there is one: [`Command::Expire`] then finds something to do.
    pub fn next_expiry(&self) -> Option<Time> {
        self.leases.next_expiry()
    }
}

//! What the tree is made of.

use std::borrow::Borrow;
use std::fmt;
use std::time::Duration;

use crate::cos::NameComponent;

/// The number of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub u64);

impl ContextId {
    /// The context that every name begins in.
    pub const ROOT: ContextId = ContextId(1);
}

/// The number of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub u64);

/// A component of a name, in one piece: id, NUL, kind. Labels are ordered by id, then by kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(Box<str>);

/// Stands between id and kind, and in neither: no string of CORBA has it.
const BETWEEN: char = '\0';

impl Label {
    /// The label of a component; `None` if it holds a NUL.
    pub fn of(component: &NameComponent) -> Option<Label> {
        if component.id.contains(BETWEEN) || component.kind.contains(BETWEEN) {
            return None;
        }
        let mut text = String::with_capacity(component.id.len() + component.kind.len() + 1);
        text.push_str(&component.id);
        text.push(BETWEEN);
        text.push_str(&component.kind);
        Some(Label(text.into()))
    }

    /// The label that this text is, if it is one.
    pub fn from_text(text: &str) -> Option<Label> {
        (text.matches(BETWEEN).count() == 1).then(|| Label(text.into()))
    }

    /// Id, NUL, kind.
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// The component.
    pub fn component(&self) -> NameComponent {
        let (id, kind) = self.0.split_once(BETWEEN).unwrap_or((&self.0, ""));
        NameComponent { id: id.to_owned(), kind: kind.to_owned() }
    }
}

impl Borrow<str> for Label {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::name::write(&[self.component()]))
    }
}

/// A reference to an object, encoded. The tree keeps it and does not look into it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Reference(pub Box<[u8]>);

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({} octets)", self.0.len())
    }
}

/// What a name is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An object.
    Object(Reference),
    /// A context of this tree.
    Context(ContextId),
    /// A context of another service.
    Foreign(Reference),
}

impl Target {
    /// Whether names lead through it.
    pub fn sort(&self) -> Sort {
        match self {
            Target::Object(_) => Sort::Object,
            Target::Context(_) | Target::Foreign(_) => Sort::Context,
        }
    }
}

/// Whether names lead through what is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// No.
    Object,
    /// Yes.
    Context,
}

/// A binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// To what.
    pub target: Target,
    /// The lease that it ends with.
    pub lease: Option<LeaseId>,
}

/// What a tree may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLimits {
    /// Bindings of all contexts.
    pub bindings_max: usize,
    /// Contexts.
    pub contexts_max: usize,
    /// Leases.
    pub leases_max: usize,
    /// The shortest lease.
    pub lease_time_min: Duration,
    /// The longest lease.
    pub lease_time_max: Duration,
    /// Octets of the whole tree as it is [saved](super::Tree::save).
    pub saved_bytes_max: usize,
}

impl From<&crate::Limits> for TreeLimits {
    fn from(limits: &crate::Limits) -> TreeLimits {
        TreeLimits {
            bindings_max: limits.bindings_max,
            contexts_max: limits.contexts_max,
            leases_max: limits.leases_max,
            lease_time_min: limits.lease_time_min,
            lease_time_max: limits.lease_time_max,
            saved_bytes_max: usize::MAX,
        }
    }
}

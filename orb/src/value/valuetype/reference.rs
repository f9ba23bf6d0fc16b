//! References to values within this process.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, OnceLock, Weak};

use quorb_giop::cdr::{CdrProfile, Encoder, Endian};

use super::{ValueObject, ValueState};

/// The place of a value, which is empty while the value is being read.
pub(super) type Slot = OnceLock<Box<dyn ValueObject>>;

/// A value of value type `T`, or of a type derived from it, by reference: clones are the same value, also for whoever
/// receives them. `Option<ValueRef<T>>` is one that may be null.
///
/// A reference keeps its value alive, except where it closes a cycle: what was received from inside of the value that it
/// refers to, and what [`downgrade`](Self::downgrade) and [`new_cyclic`](Self::new_cyclic) give, does not. Such a reference
/// is good as long as somebody holds the value.
///
/// Values do not change once they are shared. Two references are equal if what they lead to is, with its sharing.
///
/// ```
/// use quorb::{IdlType, ValueRef};
///
/// #[derive(Debug, IdlType)]
/// #[idl(value)]
/// struct Node {
///     label: String,
///     next: Option<ValueRef<Node>>,
/// }
///
/// let last = ValueRef::new(Node { label: "last".into(), next: None });
/// let first = ValueRef::new(Node { label: "first".into(), next: Some(last.clone()) });
/// let node = first.get().expect("we hold it");
/// assert!(node.next.as_ref().is_some_and(|next| next.is_same(&last)));
/// ```
pub struct ValueRef<T> {
    link: Link,
    /// The type by which the value is seen; of values themselves there are none in here.
    seen_as: PhantomData<fn() -> T>,
}

pub(super) enum Link {
    Strong(Arc<Slot>),
    Weak(Weak<Slot>),
}

impl<T: ValueState> ValueRef<T> {
    /// A reference to a new value.
    pub fn new(value: T) -> ValueRef<T> {
        let slot = Slot::new();
        // The slot is ours alone, and empty.
        let _ = slot.set(Box::new(value) as Box<dyn ValueObject>);
        ValueRef::of(Link::Strong(Arc::new(slot)))
    }

    /// A reference to a new value that refers to itself, directly or through others: `make` gets the reference for that.
    pub fn new_cyclic(make: impl FnOnce(&ValueRef<T>) -> T) -> ValueRef<T> {
        let slot = Arc::new(Slot::new());
        let value = make(&ValueRef::of(Link::Weak(Arc::downgrade(&slot))));
        let _ = slot.set(Box::new(value) as Box<dyn ValueObject>);
        ValueRef::of(Link::Strong(slot))
    }

    /// The value; `None` if this reference does not keep it alive and nobody else does.
    pub fn get(&self) -> Option<ValueGuard<T>> {
        let slot = self.slot()?;
        slot.get()?.part(TypeId::of::<T>())?;
        Some(ValueGuard { slot, seen_as: PhantomData })
    }

    /// The same value seen as one of another type: a derived one that it is, or a base.
    pub fn cast<U: ValueState>(&self) -> Option<ValueRef<U>> {
        self.slot()?.get()?.part(TypeId::of::<U>())?;
        Some(ValueRef::of(self.link.clone()))
    }

    /// The repository id of the value's own type.
    pub fn id(&self) -> Option<&'static str> {
        Some(self.slot()?.get()?.id())
    }
}

impl<T> ValueRef<T> {
    pub(super) fn of(link: Link) -> ValueRef<T> {
        ValueRef { link, seen_as: PhantomData }
    }

    /// A reference to the same value that does not keep it alive, for closing a cycle.
    pub fn downgrade(&self) -> ValueRef<T> {
        ValueRef::of(match &self.link {
            Link::Strong(slot) => Link::Weak(Arc::downgrade(slot)),
            Link::Weak(slot) => Link::Weak(slot.clone()),
        })
    }

    /// Whether both are references to one value.
    pub fn is_same<U>(&self, other: &ValueRef<U>) -> bool {
        match (self.slot(), other.slot()) {
            (Some(one), Some(two)) => Arc::ptr_eq(&one, &two),
            _ => false,
        }
    }

    pub(super) fn slot(&self) -> Option<Arc<Slot>> {
        match &self.link {
            Link::Strong(slot) => Some(slot.clone()),
            Link::Weak(slot) => slot.upgrade(),
        }
    }
}

impl Clone for Link {
    fn clone(&self) -> Link {
        match self {
            Link::Strong(slot) => Link::Strong(slot.clone()),
            Link::Weak(slot) => Link::Weak(slot.clone()),
        }
    }
}

impl<T> Clone for ValueRef<T> {
    fn clone(&self) -> Self {
        ValueRef::of(self.link.clone())
    }
}

impl<T: ValueState> From<T> for ValueRef<T> {
    fn from(value: T) -> Self {
        ValueRef::new(value)
    }
}

impl<T: ValueState> PartialEq for ValueRef<T> {
    fn eq(&self, other: &Self) -> bool {
        let image = |value: &Self| {
            let mut out = Encoder::with_buffer(Vec::new(), 0, CdrProfile::native(Endian::NATIVE));
            quorb_giop::cdr::Cdr::encode(value, &mut out).ok().map(|()| out.into_bytes())
        };
        self.is_same(other) || matches!((image(self), image(other)), (Some(one), Some(two)) if one == two)
    }
}

/// By its type alone: what it leads to may lead back to it.
impl<T: ValueState> fmt::Debug for ValueRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueRef({})", self.id().unwrap_or("gone"))
    }
}

/// A value, kept alive while it is looked at.
pub struct ValueGuard<T> {
    slot: Arc<Slot>,
    seen_as: PhantomData<fn() -> T>,
}

impl<T: ValueState> Deref for ValueGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let part = self.slot.get().and_then(|object| object.part(TypeId::of::<T>()));
        // Looked at when the guard was made, and values do not change.
        part.and_then(|part| part.downcast_ref()).expect("a guard is made of a value of its type")
    }
}

impl<T: ValueState + fmt::Debug> fmt::Debug for ValueGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

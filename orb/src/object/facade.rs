//! From a proxy to its other forms.

use super::Proxy;

/// A proxy's other forms, by the proxy's type.
///
/// Generated code needs it to find the forms of a base interface, of which it knows only the proxy.
pub trait Facade: Proxy {
    /// The type whose methods block.
    type Blocking: Clone + std::fmt::Debug;

    /// The blocking form of this proxy.
    fn facade(&self) -> Self::Blocking;

    /// The type whose methods send now and answer later.
    type Deferred: Clone + std::fmt::Debug;

    /// The deferred form of this proxy.
    fn deferred_facade(&self) -> Self::Deferred;
}

//! From a proxy to its blocking form.

use super::Proxy;

/// A proxy's blocking form, by the proxy's type.
///
/// Generated code needs it to find the blocking form of a base interface, of which it knows only the proxy.
pub trait Facade: Proxy {
    /// The type whose methods block.
    type Blocking: Clone + std::fmt::Debug;

    /// The blocking form of this proxy.
    fn facade(&self) -> Self::Blocking;
}

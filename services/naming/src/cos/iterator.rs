//! `CosNaming::BindingIterator`: the rest of a list.

use quorb::interface;

use super::Binding;

/// The bindings that did not fit into the answer to `list`.
///
/// What is bound or unbound meanwhile may or may not be seen; no other binding is left out or given twice. A server keeps a
/// bounded number of iterators for a bounded time: one that is gone raises OBJECT_NOT_EXIST.
#[interface(id = "IDL:omg.org/CosNaming/BindingIterator:1.0")]
pub trait BindingIterator {
    /// The next binding; false, and an empty one, at the end.
    #[update]
    #[parameters(b)]
    async fn next_one(&self) -> (bool, Binding);

    /// The next bindings, `how_many` at most; false, and none, at the end. BAD_PARAM if `how_many` is 0.
    #[update]
    #[parameters(how_many, bl)]
    async fn next_n(&self, how_many: u32) -> Result<(bool, Vec<Binding>), quorb::Fault>;

    /// Lets the server forget the iterator.
    #[update]
    async fn destroy(&self);
}

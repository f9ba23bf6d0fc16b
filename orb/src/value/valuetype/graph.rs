//! Sharing in CBOR: the values of one item are numbered as they are met, and a number alone means a value met before.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::reference::Slot;

/// The values of the item that is being written or read on this thread.
#[derive(Default)]
struct Graph {
    /// How many items are open, one in another; the numbers hold for the outermost.
    open: usize,
    written: BTreeMap<usize, u64>,
    read: BTreeMap<u64, Arc<Slot>>,
    /// Keeps written values alive, so that no other gets an address of theirs.
    kept: Vec<Arc<Slot>>,
}

thread_local! {
    static GRAPH: RefCell<Graph> = RefCell::default();
}

/// Writes or reads an item, inside of which a value that is met twice is one value.
pub(crate) fn within_graph<R>(run: impl FnOnce() -> R) -> R {
    /// Forgets the values with the outermost item, even when reading panics.
    struct Closing;
    impl Drop for Closing {
        fn drop(&mut self) {
            // Values are dropped outside of the borrow: they may be anybody's.
            drop(GRAPH.with_borrow_mut(|graph| {
                graph.open -= 1;
                if graph.open == 0 { std::mem::take(graph) } else { Graph::default() }
            }));
        }
    }
    GRAPH.with_borrow_mut(|graph| graph.open += 1);
    let _closing = Closing;
    run()
}

/// The number of a value that is written, and whether it was written before.
pub(super) fn number_of(slot: &Arc<Slot>) -> (u64, bool) {
    GRAPH.with_borrow_mut(|graph| {
        let address = Arc::as_ptr(slot).addr();
        if let Some(number) = graph.written.get(&address) {
            return (*number, true);
        }
        let number = graph.written.len() as u64;
        graph.written.insert(address, number);
        graph.kept.push(slot.clone());
        (number, false)
    })
}

/// Lets a value that is read be met again.
pub(super) fn share(number: u64, slot: Arc<Slot>) {
    GRAPH.with_borrow_mut(|graph| graph.read.insert(number, slot));
}

/// The value with this number.
pub(super) fn shared(number: u64) -> Option<Arc<Slot>> {
    GRAPH.with_borrow(|graph| graph.read.get(&number).cloned())
}

//! The rest of long lists.
//!
//! An iterator keeps no names, only how far it has come, so that it costs the same whatever is left.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quorb::{Fault, ObjectRef, Proxy};

use super::refused::Refused;
use super::service::Service;
use crate::cos::{Binding, BindingIterator, BindingIteratorProxy, BindingIteratorServant};
use crate::tree::{ContextId, Label, Page, Sort, Time};

/// The iterators of a service.
#[derive(Debug, Default)]
pub(super) struct Iterators {
    /// The lock is held for a look or an insertion.
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    /// What each is as an object, and when it was last used.
    iterators: BTreeMap<u64, (ObjectRef, Time)>,
}

/// An iterator.
struct Rest {
    service: Arc<Service>,
    number: u64,
    context: ContextId,
    /// The last binding that was given. The lock is held for a look at the tree.
    after: Mutex<Option<Label>>,
}

impl Iterators {
    pub(super) fn len(&self) -> usize {
        self.table().iterators.len()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_used(&self, number: u64, now: Time) {
        if let Some((_, used)) = self.table().iterators.get_mut(&number) {
            *used = now;
        }
    }

    /// Takes out those that satisfy `condition`, and as many of the longest unused as are too many.
    fn take(&self, number_max: usize, condition: impl Fn(Time) -> bool) -> Vec<ObjectRef> {
        let mut table = self.table();
        let mut taken: Vec<u64> = Vec::new();
        taken.extend(
            table.iterators.iter().filter(|(_, (_, used))| condition(*used)).map(|(number, _)| number),
        );
        let surplus = table.iterators.len().saturating_sub(taken.len()).saturating_sub(number_max);
        if surplus > 0 {
            let mut by_use: Vec<_> =
                table.iterators.iter().map(|(number, (_, used))| (*used, *number)).collect();
            by_use.sort_unstable();
            taken.extend(by_use.into_iter().map(|(_, number)| number).take(surplus));
        }
        taken.iter().filter_map(|number| table.iterators.remove(number)).map(|(object, _)| object).collect()
    }
}

impl Service {
    /// An iterator over what comes after a binding.
    pub(super) fn begin_iterator(
        self: &Arc<Self>,
        context: ContextId,
        after: Option<Label>,
    ) -> BindingIteratorProxy {
        let now = self.shared().now();
        // Room is made first: the new one is not the one that goes.
        self.deactivate(self.iterators().take(self.limits().iterators_max.saturating_sub(1), |_| false));
        let number = {
            let mut table = self.iterators().table();
            table.next += 1;
            table.next
        };
        let rest = Rest { service: self.clone(), number, context, after: Mutex::new(after) };
        let proxy = self.orb().adapter().activate(BindingIteratorServant::new(rest));
        self.iterators().table().iterators.insert(number, (proxy.object().clone(), now));
        proxy
    }

    /// Forgets iterators that were not used for a while.
    pub(super) fn forget_idle_iterators(&self, now: Time) {
        let idle_max = self.limits().iterator_idle_max;
        self.deactivate(self.iterators().take(usize::MAX, |used| now.saturating_sub(used) > idle_max));
    }

    fn deactivate(&self, iterators: Vec<ObjectRef>) {
        for iterator in iterators {
            self.orb().adapter().deactivate(&iterator);
        }
    }
}

impl Rest {
    /// The next bindings. What is on its way to the disk is seen or not: a list promises nothing about changes meanwhile.
    fn next(&self, how_many: usize) -> Vec<Binding> {
        let limits = self.service.limits();
        self.service.iterators().is_used(self.number, self.service.shared().now());
        let mut after = self.after.lock().unwrap_or_else(PoisonError::into_inner);
        let how_many = how_many.min(limits.page_bindings_max);
        let page = self.service.shared().read_tree(|tree| {
            // A context that is destroyed has no bindings.
            tree.page(self.context, after.as_ref(), how_many, limits.page_bytes_max)
                .unwrap_or_else(|_| Page::default())
        });
        if let Some((last, _)) = page.bindings.last() {
            *after = Some(last.clone());
        }
        page.bindings.into_iter().map(binding).collect()
    }
}

impl BindingIterator for Rest {
    async fn next_one(&self) -> (bool, Binding) {
        match self.next(1).pop() {
            Some(binding) => (true, binding),
            None => (false, Binding::default()),
        }
    }

    async fn next_n(&self, how_many: u32) -> Result<(bool, Vec<Binding>), Fault> {
        if how_many == 0 {
            return Err(Refused::bad_param("how_many is 0").into());
        }
        let bindings = self.next(usize::try_from(how_many).unwrap_or(usize::MAX));
        Ok((!bindings.is_empty(), bindings))
    }

    async fn destroy(&self) {
        let removed = self.service.iterators().table().iterators.remove(&self.number);
        self.service.deactivate(removed.map(|(object, _)| object).into_iter().collect());
    }
}

/// A binding as lists give it.
pub(super) fn binding((label, sort): (Label, Sort)) -> Binding {
    Binding { binding_name: vec![label.component()], binding_type: sort.into() }
}

//! A value that is set now and then, and looked at often.

use std::sync::{Arc, PoisonError, RwLock};

/// The value set last, if one was.
#[derive(Debug)]
pub(super) struct Latest<T>(RwLock<Option<Arc<T>>>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(RwLock::new(None))
    }
}

impl<T> Latest<T> {
    pub(super) fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(value));
    }

    pub(super) fn get(&self) -> Option<Arc<T>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

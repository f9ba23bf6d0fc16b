//! A part of a group that groups nobody sends to do without: there may be ten thousand of them.

use super::{Backlog, OrderLog, Role, Stability};
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

/// It is as it is in a group that is not used, and has room of its own from when it is changed.
#[derive(Debug)]
pub(crate) struct Seldom<T>(Option<Box<T>>);

/// What can be unused.
pub(crate) trait Unused: Default + 'static {
    /// How it is then.
    fn unused() -> &'static Self;
}

impl<T> Seldom<T> {
    /// One that is used.
    pub(super) fn new(used: T) -> Self {
        Self(Some(Box::new(used)))
    }

    /// From now on it is not used.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// Whether it has been changed.
    pub(super) fn is_used(&self) -> bool {
        self.0.is_some()
    }
}

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Unused> Deref for Seldom<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match &self.0 {
            Some(used) => used,
            None => T::unused(),
        }
    }
}

impl<T: Unused> DerefMut for Seldom<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

macro_rules! unused {
    ($($part:ty)*) => {$(
        impl Unused for $part {
            fn unused() -> &'static Self {
                static UNUSED: LazyLock<$part> = LazyLock::new(<$part>::default);
                &UNUSED
            }
        }
    )*};
}

unused! { Backlog OrderLog Role Stability }

//! A bell: what wakes the driver of a connection.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Wakes one task that listens. A ring that nobody hears is heard by the next one who listens; many rings before that are
/// one. Ringing a bell that has been rung costs one atomic step: thousands of callers may do it for one driver.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: AtomicBool,
    /// The lock is held for a comparison, never across a wake-up.
    listener: Mutex<Option<Waker>>,
}

impl Bell {
    pub(super) fn ring(&self) {
        if self.rung.swap(true, Ordering::AcqRel) {
            return;
        }
        let listener = self.listener().take();
        if let Some(listener) = listener {
            listener.wake();
        }
    }

    /// Waits until it is rung. Cancellation safe: a ring is only taken by a poll that ends the wait.
    pub(super) async fn heard(&self) {
        poll_fn(|cx| self.poll_heard(cx)).await;
    }

    fn poll_heard(&self, cx: &Context<'_>) -> Poll<()> {
        if self.rung.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        {
            let mut listener = self.listener();
            if !listener.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                *listener = Some(cx.waker().clone());
            }
        }
        // It may have been rung before the listener was there to be woken.
        match self.rung.swap(false, Ordering::AcqRel) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn listener(&self) -> MutexGuard<'_, Option<Waker>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_ring_before_the_wait_is_heard_once() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        bell.heard().await;
        let again = poll_fn(|cx| Poll::Ready(bell.poll_heard(cx))).await;
        assert!(again.is_pending());
    }

    #[test]
    fn no_ring_is_lost_between_threads() {
        const RINGS: usize = 10_000;
        let (bell, heard) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
        let listener = {
            let (bell, heard) = (bell.clone(), heard.clone());
            std::thread::spawn(move || {
                block_on(async {
                    for _ in 0..RINGS {
                        bell.heard().await;
                        heard.ring();
                    }
                })
            })
        };
        block_on(async {
            for _ in 0..RINGS {
                bell.ring();
                heard.heard().await;
            }
        });
        listener.join().expect("it has heard all");
    }

    fn block_on(future: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future);
    }
}

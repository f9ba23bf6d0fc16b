//! Where a client's calls go.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quorb::SystemException;
use quorb::intercept::{ClientCall, ClientInterceptor, ClientNext, ClientReply};

/// An interceptor that notes which address the last call went to, and counts the calls that took more than one attempt.
///
/// ```
/// use std::sync::Arc;
///
/// let trail = Arc::new(quorb_interop::Trail::default());
/// let builder = quorb::Orb::builder().intercept_calls(trail.clone());
/// assert_eq!((trail.last_address(), trail.repeated()), (None, 0));
/// # drop(builder);
/// ```
#[derive(Debug, Default)]
pub struct Trail {
    last: Mutex<Option<Arc<str>>>,
    repeated: AtomicU64,
}

impl Trail {
    /// Where the last call went, as far as any was sent.
    pub fn last_address(&self) -> Option<Arc<str>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many calls took more than one attempt.
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }
}

impl ClientInterceptor for Trail {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        let reply = next.run(call).await;
        if let Some(peer) = call.last_peer() {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(peer.address);
        }
        if call.attempts_made() > 1 {
            self.repeated.fetch_add(1, Ordering::Relaxed);
        }
        reply
    }
}

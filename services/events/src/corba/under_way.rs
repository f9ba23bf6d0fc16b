//! Events on their way to one consumer: sent in order over one connection, their ends collected in the same order.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use quorb::{Completion, ExceptionKind, Minor, Proxy, SystemException};
use tokio::time::Instant;

use super::parcel::Parcel;
use super::pushing::PushEnd;
use crate::cos::PushConsumerProxy;

/// The events under way.
///
/// Only the oldest call is waited for; the ends of the others stay in their connection until it is their turn.
pub(super) struct UnderWay {
    consumer: PushConsumerProxy,
    calls: VecDeque<Call>,
    calls_max: usize,
    /// The time that the consumer has for the oldest of them.
    wait_max: Duration,
    /// Since when the oldest is the oldest.
    since: Instant,
}

/// One of them: the event, and its call.
type Call = (Arc<Parcel>, Pin<Box<dyn Future<Output = PushEnd> + Send>>);

impl UnderWay {
    pub(super) fn new(consumer: &PushConsumerProxy, calls_max: usize, wait_max: Duration) -> UnderWay {
        let mut options = consumer.object().options();
        options.at_once = true;
        // The last of them waits for all in front of it.
        options.deadline = u32::try_from(calls_max).ok().and_then(|calls| wait_max.checked_mul(calls + 1));
        let consumer = consumer.with_options(options);
        UnderWay { consumer, calls: VecDeque::new(), calls_max, wait_max, since: Instant::now() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.calls.len() >= self.calls_max
    }

    /// Whether more than one may be under way.
    pub(super) fn takes_several(&self) -> bool {
        self.calls_max > 1
    }

    /// Sends an event behind the others.
    pub(super) fn send(&mut self, parcel: Arc<Parcel>) {
        if self.calls.is_empty() {
            self.since = Instant::now();
        }
        let (consumer, pushed) = (self.consumer.clone(), parcel.clone());
        let mut call: Pin<Box<dyn Future<Output = PushEnd> + Send>> =
            Box::pin(async move { pushed.push_to(&consumer).await });
        // The first step sends it. Nobody is to be woken before it is the oldest.
        if let Poll::Ready(end) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            call = Box::pin(std::future::ready(end));
        }
        self.calls.push_back((parcel, call));
    }

    /// The end of the oldest, if it has come.
    pub(super) fn end_at_hand(&mut self) -> Option<(Arc<Parcel>, PushEnd)> {
        match self.poll_oldest(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => self.take_oldest(end),
            Poll::Pending => None,
        }
    }

    /// Waits for the end of the oldest; forever if there is none. If it does not come in time, nobody knows what becomes of
    /// it, and those behind it have no more time. Cancellation safe.
    pub(super) async fn next_end(&mut self) -> (Arc<Parcel>, PushEnd) {
        let until = self.since + self.wait_max;
        let (end, is_in_time) = match tokio::time::timeout_at(until, poll_fn(|cx| self.poll_oldest(cx))).await
        {
            Ok(end) => (end, true),
            Err(_) => (Err(too_late().into()), false),
        };
        let since = self.since;
        let Some(ended) = self.take_oldest(end) else { return std::future::pending().await };
        if !is_in_time {
            self.since = since;
        }
        ended
    }

    /// Waits until half of them have ended, but only for a moment: a consumer that is fast is sent many at a time, with one
    /// write, and has as many to do meanwhile; one that is slow gets the next when there is room. Cancellation safe.
    pub(super) async fn until_half_have_ended(&mut self) {
        let middle = self.calls.len() / 2;
        let ended = poll_fn(|cx| {
            let Some((_, call)) = self.calls.get_mut(middle) else { return Poll::Ready(()) };
            call.as_mut().poll(cx).map(|end| *call = Box::pin(std::future::ready(end)))
        });
        // Those in front of it are asked by themselves, whether it has ended or not.
        let _ = tokio::time::timeout(HALF_WAIT, ended).await;
    }

    fn poll_oldest(&mut self, cx: &mut Context<'_>) -> Poll<PushEnd> {
        match self.calls.front_mut() {
            Some((_, call)) => call.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    fn take_oldest(&mut self, end: PushEnd) -> Option<(Arc<Parcel>, PushEnd)> {
        self.since = Instant::now();
        self.calls.pop_front().map(|(parcel, _)| (parcel, end))
    }
}

/// The moment in which a fast consumer has taken half of what is under way.
const HALF_WAIT: Duration = Duration::from_millis(2);

/// The exception for a consumer that has not answered in time.
fn too_late() -> SystemException {
    SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, Completion::Maybe)
}

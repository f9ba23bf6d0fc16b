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
    /// Where calls were that have ended, for the next ones.
    places: Vec<Box<dyn Place>>,
    calls_max: usize,
    /// The time that the consumer has for the oldest of them.
    wait_max: Duration,
    /// Since when the oldest is the oldest.
    since: Instant,
}

/// One of them.
struct Call {
    parcel: Arc<Parcel>,
    place: Box<dyn Place>,
    /// It has ended, like this.
    end: Option<PushEnd>,
}

/// Where a call is made, and then another one: its future is too large to be allocated for each event.
trait Place: Send {
    /// Begins another call; the one before is over.
    fn begin(&mut self, parcel: Arc<Parcel>, consumer: PushConsumerProxy);

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<PushEnd>;
}

/// The place of a future, and what makes it.
struct PlaceOf<F> {
    make: fn(Arc<Parcel>, PushConsumerProxy) -> F,
    future: Pin<Box<F>>,
}

impl<F: Future<Output = PushEnd> + Send + 'static> PlaceOf<F> {
    fn boxed(
        make: fn(Arc<Parcel>, PushConsumerProxy) -> F,
        parcel: Arc<Parcel>,
        consumer: PushConsumerProxy,
    ) -> Box<dyn Place> {
        Box::new(PlaceOf { make, future: Box::pin(make(parcel, consumer)) })
    }
}

impl<F: Future<Output = PushEnd> + Send> Place for PlaceOf<F> {
    fn begin(&mut self, parcel: Arc<Parcel>, consumer: PushConsumerProxy) {
        self.future.set((self.make)(parcel, consumer));
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<PushEnd> {
        self.future.as_mut().poll(cx)
    }
}

impl Call {
    /// Whether it has ended.
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.end.is_some() {
            return Poll::Ready(());
        }
        self.place.poll(cx).map(|end| self.end = Some(end))
    }
}

async fn pushed(parcel: Arc<Parcel>, consumer: PushConsumerProxy) -> PushEnd {
    parcel.push_to(&consumer).await
}

impl UnderWay {
    pub(super) fn new(consumer: &PushConsumerProxy, calls_max: usize, wait_max: Duration) -> UnderWay {
        let mut options = consumer.object().options();
        options.at_once = true;
        // The last of them waits for all in front of it.
        options.deadline = u32::try_from(calls_max).ok().and_then(|calls| wait_max.checked_mul(calls + 1));
        let consumer = consumer.with_options(options);
        let (calls, places) = (VecDeque::new(), Vec::new());
        UnderWay { consumer, calls, places, calls_max, wait_max, since: Instant::now() }
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
        let (event, consumer) = (parcel.clone(), self.consumer.clone());
        let place = match self.places.pop() {
            Some(mut place) => {
                place.begin(event, consumer);
                place
            }
            None => PlaceOf::boxed(pushed, event, consumer),
        };
        let mut call = Call { parcel, place, end: None };
        // The first step sends it. Nobody is to be woken before it is the oldest.
        let _ = call.poll_ended(&mut Context::from_waker(Waker::noop()));
        self.calls.push_back(call);
    }

    /// The end of the oldest, if it has come.
    pub(super) fn end_at_hand(&mut self) -> Option<(Arc<Parcel>, PushEnd)> {
        match self.poll_oldest(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(()) => self.take_oldest(),
            Poll::Pending => None,
        }
    }

    /// Waits for the end of the oldest; forever if there is none. If it does not come in time, nobody knows what becomes of
    /// it, and those behind it have no more time. Cancellation safe.
    pub(super) async fn next_end(&mut self) -> (Arc<Parcel>, PushEnd) {
        let until = self.since + self.wait_max;
        let is_in_time = tokio::time::timeout_at(until, poll_fn(|cx| self.poll_oldest(cx))).await.is_ok();
        let since = self.since;
        let Some(ended) = self.take_oldest() else { return std::future::pending().await };
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
            let call = self.calls.get_mut(middle);
            call.map_or(Poll::Ready(()), |call| call.poll_ended(cx))
        });
        // Those in front of it are asked by themselves, whether it has ended or not.
        let _ = tokio::time::timeout(HALF_WAIT, ended).await;
    }

    fn poll_oldest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.calls.front_mut() {
            Some(call) => call.poll_ended(cx),
            None => Poll::Pending,
        }
    }

    /// Takes the oldest, which has ended, or else is too late: then it is given up.
    fn take_oldest(&mut self) -> Option<(Arc<Parcel>, PushEnd)> {
        self.since = Instant::now();
        let Call { parcel, place, end } = self.calls.pop_front()?;
        if end.is_some() {
            self.places.push(place);
        }
        if self.calls.is_empty() {
            // A consumer that has caught up holds no memory for a burst that may never come again.
            self.places.truncate(PLACES_KEPT_MAX);
        }
        Some((parcel, end.unwrap_or_else(|| Err(too_late().into()))))
    }
}

/// Places that are kept while nothing is under way.
const PLACES_KEPT_MAX: usize = 2;

/// The moment in which a fast consumer has taken half of what is under way.
const HALF_WAIT: Duration = Duration::from_millis(2);

/// The exception for a consumer that has not answered in time.
fn too_late() -> SystemException {
    SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, Completion::Maybe)
}

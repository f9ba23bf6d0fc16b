//! The events as they come.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quorb::{ExceptionKind, Fault, IdlType, Minor, Proxy, SystemException};
use tokio::sync::mpsc;

use super::error::{About, EventError, Loss};
use super::sender::is_passing;
use super::typed::{Event, NoValue, Typed};
use crate::Limits;
use crate::block::EventCursor;
use crate::native::{
    ChannelOptions, EventServiceProxy, ReceivedDelivery, ReceivedPiece, Start, SubscribeError,
    SubscribeOptions, Subscribed, TakeError,
};

/// The events of a subscription, in order. Dropping it ends the subscription.
///
/// If the service is restarted, it goes on: on a durable channel where it was, without a gap and without a repetition; on
/// others with the first event of the new channel, after a [`Loss::Restarted`].
#[derive(Debug)]
pub struct Feed<T> {
    arrivals: mpsc::Receiver<Arrival>,
    pieces: std::vec::IntoIter<ReceivedPiece>,
    current: Option<Current>,
    losses: std::collections::VecDeque<Loss>,
    typed: Typed<T>,
    next: u64,
    /// Where it is when the pieces have been given.
    settled: u64,
    /// Where it ends; nowhere if it does not.
    until: u64,
    lost: u64,
    ended: Option<Loss>,
    /// How far it has come is remembered under a name.
    settling: Option<Settling>,
}

/// Where it is told how far a feed has come.
#[derive(Debug)]
struct Settling {
    service: EventServiceProxy,
    channel: String,
    name: String,
    /// Positions are those of this life of the channel.
    life: u64,
}

/// A block that is being walked through.
#[derive(Debug)]
struct Current {
    piece: ReceivedPiece,
    cursor: EventCursor,
    place: usize,
}

#[derive(Debug)]
enum Arrival {
    Delivery(ReceivedDelivery),
    /// With the life of the channel from here on.
    Loss(Loss, u64),
}

/// Where a feed comes from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) service: EventServiceProxy,
    pub(super) limits: Arc<Limits>,
    pub(super) pattern: String,
    pub(super) options: SubscribeOptions,
    pub(super) begun: Subscribed,
    pub(super) channel: String,
    pub(super) made: ChannelOptions,
    pub(super) until: Option<u64>,
    pub(super) name: Option<String>,
}

/// Answers that wait to be looked at, beside the one that is being looked at.
const ARRIVALS_MAX: usize = 1;

/// How long the service keeps a question.
const WAIT: Duration = Duration::from_secs(8);

/// How long such a question may take altogether.
const TAKE_DEADLINE: Duration = Duration::from_secs(20);

/// How long the service is looked for before the feed ends.
const PATIENCE: Duration = Duration::from_secs(120);

/// The wait before it is looked for again, and the longest.
const RETRY_WAIT: Duration = Duration::from_millis(50);
const RETRY_WAIT_MAX: Duration = Duration::from_secs(1);

impl<T: IdlType> Feed<T> {
    pub(super) fn start(source: Source) -> Result<Feed<T>, EventError> {
        let typed = Typed::new()?;
        let (sender, arrivals) = mpsc::channel(ARRIVALS_MAX);
        let (next, until) = (source.begun.next, source.until.unwrap_or(u64::MAX));
        let settling = source.name.clone().map(|name| {
            let (service, channel) = (source.service.clone(), source.channel.clone());
            Settling { service, channel, name, life: source.begun.life }
        });
        tokio::spawn(source.run(sender));
        Ok(Feed {
            arrivals,
            pieces: Vec::new().into_iter(),
            current: None,
            losses: std::collections::VecDeque::new(),
            typed,
            next,
            settled: next,
            until,
            lost: 0,
            ended: None,
            settling,
        })
    }

    /// Says that everything that the feed has given so far has been worked on: whoever subscribes with its
    /// [name](super::Subscription::named) begins behind that, at whichever server, even after a restart of all. On return it is
    /// as safe as the events of the channel. Cancellation safe.
    ///
    /// # Errors
    /// [`EventError::Refused`] if the feed has no name; [`EventError::NoChannel`] if the channel has ended, or begun anew.
    pub async fn settle(&self) -> Result<(), EventError> {
        let Some(Settling { service, channel, name, life }) = &self.settling else {
            return Err(EventError::Refused("the subscriber has no name".to_owned()));
        };
        service.settle(channel, *life, name, self.next).await.map_err(|fault| fault.about(channel))
    }

    /// The next value; waits for it. None when the feed has ended, which [`end`](Feed::end) explains. What was lost is left
    /// out, and counted in [`lost`](Feed::lost). Cancellation safe.
    pub async fn next(&mut self) -> Option<T> {
        while self.next < self.until {
            if let Some(current) = &mut self.current {
                let Current { piece, cursor, place } = current;
                if *place < piece.to
                    && let Some(event) = piece.block.next_event(cursor)
                {
                    self.next = piece.position(*place) + 1;
                    if self.next > self.until {
                        return None;
                    }
                    *place += 1;
                    match self.typed.value(&piece.block, &event) {
                        Ok(value) => return Some(value),
                        Err(_) => {
                            self.lost += 1;
                            continue;
                        }
                    }
                }
            }
            if !self.advance().await {
                return None;
            }
            self.losses.clear();
        }
        None
    }

    /// The next event with everything that is known of it, or what was lost in front of it; waits for it. None when the feed
    /// has ended. Cancellation safe.
    pub async fn next_event(&mut self) -> Option<Result<Event<T>, Loss>> {
        loop {
            if let Some(loss) = self.losses.pop_front() {
                return Some(Err(loss));
            }
            if self.next >= self.until {
                return None;
            }
            if let Some(current) = &mut self.current {
                let Current { piece, cursor, place } = current;
                if *place < piece.to
                    && let Some(event) = piece.block.next_event(cursor)
                {
                    let position = piece.position(*place);
                    self.next = position + 1;
                    if self.next > self.until {
                        continue;
                    }
                    *place += 1;
                    let subject = piece.block.subject(event.subject).to_owned();
                    return Some(match self.typed.value(&piece.block, &event) {
                        Ok(value) => {
                            let (time_us, key) = (piece.time, event.key.to_vec());
                            Ok(Event { position, time_us, subject, key, value })
                        }
                        Err(why) => {
                            self.lost += 1;
                            Err(why.at(position, subject))
                        }
                    });
                }
            }
            if !self.advance().await && self.losses.is_empty() {
                return None;
            }
        }
    }

    /// Goes on to the next block. False at the end.
    async fn advance(&mut self) -> bool {
        self.current = None;
        loop {
            if let Some(piece) = self.pieces.next() {
                let mut cursor = piece.block.begin();
                for _ in 0..piece.from {
                    piece.block.next_event(&mut cursor);
                }
                self.current = Some(Current { cursor, place: piece.from, piece });
                return true;
            }
            self.next = self.next.max(self.settled);
            if !self.losses.is_empty() || self.next >= self.until {
                return true;
            }
            match self.arrivals.recv().await {
                Some(Arrival::Delivery(delivery)) => self.arrived(delivery),
                Some(Arrival::Loss(loss, life)) => {
                    if let Some(settling) = &mut self.settling {
                        settling.life = life;
                    }
                    self.lose(loss);
                }
                None => return false,
            }
            if !self.losses.is_empty() {
                return true;
            }
        }
    }

    fn arrived(&mut self, delivery: ReceivedDelivery) {
        if let Some((from, to)) = delivery.gone {
            self.lose(Loss::Gone { from, to });
        }
        let losses = delivery.losses;
        if losses.total() > 0 {
            let (oldest, newest, conflated) = (losses.oldest, losses.newest, losses.conflated);
            self.lose(Loss::Dropped { oldest, newest, conflated });
        }
        self.settled = self.settled.max(delivery.next);
        self.pieces = delivery.pieces.into_iter();
    }

    fn lose(&mut self, loss: Loss) {
        self.lost += match &loss {
            Loss::Dropped { oldest, newest, conflated } => oldest + newest + conflated,
            Loss::Gone { from, to } => to - from,
            _ => 0,
        };
        if let Loss::Restarted { next } = loss {
            (self.next, self.settled) = (next, next);
        }
        if loss.is_end() {
            self.ended = Some(loss.clone());
        }
        self.losses.push_back(loss);
    }

    /// The position behind the last event that was given: where a later subscription goes on.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Events that matched and were not given: dropped, gone, or of another type.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Why it has ended, if it has.
    pub fn end(&self) -> Option<&Loss> {
        self.ended.as_ref()
    }
}

impl NoValue {
    fn at(self, position: u64, subject: String) -> Loss {
        match self {
            NoValue::OtherType(found) => Loss::OtherType { position, subject, found },
            NoValue::Malformed(cause) => Loss::Malformed { position, cause: cause.to_string() },
        }
    }
}

impl Source {
    /// Asks for events, and for the next ones while these are looked at, until nobody wants them any more.
    async fn run(mut self, arrivals: mpsc::Sender<Arrival>) {
        let ended = tokio::select! {
            ended = self.follow(&arrivals) => Some(ended),
            () = arrivals.closed() => None,
        };
        let Subscribed { channel, subscription, life, .. } = self.begun;
        match ended {
            // Who wanted it may have gone meanwhile.
            Some(loss) => drop(arrivals.send(Arrival::Loss(loss, life)).await),
            // The service would find out by itself, later.
            None => drop(self.service.cancel(channel, subscription).await),
        }
    }

    async fn follow(&mut self, arrivals: &mpsc::Sender<Arrival>) -> Loss {
        let service = self.service.with_deadline(TAKE_DEADLINE);
        let wait_ms = u32::try_from(WAIT.as_millis()).unwrap_or(u32::MAX);
        let (mut taken, mut next) = (0, self.begun.next);
        let (mut failing, mut wait) = (None, RETRY_WAIT);
        loop {
            let Subscribed { channel, subscription, .. } = self.begun;
            let fault = match service.take(channel, subscription, taken, wait_ms).await {
                Ok(octets) if octets.is_empty() => {
                    (failing, wait) = (None, RETRY_WAIT);
                    continue;
                }
                Ok(octets) => {
                    (failing, wait) = (None, RETRY_WAIT);
                    match ReceivedDelivery::read(Bytes::from(octets), &self.limits) {
                        Ok(delivery) => {
                            (taken, next) = (delivery.number, delivery.next);
                            if arrivals.send(Arrival::Delivery(delivery)).await.is_err() {
                                std::future::pending::<()>().await;
                            }
                            continue;
                        }
                        Err(cause) => return Loss::Unreachable(malformed(&cause)),
                    }
                }
                Err(fault) => fault,
            };
            let begun = *failing.get_or_insert_with(tokio::time::Instant::now);
            match fault {
                Fault::User(TakeError::Ejected(ejected)) => {
                    return Loss::Ejected { why: ejected.why, next: ejected.next };
                }
                Fault::System(exception) if !is_passing(&exception) || begun.elapsed() >= PATIENCE => {
                    return Loss::Unreachable(exception);
                }
                Fault::System(_) => {}
                Fault::User(TakeError::NoSubscription(_)) => match self.begin_again(next).await {
                    Ok(None) => (taken, next) = (0, self.begun.next),
                    Ok(Some(loss)) => {
                        (taken, next) = (0, self.begun.next);
                        let _ = arrivals.send(Arrival::Loss(loss, self.begun.life)).await;
                    }
                    Err(exception) if !is_passing(&exception) || begun.elapsed() >= PATIENCE => {
                        return Loss::Unreachable(exception);
                    }
                    Err(_) => {}
                },
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY_WAIT_MAX);
        }
    }

    /// Subscribes again, from a position on, or, if that means nothing any more, from the first one on.
    async fn begin_again(&mut self, next: u64) -> Result<Option<Loss>, SystemException> {
        let options = SubscribeOptions { start: Start::Position(next), ..self.options };
        let begun = self.subscribe(&options).await?;
        if begun.life == self.begun.life {
            // With less than there was nobody has gone on but an operator.
            let is_less = begun.next < next;
            self.begun = begun;
            return Ok(is_less.then_some(Loss::Restarted { next: begun.next }));
        }
        self.service.cancel(begun.channel, begun.subscription).await.map_err(system)?;
        self.begun = self.subscribe(&SubscribeOptions { start: Start::First, ..self.options }).await?;
        Ok(Some(Loss::Restarted { next: self.begun.next }))
    }

    async fn subscribe(&self, options: &SubscribeOptions) -> Result<Subscribed, SystemException> {
        match self.service.subscribe(&self.pattern, options).await {
            Ok(begun) => Ok(begun),
            Err(Fault::User(SubscribeError::NoChannel(_))) => {
                // It was in memory only: it is made anew as it was.
                let made = Some(self.made.clone());
                self.service.open(&self.channel, &made).await.map_err(system)?;
                self.service.subscribe(&self.pattern, options).await.map_err(system)
            }
            Err(fault) => Err(system(fault)),
        }
    }
}

/// What cannot be declared to a caller that has long gone on.
fn system<E: std::fmt::Debug>(fault: Fault<E>) -> SystemException {
    match fault {
        Fault::System(exception) => exception,
        Fault::User(declared) => {
            SystemException::new(ExceptionKind::BadInvOrder, Minor::UNSPECIFIED, quorb::Completion::No)
                .because(format_args!("{declared:?}"))
        }
    }
}

fn malformed(cause: &crate::native::DeliveryError) -> SystemException {
    SystemException::new(ExceptionKind::Marshal, Minor::RESULT_MALFORMED, quorb::Completion::Yes)
        .because(cause)
}

//! What gathers while the last block is on its way goes with the next one.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quorb::{ExceptionKind, Fault, Proxy, SystemException};
use tokio::sync::{Notify, oneshot};

use super::error::{About, EventError};
use super::events::Shared;
use crate::Limits;
use crate::block::BlockWriter;
use crate::native::{ChannelInfo, ChannelOptions, EventServiceProxy, Guarantee, PublishError, WhyNot};

/// Publishes to a channel, one block at a time, in order. What was sent before it is dropped goes out all the same.
///
/// There is no timer: a lone event goes at once, and under load many go together.
#[derive(Debug)]
pub(super) struct Sender(Arc<State>);

#[derive(Debug)]
struct State {
    channel: String,
    publisher: String,
    options: ChannelOptions,
    limits: Arc<Limits>,
    /// The lock is held while an event is appended, or the block is taken.
    pending: Mutex<Pending>,
    /// There is something to be sent.
    bell: Notify,
    /// There is room again.
    room: Notify,
}

#[derive(Debug)]
struct Pending {
    block: BlockWriter,
    /// Who waits for what is in the block, or for everything up to now.
    waiting: Vec<Waiter>,
    next_sequence: u64,
    /// What went wrong and was told to nobody: the next one hears of it.
    untold: Option<EventError>,
    dropped: u64,
    is_closed: bool,
}

/// Who waits.
#[derive(Debug)]
struct Waiter {
    told: oneshot::Sender<Result<u64, EventError>>,
    /// Not for an event of the block only, but also for what is on its way already.
    is_for_all: bool,
    /// What became of that, if it went wrong.
    failed: Option<EventError>,
}

/// What a publisher is told.
type Answer = oneshot::Receiver<Result<u64, EventError>>;

impl Waiter {
    fn new(is_for_all: bool) -> (Waiter, Answer) {
        let (told, answer) = oneshot::channel();
        (Waiter { told, is_for_all, failed: None }, answer)
    }

    /// Says what became of the block. False if whoever has waited has gone away.
    fn tell(self, outcome: Result<u64, EventError>) -> bool {
        self.told.send(self.failed.map_or(outcome, Err)).is_ok()
    }
}

/// What is appended to a block.
pub(super) struct Appended<'a> {
    pub(super) subject: &'a str,
    pub(super) ty: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) payload: &'a [u8],
}

/// How an event is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It waits for room.
    Waiting,
    /// It waits until it is published.
    Confirmed,
}

/// The octets that gather before publishers wait.
const GATHERED_BYTES_MAX: usize = 128 << 10;

/// The events that gather before publishers wait.
const GATHERED_EVENTS_MAX: usize = 1_024;

/// How long a block is sent again before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The wait before a block is sent again.
const RETRY_WAIT: Duration = Duration::from_millis(50);

/// The longest such wait.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(1);

/// The time that one attempt may take: longer than the service waits for slow subscribers.
const ATTEMPT_WAIT: Duration = Duration::from_secs(30);

impl Sender {
    pub(super) fn start(
        shared: &Shared,
        info: &ChannelInfo,
        publisher: Option<&str>,
        next_sequence: u64,
    ) -> Arc<Sender> {
        let publisher = publisher.map_or_else(drawn_name, ToOwned::to_owned);
        let pending = Pending {
            block: BlockWriter::new(&publisher, next_sequence),
            waiting: Vec::new(),
            next_sequence,
            untold: None,
            dropped: 0,
            is_closed: false,
        };
        let state = Arc::new(State {
            channel: info.name.clone(),
            publisher,
            options: info.options.clone(),
            limits: shared.limits.clone(),
            pending: Mutex::new(pending),
            bell: Notify::new(),
            room: Notify::new(),
        });
        tokio::spawn(run(state.clone(), shared.service.clone()));
        Arc::new(Sender(state))
    }

    pub(super) fn guarantee(&self) -> Guarantee {
        self.0.options.guarantee
    }

    /// The number that the next event gets.
    pub(super) fn next_sequence(&self) -> u64 {
        self.0.pending().next_sequence
    }

    /// Events that were dropped here, since nobody was to wait.
    pub(super) fn dropped(&self) -> u64 {
        self.0.pending().dropped
    }

    /// Appends an event, as soon as there is room; on a channel of best effort it is dropped and counted if there is none.
    pub(super) async fn send(&self, event: &Appended<'_>, mode: Mode) -> Result<u64, EventError> {
        let (waiter, answer) = Waiter::new(false);
        let mut waiter = Some(waiter).filter(|_| mode == Mode::Confirmed);
        loop {
            let room = self.0.room.notified();
            if self.0.try_append(event, &mut waiter)? {
                break;
            }
            if self.guarantee() == Guarantee::BestEffort && mode == Mode::Waiting {
                self.0.pending().dropped += 1;
                return Ok(0);
            }
            room.await;
        }
        match mode {
            Mode::Waiting => {
                // A publisher that never waits would not let others have their turn.
                tokio::task::coop::consume_budget().await;
                Ok(0)
            }
            Mode::Confirmed => answered(answer).await,
        }
    }

    /// Waits until everything up to now is published. Answers the position of the last event of the block that it went with.
    pub(super) async fn flushed(&self) -> Result<u64, EventError> {
        let (waiter, answer) = Waiter::new(true);
        self.0.wait(waiter)?;
        answered(answer).await
    }
}

async fn answered(answer: Answer) -> Result<u64, EventError> {
    answer.await.unwrap_or(Err(EventError::NotPublished { events: 0, why: WhyNot::Ending }))
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.pending().is_closed = true;
        self.0.bell.notify_one();
    }
}

impl State {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has somebody wait for everything up to now.
    fn wait(&self, waiter: Waiter) -> Result<(), EventError> {
        let mut pending = self.pending();
        if let Some(error) = pending.untold.take() {
            return Err(error);
        }
        pending.waiting.push(waiter);
        drop(pending);
        self.bell.notify_one();
        Ok(())
    }

    /// Appends an event if there is room. Who waits for it goes with the same block: what becomes of that is its answer.
    fn try_append(&self, event: &Appended<'_>, waiter: &mut Option<Waiter>) -> Result<bool, EventError> {
        let mut pending = self.pending();
        if let Some(error) = pending.untold.take() {
            return Err(error);
        }
        if pending.is_closed {
            return Err(EventError::NotPublished { events: 1, why: WhyNot::Ending });
        }
        let Appended { subject, ty, key, payload } = *event;
        let block = &mut pending.block;
        let bytes = block.size() + payload.len();
        let is_first = block.is_empty();
        if block.fits(subject, ty, key, payload, &self.limits).is_err() {
            if is_first {
                return Err(EventError::TooLarge { bytes, limit: self.limits.block_bytes_max });
            }
            return Ok(false);
        }
        if !is_first && (bytes > GATHERED_BYTES_MAX || block.len() >= GATHERED_EVENTS_MAX) {
            return Ok(false);
        }
        let (subject, ty) = (block.subject(subject), block.ty(ty));
        block.event(subject, ty, key, payload);
        pending.next_sequence += 1;
        pending.waiting.extend(waiter.take());
        drop(pending);
        if is_first {
            self.bell.notify_one();
        }
        Ok(true)
    }

    /// What goes out next, and who waits for it.
    fn take(&self) -> (BlockWriter, Vec<Waiter>, bool) {
        let mut pending = self.pending();
        let next = BlockWriter::new(&self.publisher, pending.next_sequence);
        let block = std::mem::replace(&mut pending.block, next);
        (block, std::mem::take(&mut pending.waiting), pending.is_closed)
    }

    /// Lets those know who wait for the block, and later those who have come to wait for everything while it was on its way;
    /// where nobody is left, whoever comes next.
    fn fail(&self, error: &EventError, waiting: Vec<Waiter>) {
        let tell = |waiter: Waiter| waiter.tell(Err(error.clone()));
        let told = waiting.into_iter().map(tell).filter(|&is_there| is_there).count();
        let mut pending = self.pending();
        let later = pending.waiting.iter_mut().filter(|waiter| waiter.is_for_all && !waiter.told.is_closed());
        let later = later.map(|waiter| waiter.failed.get_or_insert_with(|| error.clone())).count();
        if told + later == 0 {
            pending.untold = Some(error.clone());
        }
    }
}

/// Sends blocks until nobody publishes any more.
async fn run(state: Arc<State>, service: EventServiceProxy) {
    let service = service.with_deadline(ATTEMPT_WAIT);
    let mut last = 0;
    loop {
        let (block, waiting, is_closed) = state.take();
        state.room.notify_waiters();
        if block.is_empty() {
            let is_idle = waiting.is_empty();
            tell_all(waiting, last);
            if is_closed {
                return;
            }
            if is_idle {
                state.bell.notified().await;
            }
            continue;
        }
        match send_block(&state, &service, block).await {
            Ok(position) => {
                last = position;
                tell_all(waiting, position);
            }
            Err(error) => state.fail(&error, waiting),
        }
    }
}

/// What they have waited for is published. Whoever has gone away needs no answer.
fn tell_all(waiting: Vec<Waiter>, position: u64) {
    for waiter in waiting {
        waiter.tell(Ok(position));
    }
}

/// Sends a block, again and again as long as that may help. It is not published twice: its events have numbers.
async fn send_block(
    state: &State,
    service: &EventServiceProxy,
    block: BlockWriter,
) -> Result<u64, EventError> {
    let block = block.into_block();
    let begun = tokio::time::Instant::now();
    let mut wait = RETRY_WAIT;
    loop {
        let fault = match service.publish(&state.channel, block.octets()).await {
            Ok(accepted) => return Ok(accepted.last),
            Err(fault) => fault,
        };
        let again = match &fault {
            Fault::User(PublishError::NotAccepted(not))
                if !matches!(not.why, WhyNot::Overloaded | WhyNot::NotAgreed) =>
            {
                let published = not.next_sequence.saturating_sub(block.first_sequence());
                let events = (block.len() as u64).saturating_sub(published);
                return Err(EventError::NotPublished { events, why: not.why });
            }
            Fault::User(PublishError::NotAccepted(_)) => true,
            // The service was restarted: a channel that was in memory only is made anew.
            Fault::User(PublishError::NoChannel(_)) => {
                service.open(&state.channel, &Some(state.options.clone())).await.is_ok()
            }
            Fault::User(PublishError::BadBlock(_)) => false,
            Fault::System(exception) => is_passing(exception),
        };
        if !again || begun.elapsed() >= PATIENCE {
            return Err(fault.about(&state.channel));
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(RETRY_WAIT_MAX);
    }
}

/// Whether a call may well succeed later.
pub(super) fn is_passing(exception: &SystemException) -> bool {
    use ExceptionKind::{CommFailure, NoResponse, ObjectNotExist, Timeout, Transient};
    [CommFailure, NoResponse, ObjectNotExist, Timeout, Transient].contains(&exception.kind())
}

/// A name that nobody else has, for a publisher that has none.
fn drawn_name() -> String {
    let number = RandomState::new().hash_one((std::process::id(), std::time::SystemTime::now()));
    format!("~{number:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let pending = Pending {
            block: BlockWriter::new("p", 1),
            waiting: Vec::new(),
            next_sequence: 1,
            untold: None,
            dropped: 0,
            is_closed: false,
        };
        State {
            channel: "c".into(),
            publisher: "p".into(),
            options: ChannelOptions::new(Guarantee::Durable),
            limits: Arc::new(Limits::default()),
            pending: Mutex::new(pending),
            bell: Notify::new(),
            room: Notify::new(),
        }
    }

    const EVENT: Appended<'_> = Appended { subject: "c", ty: b"t", key: b"", payload: b"p" };
    const FULL: EventError = EventError::NotPublished { events: 1, why: WhyNot::Store };

    /// An event that nobody waits for is on its way.
    fn post(state: &State) {
        assert!(state.try_append(&EVENT, &mut None).unwrap());
        assert!(state.take().1.is_empty());
    }

    /// However soon the block is taken: whoever waits for the event is told what becomes of it.
    #[test]
    fn who_waits_for_an_event_goes_with_its_block() {
        let state = state();
        let (waiter, mut answer) = Waiter::new(false);
        assert!(state.try_append(&EVENT, &mut Some(waiter)).unwrap());
        let (block, waiting, _) = state.take();
        assert_eq!((block.len(), waiting.len()), (1, 1));
        state.fail(&FULL, waiting);
        assert!(answer.try_recv().unwrap().is_err());
        assert!(state.pending().untold.is_none(), "it was told");
    }

    /// A flush that finds the block on its way already waits for it, too.
    #[test]
    fn who_waits_for_everything_is_told_of_what_was_on_its_way() {
        let state = state();
        post(&state);
        let (flush, mut flushed) = Waiter::new(true);
        state.wait(flush).unwrap();
        let (waiter, mut answer) = Waiter::new(false);
        assert!(state.try_append(&EVENT, &mut Some(waiter)).unwrap());
        state.fail(&FULL, Vec::new());
        assert!(flushed.try_recv().is_err() && answer.try_recv().is_err(), "something is still to be sent");
        tell_all(state.take().1, 2);
        assert!(flushed.try_recv().unwrap().is_err());
        assert_eq!(answer.try_recv().unwrap().unwrap(), 2, "its own event is there");
        assert!(state.pending().untold.is_none(), "it was told");
    }

    #[test]
    fn what_nobody_waited_for_is_told_to_whoever_comes_next() {
        let state = state();
        post(&state);
        state.fail(&FULL, Vec::new());
        assert!(state.wait(Waiter::new(true).0).is_err());
        assert!(state.wait(Waiter::new(true).0).is_ok(), "it is told once");
    }

    /// Somebody else's event may have been in the same block.
    #[test]
    fn what_those_who_have_gone_away_waited_for_is_told_to_whoever_comes_next() {
        let state = state();
        let (waiter, answer) = Waiter::new(false);
        assert!(state.try_append(&EVENT, &mut Some(waiter)).unwrap());
        let (_, waiting, _) = state.take();
        let (flush, flushed) = Waiter::new(true);
        state.wait(flush).unwrap();
        drop((answer, flushed));
        state.fail(&FULL, waiting);
        assert!(state.wait(Waiter::new(true).0).is_err());
    }
}

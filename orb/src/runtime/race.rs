//! Several attempts of which one is enough: the second starts when the first has failed or taken too long.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// What happens in a race, for whoever keeps the record. Attempts have numbers, from 0 in the order of their starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Race<E> {
    /// It starts.
    Started(usize),
    /// It has failed.
    Failed(usize, E),
    /// One that started after it has won; it is dropped.
    Overtaken(usize),
}

/// Runs attempts until one succeeds, and drops the others (RFC 8305, section 5): the next one starts when `stagger` has
/// passed or as soon as one has failed. None if all have failed. Cancellation safe, as far as the attempts are.
pub(super) async fn race<T, E, F: Future<Output = Result<T, E>>>(
    mut attempts: impl ExactSizeIterator<Item = F>,
    stagger: Duration,
    mut record: impl FnMut(Race<E>),
) -> Option<T> {
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::with_capacity(attempts.len());
    let mut started = 0;
    loop {
        if let Some(attempt) = attempts.next() {
            record(Race::Started(started));
            running.push((started, Box::pin(attempt)));
            started += 1;
        }
        if running.is_empty() {
            return None;
        }
        let is_last = attempts.len() == 0;
        let ended = next_end(&mut running);
        let ended = match is_last {
            true => Some(ended.await),
            false => tokio::time::timeout(stagger, ended).await.ok(),
        };
        match ended {
            None => {}
            Some((number, Err(cause))) => record(Race::Failed(number, cause)),
            Some((number, Ok(winner))) => {
                let earlier = running.iter().map(|(other, _)| *other).filter(|other| *other < number);
                earlier.for_each(|other| record(Race::Overtaken(other)));
                return Some(winner);
            }
        }
    }
}

/// The attempt that ends first; it is taken out. Those behind it are not looked at: of two that succeed in the same moment
/// one is dropped before it knows.
async fn next_end<F: Future>(running: &mut Vec<(usize, Pin<Box<F>>)>) -> (usize, F::Output) {
    poll_fn(|cx| {
        let ended = running.iter_mut().enumerate().find_map(|(index, (_, attempt))| {
            match attempt.as_mut().poll(cx) {
                Poll::Ready(output) => Some((index, output)),
                Poll::Pending => None,
            }
        });
        match ended {
            Some((index, output)) => Poll::Ready((running.remove(index).0, output)),
            None => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const STAGGER: Duration = Duration::from_millis(250);

    /// Runs a race of attempts that end after so many milliseconds, well or not; answers the winner, when it won, and the
    /// record.
    async fn run(attempts: &[(u64, bool)]) -> (Option<usize>, u128, Vec<Race<&'static str>>) {
        let start = Instant::now();
        let mut events = Vec::new();
        let attempts =
            attempts.iter().copied().enumerate().map(|(number, (milliseconds, good))| async move {
                sleep(Duration::from_millis(milliseconds)).await;
                if good { Ok(number) } else { Err("bad") }
            });
        let winner =
            race(attempts.collect::<Vec<_>>().into_iter(), STAGGER, |event| events.push(event)).await;
        (winner, start.elapsed().as_millis(), events)
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_answers_in_time_has_no_rival() {
        let (winner, after, events) = run(&[(249, true), (0, true)]).await;
        assert_eq!((winner, after, events), (Some(0), 249, vec![Race::Started(0)]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_one_is_overtaken() {
        let (winner, after, events) = run(&[(5_000, true), (100, true), (0, true)]).await;
        assert_eq!((winner, after), (Some(1), 350));
        assert_eq!(events, [Race::Started(0), Race::Started(1), Race::Overtaken(0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_starts_the_next_at_once() {
        let (winner, after, events) = run(&[(10, false), (20, false), (30, true)]).await;
        assert_eq!((winner, after), (Some(2), 60));
        assert_eq!(events.len(), 5);
        let (winner, after, _) = run(&[(10, false), (600, true), (100, false)]).await;
        assert_eq!((winner, after), (Some(1), 610), "the last failure leaves the others running");
    }

    #[tokio::test(start_paused = true)]
    async fn all_may_fail_and_there_may_be_none() {
        assert_eq!(run(&[]).await, (None, 0, vec![]));
        let (winner, after, events) = run(&[(300, false), (300, false)]).await;
        assert_eq!((winner, after), (None, 550));
        let expected = [Race::Started(0), Race::Started(1), Race::Failed(0, "bad"), Race::Failed(1, "bad")];
        assert_eq!(events, expected);
    }
}

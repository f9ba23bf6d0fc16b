//! The reader's side: pulls a stream, one chunk ahead.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use bytes::Bytes;

use super::source::{INTERFACE, OPERATIONS, Pulled};
use super::{CHUNK_BYTES_MAX, Chunks, StreamError};
use crate::exception::{ExceptionKind, Fault};
use crate::object::{Deferred, ObjectRef};

/// Pulls a stream from an object.
pub(super) struct Puller {
    object: ObjectRef,
    /// Octets that are here.
    position: u64,
    /// The answer that is on its way.
    coming: Option<Deferred<(u8, Vec<u8>, u64)>>,
    wait: Duration,
}

/// The time that a reader waits without a broker that says otherwise.
const WAIT_WITHOUT_BROKER: Duration = Duration::from_secs(60);

impl Puller {
    pub(super) fn new(object: ObjectRef) -> Puller {
        let wait = object.orb().map_or(WAIT_WITHOUT_BROKER, |orb| orb.limits().stream_wait_max);
        let mut options = object.options();
        options.deadline = Some(wait);
        Puller { object: object.with_options(options), position: 0, coming: None, wait }
    }

    fn ask(&self) -> Deferred<(u8, Vec<u8>, u64)> {
        let (object, position) = (self.object.clone(), self.position);
        self.object.defer(async move {
            let write = |body: &mut crate::value::BodyWriter| {
                body.items(2);
                body.put(&position)?;
                body.put(&(CHUNK_BYTES_MAX as u32))
            };
            let call = object.invoke::<_, Infallible>(&INTERFACE, &OPERATIONS[0], &write, |body| {
                Ok((body.next("kind")?, body.next("octets")?, body.next("total")?))
            });
            call.await
        })
    }

    fn failure(&self, fault: &Fault) -> StreamError {
        match fault.kind() {
            // Its source is out of service: the call has ended, or was cancelled.
            Some(ExceptionKind::ObjectNotExist) => StreamError::GivenUp,
            Some(ExceptionKind::Timeout) => StreamError::TimedOut(self.wait),
            _ => StreamError::Cut(fault.to_string().into()),
        }
    }

    /// What an answer means; the next one is asked for already.
    fn take(&mut self, answer: (u8, Vec<u8>, u64)) -> Option<Result<Bytes, StreamError>> {
        let (kind, octets, total) = answer;
        match Pulled(kind) {
            Pulled::OCTETS if octets.len() > CHUNK_BYTES_MAX => {
                let cause = format!("{} octets came where {CHUNK_BYTES_MAX} were asked for", octets.len());
                Some(Err(StreamError::Cut(cause.into())))
            }
            Pulled::OCTETS if !octets.is_empty() => {
                self.position += octets.len() as u64;
                if total != self.position {
                    return Some(Err(StreamError::WrongTotal { received: self.position, total }));
                }
                self.coming = Some(self.ask());
                Some(Ok(octets.into()))
            }
            Pulled::END if total == self.position => None,
            Pulled::END => Some(Err(StreamError::WrongTotal { received: self.position, total })),
            Pulled::FAILED => {
                Some(Err(StreamError::SourceFailed(String::from_utf8_lossy(&octets).into_owned().into())))
            }
            _ => Some(Err(StreamError::GivenUp)),
        }
    }
}

impl Chunks for Puller {
    fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        let mut coming = self.coming.take().unwrap_or_else(|| self.ask());
        match Pin::new(&mut coming).poll(cx) {
            Poll::Pending => {
                self.coming = Some(coming);
                Poll::Pending
            }
            polled => Poll::Ready(match ready!(polled) {
                Ok(answer) => self.take(answer),
                Err(fault) => Some(Err(self.failure(&fault))),
            }),
        }
    }
}

impl Drop for Puller {
    /// Whether it has been read to its end or not: the source may go.
    fn drop(&mut self) {
        self.coming = None;
        let object = self.object.clone();
        let stop = async move {
            let write = |body: &mut crate::value::BodyWriter| {
                body.items(0);
                Ok(())
            };
            object.invoke_oneway(&INTERFACE, &OPERATIONS[1], &write).await
        };
        if self.object.orb().is_some() {
            self.object.defer(stop).detach();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever a writer answers, the end is an end only where all of it is here.
    #[tokio::test]
    async fn a_writer_that_lies() {
        let answered = |position, kind: Pulled, octets: &[u8], total| {
            let mut puller = Puller::new(ObjectRef::nil());
            puller.position = position;
            puller.take((kind.0, octets.to_vec(), total))
        };
        assert_eq!(answered(0, Pulled::OCTETS, b"abc", 3), Some(Ok(Bytes::from_static(b"abc"))));
        assert_eq!(answered(7, Pulled::END, b"", 7), None);
        let wrong = |received, total| Some(Err(StreamError::WrongTotal { received, total }));
        assert_eq!(answered(7, Pulled::END, b"", 8), wrong(7, 8));
        assert_eq!(answered(7, Pulled::END, b"", 0), wrong(7, 0));
        assert_eq!(answered(0, Pulled::OCTETS, b"abc", 4), wrong(3, 4));
        assert_eq!(answered(0, Pulled::OCTETS, b"", 0), Some(Err(StreamError::GivenUp)));
        assert_eq!(answered(0, Pulled(200), b"", 0), Some(Err(StreamError::GivenUp)));
        let too_much = answered(0, Pulled::OCTETS, &vec![0; CHUNK_BYTES_MAX + 1], CHUNK_BYTES_MAX as u64 + 1);
        assert!(matches!(too_much, Some(Err(StreamError::Cut(_)))), "{too_much:?}");
        let failed = answered(0, Pulled::FAILED, b"\xffire", 0);
        assert_eq!(failed, Some(Err(StreamError::SourceFailed("\u{fffd}ire".into()))));
    }
}

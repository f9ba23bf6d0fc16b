//! The writer's side: an object that others pull a stream from.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use quorb_giop::ior::Ior;

use super::activity::{Activity, Gate};
use super::{CHUNK_BYTES_MAX, Handle, STREAM_ID, StreamError, lock};
use crate::adapter::{Dispatch, Invocation, ObjectKey, Reply, Servant};
use crate::model::{Behaviour, Interface, Kind, Operation, Replies, Signature};
use crate::runtime::Orb;

/// The interface of what a stream is pulled from. It is not described: nobody but brokers calls it.
pub(super) static INTERFACE: Interface = Interface::new(STREAM_ID, "ByteStream", &[], &OPERATIONS);

pub(super) static OPERATIONS: [Operation; 2] = [operation("pull", false), operation("stop", true)];

/// `pull(position, octets_max)` answers `(kind, octets, total)`: repeating it at the same position answers the same. `stop` says
/// that nothing more is wanted.
const fn operation(name: &'static str, oneway: bool) -> Operation {
    Operation {
        name,
        behaviour: Behaviour {
            kind: Kind::Query,
            oneway,
            idempotent: true,
            cancellable: true,
            deadline: None,
            replies: Replies::First,
        },
        signature: |_| Signature { parameters: Vec::new(), result: None, raises: Vec::new() },
    }
}

/// What an answer to `pull` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pulled(pub(super) u8);

impl Pulled {
    pub(super) const OCTETS: Pulled = Pulled(0);
    /// The stream is complete: it has `total` octets.
    pub(super) const END: Pulled = Pulled(1);
    /// Its source failed; the octets are the reason as text.
    pub(super) const FAILED: Pulled = Pulled(2);
    pub(super) const GIVEN_UP: Pulled = Pulled(3);
}

/// An answer, which may be asked for again.
#[derive(Debug, Clone)]
struct Answer {
    kind: Pulled,
    octets: Bytes,
    total: u64,
}

/// What serves a stream.
struct Source {
    handle: Handle,
    gate: Arc<Gate>,
    /// Its call's deadline moves with it.
    activity: Option<Weak<Activity>>,
    /// It has been asked since the last look.
    asked: AtomicBool,
    serving: tokio::sync::Mutex<Serving>,
}

#[derive(Debug, Default)]
struct Serving {
    /// Where the last answer begins, and the answer.
    last: Option<(u64, Answer)>,
    /// What has been read and not served yet.
    rest: Bytes,
}

/// A source that is served, as long as it is.
#[derive(Debug)]
pub(super) struct Served {
    handle: Weak<std::sync::Mutex<Option<Box<dyn super::Chunks>>>>,
    reference: Ior,
}

impl std::fmt::Debug for Box<dyn super::Chunks> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chunks")
    }
}

impl Served {
    pub(super) fn is_of(&self, handle: &Handle) -> bool {
        self.handle.as_ptr() == Arc::as_ptr(handle)
    }

    pub(super) fn reference(&self) -> Ior {
        self.reference.clone()
    }
}

/// Serves a stream until its gate closes, or nobody has asked for it for `stream_wait_max`. None if too many are served.
pub(super) fn serve(orb: &Orb, handle: &Handle, activity: Option<&Arc<Activity>>) -> Option<Ior> {
    let open = orb.streams_open();
    let place = Place::take(open, orb.limits().streams_open_max)?;
    let gate = Arc::<Gate>::default();
    let source = Arc::new(Source {
        handle: handle.clone(),
        gate: gate.clone(),
        activity: activity.map(Arc::downgrade),
        asked: AtomicBool::new(true),
        serving: tokio::sync::Mutex::default(),
    });
    let (key, reference) = orb.activate_source(source.clone(), &INTERFACE);
    if let Some(activity) = activity {
        let served = Served { handle: Arc::downgrade(handle), reference: reference.clone() };
        activity.serves(gate.clone(), served);
    }
    orb.spawn(watch(orb.clone(), key, source, place));
    Some(reference)
}

/// Takes a source out of service when its time has come.
async fn watch(orb: Orb, key: ObjectKey, source: Arc<Source>, place: Place) {
    let limit = orb.limits().stream_wait_max;
    while tokio::time::timeout(limit, source.gate.closed()).await.is_err() {
        if !source.asked.swap(false, Ordering::AcqRel) {
            source.gate.close();
        }
    }
    orb.deactivate_source(&key);
    // Whatever it reads from ends here.
    *lock(&source.handle) = None;
    drop(place);
}

/// One of the streams that may be open.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>, limit: usize) -> Option<Place> {
        let place = Place(open.clone());
        (open.fetch_add(1, Ordering::AcqRel) < limit).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Source {
    async fn pull(&self, position: u64, octets_max: usize) -> Answer {
        let mut serving = self.serving.lock().await;
        let next = match &serving.last {
            Some((at, answer)) if *at == position => return answer.clone(),
            Some((_, answer)) => answer.total,
            None => 0,
        };
        let given_up = Answer { kind: Pulled::GIVEN_UP, octets: Bytes::new(), total: next };
        if position != next {
            return given_up;
        }
        let answer = tokio::select! {
            biased;
            () = self.gate.closed() => given_up,
            answer = self.read(&mut serving, position, octets_max) => answer,
        };
        serving.last = Some((position, answer.clone()));
        if let Some(activity) = self.activity.as_ref().and_then(Weak::upgrade) {
            activity.moves();
        }
        answer
    }

    async fn read(&self, serving: &mut Serving, position: u64, octets_max: usize) -> Answer {
        if serving.rest.is_empty() {
            let read = poll_fn(|cx| match lock(&self.handle).as_mut() {
                Some(chunks) => chunks.poll_next(cx),
                None => std::task::Poll::Ready(Some(Err(StreamError::GivenUp))),
            });
            match read.await {
                Some(Ok(chunk)) => serving.rest = chunk,
                None => return Answer { kind: Pulled::END, octets: Bytes::new(), total: position },
                Some(Err(cause)) => {
                    let octets = Bytes::from(cause.to_string());
                    return Answer { kind: Pulled::FAILED, octets, total: position };
                }
            }
        }
        let octets = serving.rest.split_to(serving.rest.len().min(octets_max).min(CHUNK_BYTES_MAX));
        let total = position + octets.len() as u64;
        Answer { kind: Pulled::OCTETS, octets, total }
    }
}

impl Servant for Source {
    fn interface(&self) -> &'static Interface {
        &INTERFACE
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        self.asked.store(true, Ordering::Release);
        match call.operation() {
            "pull" => {
                let arguments =
                    call.read(|body| Ok((body.next::<u64>("position")?, body.next::<u32>("octets_max")?)));
                match arguments {
                    Ok((position, octets_max)) => Dispatch::Pending(Box::pin(async move {
                        let answer = self.pull(position, (octets_max as usize).max(1)).await;
                        reply(&call, &answer)
                    })),
                    Err(exception) => Dispatch::Done(call.refuse(exception)),
                }
            }
            "stop" => {
                self.gate.close();
                Dispatch::Done(call.finish::<_, Infallible>(Ok(()), |(), body| {
                    body.items(0);
                    Ok(())
                }))
            }
            _ => Dispatch::Done(call.unknown_operation()),
        }
    }
}

fn reply(call: &Invocation, answer: &Answer) -> Reply {
    call.finish::<_, Infallible>(Ok(answer), |answer, body| {
        body.items(3);
        body.put(&answer.kind.0)?;
        body.put_slice::<u8>(&answer.octets)?;
        body.put(&answer.total)
    })
}

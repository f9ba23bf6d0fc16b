//! Streams as values: what stands for one in a body.
//!
//! Within the process a stream is set aside under a number that nobody can guess. Elsewhere it is a reference to an object
//! that it is pulled from, over the connection between the two brokers.
//!
//! ```text
//! CDR   | u8 0 | pad to 8 | u64 number |     or    | u8 1 | pad to 4 | reference |
//! CBOR  number                               or    the reference as text
//! ```

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use quorb_giop::ior::Ior;
use serde::de::{Deserializer, Visitor};
use serde::ser::{Error as _, Serializer};

use super::activity::Activity;
use super::pull::Puller;
use super::{ByteStream, Handle, lock, source};
use crate::adapter::{Context, Protocol};
use crate::model::{TypeCatalogue, TypeDesc};
use crate::object::{ObjectRef, bound};
use crate::runtime::Orb;
use crate::value::IdlType;

/// The way that streams in a body take.
#[derive(Clone)]
pub(crate) enum Passage {
    /// The body stays in this process.
    Within(Option<Arc<Activity>>),
    /// The body goes to another broker.
    To(Orb, Option<Arc<Activity>>),
}

thread_local! {
    /// The way of the body that is being written on this thread.
    static PASSAGE: RefCell<Option<Passage>> = const { RefCell::new(None) };
}

/// Writes a body with streams.
pub(crate) fn passing_by<R>(passage: Passage, write: impl FnOnce() -> R) -> R {
    /// Restores the outer passage even when writing panics.
    struct Restore(Option<Passage>);
    impl Drop for Restore {
        fn drop(&mut self) {
            PASSAGE.set(self.0.take());
        }
    }
    let _restore = Restore(PASSAGE.replace(Some(passage)));
    write()
}

/// The way of the body that is being written: of the arguments of a call, else of the results of the one that is served.
fn passage() -> Option<Passage> {
    PASSAGE.with_borrow(Option::clone).or_else(|| {
        let context = Context::current()?;
        match (context.peer().protocol, &context.0.orb) {
            (Protocol::Collocated, _) => Some(Passage::Within(None)),
            (Protocol::Native, Some(orb)) => Some(Passage::To(orb.clone(), None)),
            _ => None,
        }
    })
}

/// What stands for a stream.
enum Token {
    Number(u64),
    Reference(Box<Ior>),
}

/// Sets the stream aside, or has it served. None where no stream can be.
fn send(handle: &Handle) -> Option<Token> {
    match passage()? {
        Passage::Within(activity) => {
            let Some(activity) = activity else {
                return Some(Token::Number(set_aside(ByteStream::of_handle(handle.clone()))));
            };
            let number = set_aside(ByteStream::of_chunks(activity.gated(handle.clone())));
            activity.sets_aside(number);
            Some(Token::Number(number))
        }
        Passage::To(orb, activity) => {
            let known = activity.as_ref().and_then(|activity| activity.served(handle));
            let reference = known.or_else(|| source::serve(&orb, handle, activity.as_ref()))?;
            Some(Token::Reference(Box::new(reference)))
        }
    }
}

/// Streams on their way within the process, oldest first: more than so many that nobody fetches are given up.
static ASIDE: Mutex<VecDeque<(u64, ByteStream)>> = Mutex::new(VecDeque::new());
const ASIDE_MAX: usize = 1024;

fn set_aside(stream: ByteStream) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    let mut aside = lock(&ASIDE);
    if aside.len() >= ASIDE_MAX {
        aside.pop_front();
    }
    aside.push_back((number, stream));
    number
}

/// A stream that was set aside, if nobody has fetched it yet.
pub(super) fn fetch(number: u64) -> Option<ByteStream> {
    let mut aside = lock(&ASIDE);
    let at = aside.iter().position(|(known, _)| *known == number)?;
    aside.remove(at).map(|(_, stream)| stream)
}

const MISPLACED: CdrError = CdrError::InvalidValue { type_name: "ByteStream" };

impl Cdr for ByteStream {
    const SIZE_MIN: usize = 1;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        match send(&self.handle).ok_or(MISPLACED)? {
            Token::Number(number) => {
                0u8.encode(out)?;
                number.encode(out)
            }
            Token::Reference(reference) => {
                1u8.encode(out)?;
                reference.encode(out)
            }
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        match u8::decode(input)? {
            0 => fetch(u64::decode(input)?).ok_or(MISPLACED),
            1 => Ok(ByteStream::of_chunks(Puller::new(ObjectRef::decode(input)?))),
            _ => Err(MISPLACED),
        }
    }
}

impl IdlType for ByteStream {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Object(source::INTERFACE.id().to_owned())
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match send(&self.handle).ok_or_else(|| S::Error::custom(MISPLACED))? {
            Token::Number(number) => serializer.serialize_u64(number),
            Token::Reference(reference) => serializer.serialize_str(&reference.to_string()),
        }
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tokens;
        impl Visitor<'_> for Tokens {
            type Value = ByteStream;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a stream")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<ByteStream, E> {
                fetch(number).ok_or_else(|| E::custom(MISPLACED))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ByteStream, E> {
                let reference: Ior = text.parse().map_err(E::custom)?;
                Ok(ByteStream::of_chunks(Puller::new(bound(reference))))
            }
        }
        deserializer.deserialize_any(Tokens)
    }
}

#[cfg(test)]
mod tests {
    use quorb_giop::cdr::Endian;

    use super::*;

    #[test]
    fn a_number_is_good_for_one_stream() {
        let written = passing_by(Passage::Within(None), || {
            let mut out = Encoder::new(Endian::Little);
            ByteStream::of("abc").encode(&mut out).expect("it stays here");
            out.into_bytes()
        });
        assert_eq!((written.len(), written[0]), (16, 0), "the diagram holds");
        let read = |octets: &[u8]| ByteStream::decode(&mut Decoder::new(octets, Endian::Little));
        read(&written).expect("it is there");
        assert_eq!(read(&written).map(drop), Err(MISPLACED), "it has been fetched");
        assert_eq!(read(&[2; 16]).map(drop), Err(MISPLACED));
    }

    /// A call may be refused before anybody has read its arguments.
    #[test]
    fn what_nobody_fetches_ends_with_its_call() {
        let (sink, stream) = ByteStream::channel(1);
        let activity = Activity::new();
        let written = passing_by(Passage::Within(Some(activity.clone())), || {
            let mut out = Encoder::new(Endian::Little);
            stream.encode(&mut out).expect("it stays here");
            out.into_bytes()
        });
        drop(stream);
        let is_closed = || {
            let closed = std::pin::pin!(sink.closed());
            closed.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready()
        };
        assert!(!is_closed(), "it waits to be read");
        activity.end();
        assert!(is_closed(), "its writer is told");
        let read = ByteStream::decode(&mut Decoder::new(&written, Endian::Little));
        assert_eq!(read.map(drop), Err(MISPLACED), "it is gone");
    }

    #[test]
    fn no_octets_do_harm() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for round in 0..20_000usize {
            let octets: Vec<u8> = (0..round % 40)
                .map(|at| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    if at == 0 { (state % 3) as u8 } else { state as u8 }
                })
                .collect();
            let stream = ByteStream::decode(&mut Decoder::new(&octets, Endian::Big));
            assert!(stream.is_err() || octets[0] == 1, "only a reference can be read: {octets:?}");
        }
    }
}

//! Streams as parameters and results: whole, or an error; never more in memory than their readers' windows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use quorb::{
    ByteSink, ByteStream, Callbacks, Completion, ExceptionKind, Fault, Limits, MemoryNetwork, Orb,
    Preference, Proxy, StreamError, Tie, interface,
};
use tokio::io::AsyncReadExt;
use tokio::sync::{Mutex, mpsc};

use crate::rig::{PATIENCE, soon, until};

#[interface(crate = quorb)]
pub(crate) trait Store {
    /// Reads all of it; answers how much.
    async fn upload(&mut self, name: String, data: ByteStream) -> Result<u64, Fault>;
    /// Reads one chunk, and returns.
    #[update]
    async fn peek(&self, data: ByteStream) -> Result<u64, Fault>;
    async fn download(&self, octets: u64) -> ByteStream;
    /// What is written into the sink that comes out on the other side.
    fn open(&self) -> ByteStream;
    /// Reads a stream and gives it back.
    #[update]
    async fn through(&self, data: ByteStream) -> ByteStream;
    fn ping(&self) -> u32;
}

/// How an upload ended for its servant.
type Read = (u64, Option<StreamError>);

struct Shelf {
    reads: mpsc::UnboundedSender<Read>,
    sinks: mpsc::UnboundedSender<ByteSink>,
}

impl Store for Shelf {
    async fn upload(&mut self, _name: String, mut data: ByteStream) -> Result<u64, Fault> {
        // An update that has started runs to its end, whatever becomes of its caller.
        let mut position = 0u64;
        let end = loop {
            match data.next().await {
                Some(Ok(chunk)) => {
                    assert_eq!(chunk, pattern(position, chunk.len()));
                    position += chunk.len() as u64;
                }
                Some(Err(cause)) => break Some(cause),
                None => break None,
            }
        };
        let _ = self.reads.send((position, end));
        Ok(position)
    }

    async fn peek(&self, mut data: ByteStream) -> Result<u64, Fault> {
        let first = data.next().await.expect("there is some").expect("it comes");
        Ok(first.len() as u64)
    }

    async fn download(&self, octets: u64) -> ByteStream {
        ByteStream::from_reader(std::io::Cursor::new(pattern(0, octets as usize)))
    }

    fn open(&self) -> ByteStream {
        let (sink, stream) = ByteStream::channel(1);
        let _ = self.sinks.send(sink);
        stream
    }

    async fn through(&self, data: ByteStream) -> ByteStream {
        ByteStream::of(data.collect(1 << 20).await.expect("it is whole"))
    }

    fn ping(&self) -> u32 {
        7
    }
}

/// The octets of the tests, from a position.
fn pattern(from: u64, octets: usize) -> Bytes {
    (from..from + octets as u64).map(|at| (at % 251) as u8).collect::<Vec<_>>().into()
}

/// A store, and how its servant fares.
struct Yard {
    store: StoreProxy,
    reads: Mutex<mpsc::UnboundedReceiver<Read>>,
    sinks: Mutex<mpsc::UnboundedReceiver<ByteSink>>,
    orbs: Option<(Orb, Orb)>,
}

/// Which way the calls take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Local,
    Collocated,
    Memory,
    Tcp,
}

impl Yard {
    async fn new(way: Way) -> Yard {
        Yard::with(way, |_| {}).await
    }

    async fn with(way: Way, limits: impl Fn(&mut Limits)) -> Yard {
        let (reads, heard) = mpsc::unbounded_channel();
        let (sinks, given) = mpsc::unbounded_channel();
        let servant = StoreServant::new(Shelf { reads, sinks });
        let (store, orbs) = match way {
            Way::Local => (servant.into_local_proxy(), None),
            _ => {
                let network = MemoryNetwork::new();
                let address = if way == Way::Tcp { "127.0.0.1:0" } else { "memory:store" };
                let builder = || Orb::builder().memory(&network).limits(&limits);
                let server = builder().listen(address).start().await.unwrap();
                let own = server.serve("store", servant).unwrap();
                let client = match way {
                    Way::Collocated => server.clone(),
                    _ => builder().start().await.unwrap(),
                };
                (client.bind(&own.to_string()).unwrap(), Some((server, client)))
            }
        };
        Yard { store, reads: Mutex::new(heard), sinks: Mutex::new(given), orbs }
    }

    /// How the last upload ended for its servant.
    async fn read(&self) -> Read {
        soon("it is read", async { self.reads.lock().await.recv().await }).await.unwrap()
    }

    async fn sink(&self) -> ByteSink {
        soon("it is opened", async { self.sinks.lock().await.recv().await }).await.unwrap()
    }

    /// Nothing is left of any stream.
    async fn is_clean(&self) {
        let Some((server, client)) = &self.orbs else { return };
        let one = std::ptr::eq(server.addresses(), client.addresses());
        until("no source is left", || server.adapter().len() == 1 && (one || client.adapter().is_empty()))
            .await;
    }
}

macro_rules! every_way {
    ($($test:ident;)*) => { $(
        mod $test {
            use super::Way;
            #[tokio::test] async fn local() { super::$test(Way::Local).await; }
            #[tokio::test] async fn collocated() { super::$test(Way::Collocated).await; }
            #[tokio::test] async fn memory() { super::$test(Way::Memory).await; }
            #[tokio::test] async fn tcp() { super::$test(Way::Tcp).await; }
        }
    )* };
}

async fn whole_in_and_out(way: Way) {
    let yard = Yard::new(way).await;
    for octets in [0usize, 1, 1000, 128 * 1024, 128 * 1024 + 1, 3_000_000] {
        let sent = soon("sent", yard.store.upload("a".into(), ByteStream::of(pattern(0, octets)))).await;
        assert_eq!(sent.unwrap(), octets as u64, "{way:?}");
        assert_eq!(yard.read().await, (octets as u64, None));
        let stream = soon("opened", yard.store.download(octets as u64)).await.unwrap();
        let all = soon("read", stream.collect(octets)).await.unwrap();
        assert!(all == pattern(0, octets), "{way:?} {octets}");
    }
    yard.is_clean().await;
}

async fn by_reader_and_writer(way: Way) {
    let yard = Yard::new(way).await;
    let (mut sink, stream) = ByteStream::channel(2);
    let write = async {
        for at in 0..50u64 {
            sink.send(pattern(at * 1000, 1000)).await.unwrap();
        }
        sink.finish().await.unwrap();
    };
    let (sent, ()) =
        soon("both end", async { tokio::join!(yard.store.upload("a".into(), stream), write) }).await;
    assert_eq!(sent.unwrap(), 50_000);
    let mut reader = yard.store.download(10_000).await.unwrap();
    let mut half = vec![0; 5000];
    reader.read_exact(&mut half).await.unwrap();
    assert_eq!((half, reader.octets()), (pattern(0, 5000).to_vec(), 5000));
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, pattern(5000, 5000));
    yard.is_clean().await;
}

/// Whoever makes the stream goes away in the middle: what was sent does not look like all.
async fn an_upload_whose_writer_gives_up(way: Way) {
    let yard = Yard::new(way).await;
    let (mut sink, stream) = ByteStream::channel(2);
    let (sent, ()) = tokio::join!(yard.store.upload("a".into(), stream), async {
        sink.send(pattern(0, 1000)).await.unwrap();
        drop(sink);
    });
    assert_eq!(sent.unwrap(), 1000);
    let (octets, end) = yard.read().await;
    assert_eq!(octets, 1000);
    assert!(matches!(end, Some(StreamError::GivenUp | StreamError::SourceFailed(_))), "{way:?} {end:?}");
}

async fn an_upload_whose_source_fails(way: Way) {
    struct Failing;
    impl tokio::io::AsyncRead for Failing {
        fn poll_read(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Err(std::io::Error::other("the disk is on fire")))
        }
    }
    let yard = Yard::new(way).await;
    let failing = ByteStream::from_reader(std::io::Cursor::new(pattern(0, 5000)).chain(Failing));
    yard.store.upload("a".into(), failing).await.unwrap();
    let (octets, end) = yard.read().await;
    assert_eq!(octets, 5000);
    let Some(StreamError::SourceFailed(cause)) = end else { panic!("{way:?} {end:?}") };
    assert!(cause.contains("on fire"), "{cause}");
}

/// The caller goes away in the middle: the update that has started runs to its end, and knows that it has not read all.
async fn an_upload_that_is_cancelled(way: Way) {
    let yard = Yard::new(way).await;
    let (mut sink, stream) = ByteStream::channel(2);
    let store = yard.store.clone();
    let call = tokio::spawn(async move { store.upload("a".into(), stream).await });
    sink.send(pattern(0, 1000)).await.unwrap();
    sink.send(pattern(1000, 1000)).await.unwrap();
    sink.send(pattern(2000, 1000)).await.unwrap();
    sink.send(pattern(3000, 1000)).await.unwrap();
    call.abort();
    let (octets, end) = yard.read().await;
    assert!(octets <= 4000, "{octets}");
    assert_eq!(end, Some(StreamError::GivenUp), "{way:?}");
    soon("the writer is told", sink.closed()).await;
    yard.is_clean().await;
}

async fn an_early_return_ends_the_upload(way: Way) {
    let yard = Yard::new(way).await;
    let (mut sink, stream) = ByteStream::channel(1);
    let store = yard.store.clone();
    let call = tokio::spawn(async move { store.peek(stream).await });
    sink.send(pattern(0, 10)).await.unwrap();
    assert_eq!(soon("it returns", call).await.unwrap().unwrap(), 10);
    soon("the writer is told", sink.closed()).await;
    yard.is_clean().await;
}

async fn a_download_that_is_dropped(way: Way) {
    let yard = Yard::new(way).await;
    let mut stream = yard.store.open().await.unwrap();
    let mut sink = yard.sink().await;
    sink.send(pattern(0, 10)).await.unwrap();
    assert_eq!(soon("it comes", stream.next()).await.unwrap().unwrap(), pattern(0, 10));
    drop(stream);
    soon("the writer is told", sink.closed()).await;
    yard.is_clean().await;
}

async fn a_download_whose_writer_gives_up(way: Way) {
    let yard = Yard::new(way).await;
    let mut stream = yard.store.open().await.unwrap();
    let mut sink = yard.sink().await;
    sink.send(pattern(0, 10)).await.unwrap();
    drop(sink);
    assert_eq!(soon("it comes", stream.next()).await.unwrap().unwrap(), pattern(0, 10));
    let end = soon("an end", stream.next()).await.unwrap().unwrap_err();
    assert!(matches!(end, StreamError::GivenUp | StreamError::SourceFailed(_)), "{end:?}");
    assert!(stream.next().await.is_none());
}

/// A reader that does not read holds up nobody but its writer, who has sent no more than two chunks.
async fn a_slow_reader(way: Way) {
    let yard = Yard::new(way).await;
    let made = Arc::new(AtomicUsize::new(0));
    let counter = made.clone();
    let pieces = (0..1000u64).map(move |at| {
        counter.fetch_add(1, Ordering::SeqCst);
        pattern(at * 100_000, 100_000)
    });
    let mut stream = ByteStream::from_pieces(pieces);
    if way != Way::Local {
        // The other way round: the servant reads it, slowly.
        let store = yard.store.clone();
        let call = tokio::spawn(async move { store.peek(stream).await });
        assert_eq!(soon("it returns", call).await.unwrap().unwrap(), 100_000);
    } else {
        stream.next().await.unwrap().unwrap();
    }
    assert!(made.load(Ordering::SeqCst) <= 3, "{way:?} {}", made.load(Ordering::SeqCst));
    let slow = yard.store.open().await.unwrap();
    let mut sink = yard.sink().await;
    for _ in 0..100 {
        assert_eq!(soon("others go on", yard.store.ping()).await.unwrap(), 7);
    }
    sink.send(pattern(0, 10)).await.unwrap();
    let full = tokio::time::timeout(Duration::from_millis(20), sink.send(pattern(0, 10))).await;
    assert!(full.is_err(), "nobody has read, so that the channel of one is full");
    drop(slow);
}

async fn handed_on(way: Way) {
    let yard = Yard::new(way).await;
    let back = yard.store.through(ByteStream::of(pattern(0, 300_000))).await.unwrap();
    let again = yard.store.through(back).await.unwrap();
    assert!(again.collect(300_000).await.unwrap() == pattern(0, 300_000));
    let too_long = yard.store.download(11).await.unwrap().collect(10).await;
    assert_eq!(too_long, Err(StreamError::TooLong(10)));
}

/// The deadline is for a call that stands still, not for one that takes long.
async fn a_deadline_moves_with_the_stream(way: Way) {
    let yard = Yard::new(way).await;
    let store = yard.store.with_deadline(Duration::from_millis(400));
    let (mut sink, stream) = ByteStream::channel(1);
    let write = async {
        for at in 0..12u64 {
            tokio::time::sleep(Duration::from_millis(60)).await;
            sink.send(pattern(at * 10, 10)).await.unwrap();
        }
        sink
    };
    let call = async { store.upload("a".into(), stream).await };
    let (sent, sink) = soon("both end", async {
        tokio::join!(call, async {
            let sink = write.await;
            // It stands still from here on.
            sink.closed().await;
            sink
        })
    })
    .await;
    let fault = sent.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{way:?} {fault}");
    assert_eq!(yard.read().await, (120, Some(StreamError::GivenUp)), "{way:?}");
    drop(sink);
}

every_way! {
    whole_in_and_out;
    by_reader_and_writer;
    an_upload_whose_writer_gives_up;
    an_upload_whose_source_fails;
    an_upload_that_is_cancelled;
    an_early_return_ends_the_upload;
    a_download_that_is_dropped;
    a_download_whose_writer_gives_up;
    a_slow_reader;
    handed_on;
    a_deadline_moves_with_the_stream;
}

#[tokio::test]
async fn a_connection_that_is_cut() {
    for by_server in [true, false] {
        let yard = Yard::new(Way::Tcp).await;
        let (server, client) = yard.orbs.clone().unwrap();
        let mut stream = yard.store.open().await.unwrap();
        let mut down = yard.sink().await;
        down.send(pattern(0, 10)).await.unwrap();
        assert_eq!(soon("it comes", stream.next()).await.unwrap().unwrap(), pattern(0, 10));
        let (mut up, data) = ByteStream::channel(1);
        let store = yard.store.clone();
        let call = tokio::spawn(async move { store.upload("a".into(), data).await });
        up.send(pattern(0, 10)).await.unwrap();
        up.send(pattern(10, 10)).await.unwrap();
        up.send(pattern(20, 10)).await.unwrap();
        let ends = if by_server { &server } else { &client };
        ends.shutdown(Duration::ZERO).await;
        let fault = soon("the call ends", call).await.unwrap().unwrap_err();
        assert_ne!(fault.completed(), Completion::Yes, "{fault}");
        let end =
            soon("the download ends", stream.next()).await.expect("no end without an error").unwrap_err();
        assert!(matches!(end, StreamError::Cut(_) | StreamError::GivenUp), "{end:?}");
        let (octets, end) = yard.read().await;
        assert!(octets <= 30 && end.is_some(), "{octets} {end:?}");
    }
}

#[tokio::test]
async fn giop_carries_no_streams() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let (reads, _heard) = mpsc::unbounded_channel();
    let (sinks, _given) = mpsc::unbounded_channel();
    let own = server.serve("store", StoreServant::new(Shelf { reads, sinks })).unwrap();
    let client = Orb::builder().prefer(Preference::IiopOnly).start().await.unwrap();
    let store: StoreProxy = client.bind(&own.to_string()).unwrap();
    assert_eq!(store.ping().await.unwrap(), 7);
    for fault in [
        store.upload("a".into(), ByteStream::of("abc")).await.unwrap_err(),
        store.download(3).await.unwrap_err(),
    ] {
        assert_eq!(fault.kind(), Some(ExceptionKind::NoImplement), "{fault}");
        assert_eq!(fault.completed(), Completion::No, "{fault}");
        assert!(fault.to_string().contains("only the native protocol carries streams"), "{fault}");
    }
}

#[tokio::test]
async fn what_nobody_reads_is_given_up() {
    let yard = Yard::with(Way::Tcp, |limits| limits.stream_wait_max = Duration::from_millis(50)).await;
    let mut stream = yard.store.open().await.unwrap();
    let sink = yard.sink().await;
    soon("its writer is told", sink.closed()).await;
    yard.is_clean().await;
    assert_eq!(stream.next().await, Some(Err(StreamError::GivenUp)));
}

#[tokio::test]
async fn too_many_streams() {
    let yard = Yard::with(Way::Tcp, |limits| limits.streams_open_max = 3).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(yard.store.open().await.unwrap());
    }
    let fault = yard.store.open().await.unwrap_err();
    assert_eq!(fault.completed(), Completion::Yes, "{fault}");
    open.clear();
    yard.is_clean().await;
    soon("there is room again", yard.store.open()).await.unwrap();
}

#[tokio::test]
async fn a_client_that_takes_no_calls_can_download() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let (reads, mut heard) = mpsc::unbounded_channel();
    let (sinks, _given) = mpsc::unbounded_channel();
    let own = server.serve("store", StoreServant::new(Shelf { reads, sinks })).unwrap();
    let client = Orb::builder().callbacks(Callbacks::Off).start().await.unwrap();
    let store: StoreProxy = client.bind(&own.to_string()).unwrap();
    let all = store.download(200_000).await.unwrap().collect(200_000).await.unwrap();
    assert!(all == pattern(0, 200_000));
    store.with_deadline(PATIENCE).upload("a".into(), ByteStream::of("abc")).await.unwrap();
    let (octets, end) = heard.recv().await.unwrap();
    assert!(octets == 0 && matches!(end, Some(StreamError::Cut(_))), "{end:?}");
}

/// A stream has no meaning outside of a call.
#[tokio::test]
async fn elsewhere_it_is_no_value() {
    let mut octets = Vec::new();
    quorb::value::encode_cbor(&ByteStream::of("abc"), &mut octets).unwrap_err();
    let refused = StoreProxy::interface().idl().unwrap_err().to_string();
    assert!(refused.contains("stream"), "{refused}");
    let mock = StoreProxy::mock(|call| match call.operation() {
        "open" => call.reply(&ByteStream::of("mocked")),
        _ => call.unanswered(),
    });
    assert_eq!(mock.open().await.unwrap().collect(10).await.unwrap(), b"mocked");
}

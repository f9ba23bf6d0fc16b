//! The native protocol in raw octets, for peers without a broker.

use bytes::{Buf, Bytes, BytesMut};
use quorb::proto::buffers::Buffers;
use quorb::proto::head::{
    BodyFormat, CallId, ClientId, ObjectKey, OperationName, ReplyHead, RequestHead, RequestIdentity,
    ResponseExpected, Time,
};
use quorb::proto::native::{
    Config, Connection, Event, Features, FrameHeader, FrameKind, Hello, Limits, OutBuffer, Refused, Side,
    Speaker, Version, encode_preface,
};
use quorb_giop::cdr::{Cdr, CdrProfile, Decoder, Encoder, Endian};
use tokio::io::AsyncReadExt;

use super::peer::Peer;
use super::soon;

/// Preface and HELLO of a client.
pub fn greeting() -> Vec<u8> {
    let mut octets = encode_preface(Version::OURS).to_vec();
    hello().encode(&mut octets);
    octets
}

/// Preface and HELLO of somebody who gives another identity.
pub fn greeting_as(identity: u64, features: Features) -> Vec<u8> {
    let mut octets = encode_preface(Version::OURS).to_vec();
    Hello { identity, features, ..hello() }.encode(&mut octets);
    octets
}

/// Octets of the preface and HELLO of a broker.
pub fn greeting_bytes() -> usize {
    greeting().len() + 4 + concat!("quorb/", env!("CARGO_PKG_VERSION")).len()
}

fn hello() -> Hello {
    Hello {
        identity: 0x5eed,
        incarnation: 1,
        features: Features::default(),
        frame_bytes_max: 256 * 1024,
        calls_in_flight_max: 1024,
        call_window_bytes: 64 * 1024,
        software: Bytes::new(),
    }
}

/// A body in CDR of this machine.
pub fn body(write: impl FnOnce(&mut Encoder)) -> Bytes {
    let mut out = Encoder::with_buffer(Vec::new(), 0, CdrProfile::native(Endian::NATIVE));
    write(&mut out);
    out.into_bytes().into()
}

/// The head of a request for the probe.
pub fn head(key: &str, operation: &str) -> RequestHead {
    let operation = OperationName::new(Bytes::copy_from_slice(operation.as_bytes())).expect("a name");
    RequestHead::new(ObjectKey(Bytes::copy_from_slice(key.as_bytes())), operation)
}

/// A whole REQUEST frame.
pub fn request(id: u64, head: &RequestHead, body: &[u8]) -> Vec<u8> {
    let speaker = Speaker { client: ClientId(0x5eed), incarnation: 1 };
    let frame = quorb::proto::native::RequestFrame::new(head, speaker, None);
    let mut header = FrameHeader::new(FrameKind::REQUEST, id);
    header.flags = frame.flags();
    header.head_len = frame.bytes() as u16;
    header.body_len = body.len() as u32;
    let mut octets = header.encode().to_vec();
    frame.encode(&mut octets);
    octets.extend_from_slice(body);
    octets
}

/// A frame of any kind.
pub fn frame(kind: FrameKind, flags: u8, id: u64, head: &[u8], body: &[u8]) -> Vec<u8> {
    let mut header = FrameHeader::new(kind, id);
    header.flags = flags;
    header.head_len = head.len() as u16;
    header.body_len = body.len() as u32;
    [&header.encode()[..], head, body].concat()
}

/// One end of a connection of the native protocol, driven by the test.
pub struct Talker {
    pub core: Connection,
    pub peer: Peer,
    input: BytesMut,
}

impl Talker {
    /// A client of the server at `port` that calls itself `client`, in its life `incarnation`.
    pub async fn connect(port: u16, client: u64, incarnation: u64) -> Talker {
        Talker::over(Peer::connect(port).await, Side::Client, client, incarnation)
    }

    /// One end, over a connection that stands.
    pub fn over(peer: Peer, side: Side, client: u64, incarnation: u64) -> Talker {
        let config = Config {
            side,
            identity: ClientId(client),
            incarnation,
            features: Features::default(),
            limits: Limits::default(),
            software: Bytes::from_static(b"test"),
            buffers: Buffers::default(),
        };
        Talker { core: Connection::new(config, Time::ZERO), peer, input: BytesMut::new() }
    }

    /// Sends everything that waits.
    pub async fn flush(&mut self) {
        while self.core.has_output() {
            let mut out = OutBuffer::new();
            self.core.transmit(&mut out);
            let octets = out.copy_to_bytes(out.remaining());
            self.peer.say(&octets).await;
        }
    }

    /// Makes a call.
    pub async fn call(&mut self, head: &RequestHead, body: Bytes) -> Result<CallId, Refused> {
        let id = self.core.request(head, body)?;
        self.flush().await;
        Ok(id)
    }

    /// Waits for the next event but HELLO.
    pub async fn event(&mut self) -> Event {
        soon("an event", async {
            loop {
                match self.core.receive(&mut self.input, Time::ZERO).expect("our protocol") {
                    Some(Event::Hello(_)) => continue,
                    Some(event) => return event,
                    None => {}
                }
                self.flush().await;
                let count = self.peer.stream.read_buf(&mut self.input).await.expect("an open connection");
                assert!(count > 0, "closed while an event is awaited");
            }
        })
        .await
    }

    /// Waits for the reply to a call.
    pub async fn reply(&mut self, wanted: CallId) -> (ReplyHead, Bytes) {
        match self.event().await {
            Event::Reply { id, head, body } if id == wanted => (*head, body),
            other => panic!("{other:?} instead of the reply to {wanted:?}"),
        }
    }
}

/// An update of the probe that is to be executed once.
pub fn once(operation: &str, client: u64, incarnation: u64, sequence: u64) -> RequestHead {
    let mut request = head("probe", operation);
    request.identity = Some(RequestIdentity { client: ClientId(client), incarnation, sequence });
    request.response = ResponseExpected::Yes;
    request
}

/// The single result in a body.
pub fn result<T: Cdr>(head: &ReplyHead, body: &[u8]) -> T {
    let endian = if head.format == BodyFormat::CDR_BE { Endian::Big } else { Endian::Little };
    let mut input = Decoder::with_profile(body, 0, CdrProfile::native(endian));
    T::decode(&mut input).expect("a result")
}

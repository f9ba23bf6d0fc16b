//! A client and a server by hand, which write what no broker on this machine would: the other byte order, stale octets in
//! the padding, messages cut into the smallest fragments.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use bytes::BytesMut;
use quorb_giop::assembly::Assembler;
use quorb_giop::cdr::{CdrProfile, CharSet, Decoder, Encoder, Endian, GiopVersion, WcharSet};
use quorb_giop::codeset::{CodeSetComponentInfo, CodeSetContext, CodeSets};
use quorb_giop::ior::{IiopProfile, Ior, TaggedComponent};
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{
    Body, Message, MessageHead, MessageHeader, MessageKind, ReplyHead, ReplyStatus, RequestHead, Target,
};
use quorb_giop::names::{ObjectKey, OperationName, RepositoryId};

/// How a peer by hand writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hand {
    pub(crate) endian: Endian,
    pub(crate) version: GiopVersion,
    /// Octets that each fragment carries, a multiple of 8; none: messages are sent whole.
    pub(crate) cut: Option<usize>,
}

/// What a careless peer leaves where nothing is to be read.
pub(crate) const STALE: u8 = 0xaa;

impl Hand {
    /// UTF-8 and UTF-16 where the version lets peers agree on them.
    fn code_sets(self) -> CodeSets {
        match self.version {
            GiopVersion::V1_0 => CodeSets::UNNEGOTIATED,
            _ => CodeSets { char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) },
        }
    }

    fn profile(self) -> CdrProfile {
        self.code_sets().profile(self.endian, self.version)
    }

    fn write(
        self,
        stream: &mut TcpStream,
        head: &impl MessageHead,
        body: impl FnOnce(&mut Encoder),
    ) -> std::io::Result<()> {
        let mut open = head.open(Vec::new(), self.profile()).expect("a good head");
        let padding = head_padding(head, self.profile());
        body(open.body());
        let mut message = open.finish().expect("not too long");
        let end = padding.end.min(message.len());
        message[padding.start.min(end)..end].fill(STALE);
        match self.cut {
            Some(octets) => stream.write_all(&cut(&message, self.endian, octets)),
            None => stream.write_all(&message),
        }
    }
}

/// The octets between the head and the body, which are there if the body is not empty.
fn head_padding(head: &impl MessageHead, profile: CdrProfile) -> std::ops::Range<usize> {
    let open = head.open(Vec::new(), profile).expect("a good head");
    let body = open.body_origin();
    open.finish().expect("not too long").len()..body
}

/// A whole message of GIOP 1.2 as a beginning of 12 octets behind its header, and fragments of so many octets.
fn cut(message: &[u8], endian: Endian, octets: usize) -> Vec<u8> {
    const BEGINNING: usize = MessageHeader::BYTES + 12;
    let header = MessageHeader::decode(message.first_chunk().expect("a header")).expect("a good header");
    if message.len() <= BEGINNING {
        return message.to_vec();
    }
    let part = |kind, more_fragments, contents: &[&[u8]]| {
        let size = contents.iter().map(|content| content.len()).sum::<usize>() as u32;
        let header = MessageHeader { endian, more_fragments, kind, size, ..header };
        [&header.encode()[..], &contents.concat()].concat()
    };
    let request_id = &message[MessageHeader::BYTES..MessageHeader::BYTES + 4];
    let mut stream = part(header.kind, true, &[&message[MessageHeader::BYTES..BEGINNING]]);
    let mut pieces = message[BEGINNING..].chunks(octets).peekable();
    while let Some(piece) = pieces.next() {
        stream.extend(part(MessageKind::FRAGMENT, pieces.peek().is_some(), &[request_id, piece]));
    }
    stream
}

/// A client by hand.
#[derive(Debug)]
pub(crate) struct RawClient {
    hand: Hand,
    stream: TcpStream,
    incoming: Incoming,
    calls: u32,
}

impl RawClient {
    /// Connects to the server of this reference.
    pub(crate) fn connect(reference: &str, hand: Hand) -> RawClient {
        let ior: Ior = reference.parse().expect("a reference");
        let profile = ior.iiop_profiles().next().expect("a profile").expect("a good profile");
        let stream = TcpStream::connect((profile.host.as_str(), profile.port)).expect("the server listens");
        RawClient { hand, stream, incoming: Incoming::new(), calls: 0 }
    }

    /// Calls an operation of the object `echo`; the reply must be in the version of the request.
    pub(crate) fn call(
        &mut self,
        operation: &'static str,
        arguments: impl FnOnce(&mut Encoder),
    ) -> (ReplyStatus, Body) {
        self.calls += 1;
        let target = Target::Key(ObjectKey::from_static(b"echo"));
        let mut head = RequestHead::new(self.calls, target, OperationName::from_static(operation));
        if self.calls == 1 && self.hand.version > GiopVersion::V1_0 {
            head.contexts.put(&CodeSetContext::from(self.hand.code_sets())).expect("two numbers");
        }
        self.hand.write(&mut self.stream, &head, arguments).expect("the server takes it");
        match self.incoming.next(&mut self.stream) {
            Some(Message::Reply { head, body }) => {
                assert_eq!((head.request_id, body.version()), (self.calls, self.hand.version));
                (head.status, body)
            }
            other => panic!("no reply to {operation}: {other:?}"),
        }
    }

    /// The code sets in force.
    pub(crate) fn code_sets(&self) -> CodeSets {
        self.hand.code_sets()
    }
}

/// Serves one connection by hand: `answer` reads the arguments of an operation and writes what becomes of it. Answers the
/// reference of the only object.
pub(crate) fn serve(
    hand: Hand,
    answer: impl Fn(&str, &mut Decoder<'_>, &mut Encoder) -> ReplyStatus + Send + 'static,
) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client comes");
        let mut incoming = Incoming::new();
        while let Some(Message::Request { head, body }) = incoming.next(&mut stream) {
            let mut out = Encoder::with_buffer(Vec::new(), 0, hand.profile());
            let status = answer(head.operation.as_str(), &mut body.decoder(hand.code_sets()), &mut out);
            let reply = ReplyHead::new(head.request_id, status);
            let octets = out.into_bytes();
            // The client may have gone.
            if hand.write(&mut stream, &reply, |out| out.write_octets(&octets)).is_err() {
                return;
            }
        }
    });
    let key = ObjectKey::from_static(b"echo");
    let mut profile = IiopProfile::new(hand.version, "127.0.0.1".to_owned(), port, key);
    if hand.version > GiopVersion::V1_0 {
        profile
            .components
            .push(TaggedComponent::of(&CodeSetComponentInfo::ours()).expect("a small component"));
    }
    let id = RepositoryId::from_static("IDL:Torture/Echo:1.0");
    Ior::with_iiop(id, &profile).expect("a small reference").to_string()
}

/// Messages out of a stream.
#[derive(Debug)]
struct Incoming {
    assembler: Assembler,
    received: BytesMut,
}

impl Incoming {
    fn new() -> Incoming {
        Incoming { assembler: Assembler::new(MessageLimits::default()), received: BytesMut::new() }
    }

    /// The next message; none if the stream has ended.
    fn next(&mut self, stream: &mut TcpStream) -> Option<Message> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(frame) = self.assembler.next(&mut self.received).expect("good messages") {
                return Some(Message::decode(&frame, &MessageLimits::default()).expect("a good message"));
            }
            match stream.read(&mut chunk) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.received.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

//! The golden vectors of the native protocol: every file is what we write, and reads as what we meant.

use bytes::{Buf, Bytes};
use quorb::proto::buffers::Buffers;
use quorb::proto::head::{
    BodyFormat, ChainId, ClientId, EndpointSet, ObjectKey, OperationName, ReplyHead, ReplyStatus,
    RequestHead, RequestIdentity, ResponseExpected, ServiceContext, Time, TraceContext,
};
use quorb::proto::native::control::{decode_credit, encode_bare, encode_credit};
use quorb::proto::native::{
    Close, CloseCode, Config, Connection, FRAME_HEADER_BYTES, Features, FrameHeader, FrameKind, Hello,
    Limits, OutBuffer, PREFACE_BYTES, Payload, ReplyFrame, RequestFrame, Side, Speaker, Version,
    decode_preface, decode_reply, decode_request, encode_preface, flags,
};

const FINGERPRINT: u64 = 0x8796_a5b4_c3d2_e1f0;

/// Who says HELLO in `hello.hex`.
const SPEAKER: Speaker = Speaker { client: ClientId(0x0102_0304_0506_0708), incarnation: 2 };

#[test]
fn hello() {
    let hello = Hello {
        identity: SPEAKER.client.0,
        incarnation: SPEAKER.incarnation,
        features: Features::GROUPS,
        frame_bytes_max: 262_144,
        calls_in_flight_max: 1024,
        call_window_bytes: 65_536,
        software: Bytes::from_static(b"quorb 0.1.0"),
    };
    let mut written = encode_preface(Version::OURS).to_vec();
    hello.encode(&mut written);
    let vector = vector("hello");
    assert_eq!(vector, written);
    assert_eq!(decode_preface(&vector), Ok(Some(Version { major: 1, minor: 0 })));
    let (header, head, _) = split(vector.slice(PREFACE_BYTES..));
    assert_eq!((header.kind, header.id), (FrameKind::HELLO, 0));
    assert_eq!(Hello::decode(head), Ok(hello));
}

#[test]
fn requests() {
    check_request("request_get", 9, &get(), None, &[2, 0, 4, 0]);

    let key = ObjectKey(Bytes::from_static(b"key"));
    let full = RequestHead {
        identity: Some(RequestIdentity { client: ClientId(17), incarnation: 3, sequence: 5 }),
        acknowledged_below: 4,
        retry_of_server: Some(7),
        deadline_left_us: 1,
        chain: ChainId(std::array::from_fn(|at| at as u8)),
        fingerprint: FINGERPRINT,
        format: BodyFormat::CBOR,
        depth: 7,
        endpoint_set_version: 6,
        trace: Some(TraceContext {
            trace_id: std::array::from_fn(|at| 0xa0 + at as u8),
            parent_id: std::array::from_fn(|at| 0xb0 + at as u8),
            flags: 1,
            state: Bytes::from_static(b"a=b"),
        }),
        response: ResponseExpected::No,
        contexts: vec![context(1, b"c1"), context(0xffff_ffff, b"")],
        ..RequestHead::new(key.clone(), name("set"))
    };
    check_request("request_full", (1 << 63) | 1, &full, None, &[]);

    let put = RequestHead::new(key, name("put"));
    check_request("request_chunked", 2, &put, Some(1 << 20), &[]);
}

#[test]
fn a_connection_says_what_the_vectors_say() {
    let config = Config {
        side: Side::Client,
        identity: SPEAKER.client,
        incarnation: SPEAKER.incarnation,
        features: Features::GROUPS,
        limits: Limits::default(),
        software: Bytes::from_static(b"quorb 0.1.0"),
        buffers: Buffers::default(),
    };
    let mut connection = Connection::new(config, Time::ZERO);
    let mut out = OutBuffer::new();
    connection.transmit(&mut out);
    assert_eq!(out.copy_to_bytes(out.len()), vector("hello"));
    for _ in 1..9 {
        connection.request(&get(), Payload::EMPTY).expect("room");
    }
    connection.transmit(&mut out);
    out.advance(out.len());
    connection.request(&get(), &[2, 0, 4, 0][..]).expect("room");
    connection.transmit(&mut out);
    assert_eq!(out.copy_to_bytes(out.len()), vector("request_get"));
}

#[test]
fn replies() {
    let ok = ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE);
    check_reply("reply_ok", &ok, None, &[123, 0, 0, 0]);
    let full = ReplyHead {
        status: ReplyStatus::FORMAT_REFUSED,
        format: BodyFormat::CDR_BE,
        fingerprint: FINGERPRINT,
        new_endpoint_set: Some(EndpointSet { version: 2, ior: Bytes::from_static(b"an ior") }),
        contexts: vec![context(1, b"ctx1")],
    };
    check_reply("reply_full", &full, Some(300_000), &[]);
}

#[test]
fn steering_frames() {
    for (name, kind, frame_flags, id) in [
        ("chunk_abort", FrameKind::CHUNK, flags::ABORT, 2),
        ("cancel", FrameKind::CANCEL, 0, 9),
        ("ping", FrameKind::PING, 0, 3),
        ("pong", FrameKind::PONG, 0, 3),
        ("drain", FrameKind::DRAIN, 0, 9),
    ] {
        let mut written = Vec::new();
        encode_bare(kind, frame_flags, id, &mut written);
        assert_eq!(vector(name), written, "{name}");
        let (header, _, _) = split(vector(name));
        assert_eq!((header.kind, header.flags, header.id), (kind, frame_flags, id), "{name}");
    }

    let mut written = Vec::new();
    encode_credit(2, 1 << 20, &mut written);
    assert_eq!(vector("credit"), written);
    let (header, head, _) = split(vector("credit"));
    assert_eq!((header.kind, header.id, decode_credit(head)), (FrameKind::CREDIT, 2, Ok(1 << 20)));

    let close = Close { code: CloseCode::SHUTDOWN, text: "bye".to_owned() };
    let mut written = Vec::new();
    close.encode(9, &mut written);
    assert_eq!(vector("close"), written);
    let (header, head, _) = split(vector("close"));
    assert_eq!((header.kind, header.id, Close::decode(head)), (FrameKind::CLOSE, 9, Ok(close)));
}

#[test]
fn a_chunk() {
    let mut header = FrameHeader::new(FrameKind::CHUNK, 2);
    header.flags = flags::LAST;
    header.body_len = 3;
    assert_eq!(vector("chunk"), [&header.encode()[..], b"abc"].concat());
    let (read, _, body) = split(vector("chunk"));
    assert_eq!((read, &body[..]), (header, &b"abc"[..]));
}

#[test]
fn no_vector_is_forgotten() {
    let tested = [
        "cancel",
        "chunk",
        "chunk_abort",
        "close",
        "credit",
        "drain",
        "hello",
        "ping",
        "pong",
        "reply_full",
        "reply_ok",
        "request_chunked",
        "request_full",
        "request_get",
    ];
    let files = std::fs::read_dir(folder()).expect("the folder of vectors");
    let names = files.filter_map(|file| {
        let name = file.expect("a file").file_name().into_string().expect("a name in UTF-8");
        name.strip_suffix(".hex").map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(names, tested);
}

/// The request of `request_get.hex`.
fn get() -> RequestHead {
    let identity =
        RequestIdentity { client: SPEAKER.client, incarnation: SPEAKER.incarnation, sequence: 1000 };
    RequestHead {
        identity: Some(identity),
        acknowledged_below: 999,
        deadline_left_us: 2_000_000,
        chain: ChainId::starting_with(&identity),
        fingerprint: FINGERPRINT,
        ..RequestHead::new(ObjectKey(Bytes::from_static(b"grid/0123456789a")), name("get"))
    }
}

fn name(name: &'static str) -> OperationName {
    OperationName::from_static(name).expect("a name")
}

fn check_request(name: &str, id: u64, head: &RequestHead, total: Option<u64>, body: &[u8]) {
    let frame = RequestFrame::new(head, SPEAKER, total);
    let mut header = FrameHeader::new(FrameKind::REQUEST, id);
    header.flags = frame.flags();
    header.head_len = frame.bytes() as u16;
    header.body_len = body.len() as u32;
    let mut written = header.encode().to_vec();
    frame.encode(&mut written);
    written.extend_from_slice(body);
    assert_eq!(vector(name), written, "{name}");
    let (read, read_head, read_body) = split(vector(name));
    assert_eq!((read, &read_body[..]), (header, body), "{name}");
    assert_eq!(decode_request(read_head, read.flags, SPEAKER), Ok((head.clone(), total)), "{name}");
}

fn check_reply(name: &str, head: &ReplyHead, total: Option<u64>, body: &[u8]) {
    let frame = ReplyFrame::new(head, total);
    let mut header = FrameHeader::new(FrameKind::REPLY, 9);
    header.flags = frame.flags();
    header.head_len = frame.bytes() as u16;
    header.body_len = body.len() as u32;
    let mut written = header.encode().to_vec();
    frame.encode(&mut written);
    written.extend_from_slice(body);
    assert_eq!(vector(name), written, "{name}");
    let (read, read_head, read_body) = split(vector(name));
    assert_eq!((read, &read_body[..]), (header, body), "{name}");
    assert_eq!(decode_reply(read_head, read.flags), Ok((head.clone(), total)), "{name}");
}

fn context(id: u32, data: &'static [u8]) -> ServiceContext {
    ServiceContext { id, data: Bytes::from_static(data) }
}

/// Header, head and body of a vector that is one frame, no more and no less.
fn split(vector: Bytes) -> (FrameHeader, Bytes, Bytes) {
    let header = FrameHeader::decode(vector.first_chunk().expect("a header"));
    assert_eq!(vector.len() as u64, header.frame_bytes());
    let body_at = FRAME_HEADER_BYTES + usize::from(header.head_len);
    (header, vector.slice(FRAME_HEADER_BYTES..body_at), vector.slice(body_at..))
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/vectors/native")
}

fn vector(name: &str) -> Bytes {
    let text = std::fs::read_to_string(folder().join(format!("{name}.hex"))).expect("a vector");
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let octets = lines.flat_map(str::split_whitespace);
    octets.map(|octet| u8::from_str_radix(octet, 16).expect("an octet")).collect()
}

//! The native protocol: its heads, one connection against a peer that does as it likes, and two honest ones.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use quorb::proto::buffers::Buffers;
use quorb::proto::head::{
    BodyFormat, CallId, ClientId, ObjectKey, OperationName, ReplyHead, ReplyStatus, RequestHead,
    ResponseExpected, Time,
};
use quorb::proto::native::{
    Close, Config, Connection, Event, Features, FrameHeader, FrameKind, Hello, Limits, OutBuffer, ReplyFrame,
    RequestFrame, Side, Speaker, Version, control, decode_preface, decode_reply, decode_request,
    encode_preface,
};

use crate::script::Script;

const SPEAKER: Speaker = Speaker { client: ClientId(1), incarnation: 1 };

/// Octets as the heads of frames: what is understood is written as what is understood alike.
///
/// # Panics
/// If an invariant is broken.
pub fn native_heads(octets: &[u8]) {
    let mut script = Script::new(octets);
    let (kind, flags) = (script.octet(), script.octet());
    let head = Bytes::copy_from_slice(script.rest());
    match kind % 6 {
        0 => {
            if let Ok((request, total)) = decode_request(head, flags, SPEAKER) {
                let frame = RequestFrame::new(&request, SPEAKER, total);
                let mut again = Vec::new();
                frame.encode(&mut again);
                assert_eq!(again.len(), frame.bytes());
                assert_eq!(decode_request(again.into(), frame.flags(), SPEAKER), Ok((request, total)));
            }
        }
        1 => {
            if let Ok((reply, total)) = decode_reply(head, flags) {
                let frame = ReplyFrame::new(&reply, total);
                let mut again = Vec::new();
                frame.encode(&mut again);
                assert_eq!(again.len(), frame.bytes());
                assert_eq!(decode_reply(again.into(), frame.flags()), Ok((reply, total)));
            }
        }
        2 => drop(Hello::decode(head)),
        3 => drop(Close::decode(head)),
        4 => drop(control::decode_credit(head)),
        _ => drop(decode_preface(&head)),
    }
}

/// Small enough that a fuzzer meets them.
fn limits() -> Limits {
    Limits { body_bytes_max: 300_000, assembly_bytes_max: 400_000, chunk_bytes: 20_000, ..Limits::default() }
}

fn config(side: Side) -> Config {
    Config {
        side,
        identity: ClientId(if side == Side::Client { 1 } else { 2 }),
        incarnation: 1,
        features: Features::default(),
        limits: limits(),
        software: Bytes::from_static(b"fuzz"),
        buffers: Buffers::default(),
    }
}

fn call(script: &mut Script<'_>) -> RequestHead {
    let operation = OperationName::from_static("get").expect("a name");
    let mut head = RequestHead::new(ObjectKey(Bytes::from_static(b"key")), operation);
    if script.below(4) == 0 {
        head.response = ResponseExpected::No;
    }
    head
}

/// A body of a length from nothing to more than is taken.
fn body(script: &mut Script<'_>) -> Bytes {
    const LENGTHS: [usize; 8] = [0, 1, 100, 4_096, 30_000, 70_000, 140_000, 320_000];
    Bytes::from(vec![7; LENGTHS[script.below(LENGTHS.len())]])
}

/// One end: a connection, what it has received and not understood yet, and the calls it was asked to serve.
struct End {
    connection: Connection,
    input: BytesMut,
    out: OutBuffer,
    open: Vec<CallId>,
    made: u64,
    ended: u64,
    failed: bool,
}

impl End {
    fn new(side: Side) -> End {
        End {
            connection: Connection::new(config(side), Time::ZERO),
            input: BytesMut::new(),
            out: OutBuffer::new(),
            open: Vec::new(),
            made: 0,
            ended: 0,
            failed: false,
        }
    }

    fn feed(&mut self, octets: &[u8], now: Time) {
        self.input.extend_from_slice(octets);
        loop {
            match self.connection.receive(&mut self.input, now) {
                Ok(Some(event)) => self.note(event),
                Ok(None) => break,
                Err(_) => {
                    assert!(!self.failed, "an error comes once");
                    assert!(self.connection.is_closed());
                    self.failed = true;
                }
            }
        }
        self.check();
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Request { id, head, .. } | Event::RequestRefused { id, head, .. }
                if head.response == ResponseExpected::Yes =>
            {
                self.open.push(id);
            }
            Event::Reply { .. } | Event::ReplyRefused { .. } => self.ended += 1,
            Event::Drain { not_executed, .. } => self.ended += not_executed.len() as u64,
            _ => {}
        }
    }

    /// Whatever a peer did, this holds.
    fn check(&self) {
        let limits = limits();
        let windows = limits.calls_in_flight_max as usize * limits.call_window_bytes as usize;
        assert!(self.connection.assembly_bytes() <= limits.assembly_bytes_max as usize + windows);
        assert!(self.connection.calls_inbound() <= limits.calls_in_flight_max as usize);
        assert!(self.input.len() <= limits.frame_bytes_max as usize);
    }

    /// One of the things that a runtime does.
    fn act(&mut self, script: &mut Script<'_>) {
        match script.below(8) {
            0..=2 => {
                let head = call(script);
                let answered = head.response == ResponseExpected::Yes;
                if self.connection.request(&head, body(script)).is_ok() {
                    self.made += u64::from(answered);
                }
            }
            3..=5 if !self.open.is_empty() => {
                let id = self.open.swap_remove(script.below(self.open.len()));
                let head = ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE);
                let _ = self.connection.reply(id, &head, body(script));
            }
            6 => drop(self.connection.ping()),
            _ => {}
        }
    }

    /// What one `transmit` yields.
    fn output(&mut self) -> Bytes {
        self.connection.transmit(&mut self.out);
        self.out.copy_to_bytes(self.out.len())
    }
}

/// Octets as what a peer sends, frame by frame, and what the runtime does meanwhile: errors at most, and within bounds.
///
/// # Panics
/// If an invariant is broken.
pub fn native_connection(octets: &[u8]) {
    let mut script = Script::new(octets);
    let choice = script.octet();
    let side = if choice & 1 == 0 { Side::Server } else { Side::Client };
    let peer = if choice & 1 == 0 { Side::Client } else { Side::Server };
    let mut end = End::new(side);
    let mut now = Time::ZERO;
    if choice & 2 == 0 {
        let mut greeting = encode_preface(Version::OURS).to_vec();
        config(peer).hello().encode(&mut greeting);
        end.feed(&greeting, now);
    }
    let mut last_call = if peer == Side::Client { 0 } else { 1 << 63 };
    while !script.is_over() {
        match script.below(16) {
            0 => {
                let length = script.below(64);
                let octets = script.take(length);
                end.feed(octets, now);
            }
            1..=9 => {
                let frame = frame(&mut script, &mut last_call);
                end.feed(&frame, now);
            }
            10 => drop(end.output()),
            11 => {
                now = now + Duration::from_millis(100 * script.below(256) as u64);
                end.connection.handle_timeout(now).into_iter().for_each(|event| end.note(event));
            }
            12 if script.below(8) == 0 => drop(end.connection.drain()),
            13 => end.connection.cancel(CallId(script.below(8) as u64)),
            _ => end.act(&mut script),
        }
        end.check();
    }
    end.output();
    end.connection.on_eof(0);
}

/// A frame whose header and head make sense, mostly.
fn frame(script: &mut Script<'_>, last_call: &mut u64) -> Vec<u8> {
    const KINDS: [FrameKind; 8] = [
        FrameKind::REQUEST,
        FrameKind::REQUEST,
        FrameKind::CHUNK,
        FrameKind::CHUNK,
        FrameKind::REPLY,
        FrameKind::CREDIT,
        FrameKind::CANCEL,
        FrameKind::DRAIN,
    ];
    let choice = script.octet();
    let kind = if choice & 0xf0 == 0xf0 { FrameKind(script.octet()) } else { KINDS[usize::from(choice) % 8] };
    let id = match kind {
        FrameKind::REQUEST => {
            *last_call += 1;
            *last_call
        }
        FrameKind::REPLY => (*last_call & (1 << 63) ^ (1 << 63)) | (1 + script.below(6) as u64),
        _ => last_call.saturating_sub(script.below(3) as u64),
    };
    let mut header = FrameHeader::new(kind, id);
    let mut head = Vec::new();
    let length = script.below(40_000);
    let total = (choice & 8 != 0).then_some(length as u64 * 8);
    match kind {
        FrameKind::REQUEST => {
            let request = call(script);
            let frame = RequestFrame::new(&request, SPEAKER, total);
            header.flags = frame.flags();
            frame.encode(&mut head);
        }
        FrameKind::REPLY => {
            let reply = ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE);
            let frame = ReplyFrame::new(&reply, total);
            header.flags = frame.flags();
            frame.encode(&mut head);
        }
        FrameKind::CHUNK => header.flags = script.octet() & 3,
        FrameKind::CREDIT => head.extend_from_slice(&(length as u64 * 16).to_le_bytes()),
        _ => head.extend_from_slice(script.take(length % 16)),
    }
    header.head_len = head.len() as u16;
    header.body_len = match kind {
        FrameKind::REQUEST | FrameKind::REPLY if total.is_some() => 0,
        FrameKind::REQUEST | FrameKind::REPLY | FrameKind::CHUNK => length as u32,
        _ => 0,
    };
    let mut frame = [&header.encode()[..], &head].concat();
    frame.resize(frame.len() + header.body_len as usize, 7);
    frame
}

/// Octets as what two honest runtimes do and how the network cuts their stream: there is never an error, and every call
/// that expects an end has one.
///
/// # Panics
/// If an invariant is broken.
pub fn native_pair(octets: &[u8]) {
    let mut script = Script::new(octets);
    let mut ends = [End::new(Side::Client), End::new(Side::Server)];
    let mut wires = [BytesMut::new(), BytesMut::new()];
    let mut steps = 0;
    while !script.is_over() && steps < 400 {
        steps += 1;
        let who = script.below(2);
        match script.below(4) {
            0 | 1 => ends[who].act(&mut script),
            2 => {
                let octets = ends[who].output();
                wires[who].extend_from_slice(&octets);
            }
            _ => {
                let length = [1, 7, 16, 100, 5_000, 100_000][script.below(6)];
                deliver(&mut ends, &mut wires, who, length);
            }
        }
    }
    loop {
        let mut moved = false;
        for who in [0, 1] {
            while let Some(id) = ends[who].open.pop() {
                let head = ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE);
                ends[who].connection.reply(id, &head, Bytes::new()).expect("the call is open");
            }
            let octets = ends[who].output();
            wires[who].extend_from_slice(&octets);
            moved |= !wires[who].is_empty();
            deliver(&mut ends, &mut wires, who, usize::MAX);
        }
        if !moved {
            break;
        }
    }
    for end in &ends {
        assert!(!end.failed, "two honest ends understand each other");
        assert_eq!(end.made, end.ended, "every call has one end");
        assert_eq!(end.connection.calls_outbound() + end.connection.calls_inbound(), 0);
        assert_eq!(end.connection.assembly_bytes(), 0);
    }
}

fn deliver(ends: &mut [End; 2], wires: &mut [BytesMut; 2], from: usize, length: usize) {
    let wire = &mut wires[from];
    let octets = wire.split_to(length.min(wire.len()));
    ends[1 - from].feed(&octets, Time::ZERO);
}

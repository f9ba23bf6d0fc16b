//! Octets without sense, and sense in disorder: errors at most, and bounded memory.

use bytes::Bytes;

use super::pair::{End, Pair, call, pattern};
use crate::proto::dice::Dice;
use crate::proto::head::{BodyFormat, CallId, ClientId, ReplyHead, ReplyStatus, Time};
use crate::proto::native::{
    Close, Event, FrameHeader, FrameKind, Hello, Limits, Payload, ReplyFrame, RequestFrame, Side, Speaker,
    control, decode_reply, decode_request,
};

const SPEAKER: Speaker = Speaker { client: ClientId(1), incarnation: 1 };

/// Small enough that a fuzzer meets them.
fn limits() -> Limits {
    Limits { body_bytes_max: 300_000, assembly_bytes_max: 400_000, chunk_bytes: 20_000, ..Limits::default() }
}

fn ok() -> ReplyHead {
    ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE)
}

/// Whatever a peer did, this holds.
fn check_bounds(end: &End) {
    let limits = limits();
    let windows = limits.calls_in_flight_max as usize * limits.call_window_bytes as usize;
    let connection = &end.connection;
    assert!(connection.assembly_bytes() <= limits.assembly_bytes_max as usize + windows);
    assert!(connection.calls_inbound() <= limits.calls_in_flight_max as usize);
    assert!(end.input.len() <= limits.frame_bytes_max as usize);
}

#[test]
fn head_decoders_take_anything() {
    let mut dice = Dice::new(1);
    for _ in 0..100_000 {
        let length = dice.below(120) as usize;
        let mut octets = dice.octets(length);
        // Mostly plausible presence bits and small lengths, else nothing gets past the first check.
        if dice.below(4) > 0 && octets.len() > 7 {
            octets[1] &= 3;
            octets[3] &= 15;
            octets[4] = 0;
            octets[5] &= 7;
            octets[6] = 0;
        }
        let flags = dice.next() as u8;
        let octets = Bytes::from(octets);
        let _ = decode_request(octets.clone(), flags, SPEAKER);
        let _ = decode_reply(octets.clone(), flags);
        let _ = Hello::decode(octets.clone());
        let _ = Close::decode(octets.clone());
        let _ = control::decode_credit(octets);
    }
}

#[test]
fn what_decodes_encodes_to_what_decodes_to_the_same() {
    let mut dice = Dice::new(2);
    let mut seen = 0;
    for _ in 0..200_000 {
        let mut octets = dice.octets(100);
        octets[1] &= 3;
        octets[3..7].copy_from_slice(&[3, 0, 2, 0]);
        octets[10..12].copy_from_slice(b"op");
        let flags = dice.next() as u8 & 3;
        let Ok((head, total)) = decode_request(octets.into(), flags, SPEAKER) else {
            continue;
        };
        seen += 1;
        let frame = RequestFrame::new(&head, SPEAKER, total);
        let mut again = Vec::new();
        frame.encode(&mut again);
        assert_eq!(again.len(), frame.bytes());
        assert_eq!(decode_request(again.into(), frame.flags(), SPEAKER), Ok((head, total)));
    }
    assert!(seen > 100, "the fuzzer is blind: {seen}");
}

#[test]
fn a_connection_takes_random_octets() {
    let mut dice = Dice::new(3);
    for round in 0..3_000 {
        let side = if round % 2 == 0 { Side::Client } else { Side::Server };
        let mut end = if round % 3 == 0 { End::new(side, limits()) } else { End::greeted(side, limits()) };
        for _ in 0..dice.below(20) {
            let length = dice.below(60) as usize;
            let octets = dice.octets(length);
            end.feed(&octets, Time::ZERO);
            check_bounds(&end);
        }
        end.output();
    }
}

/// A peer whose frames make sense one by one, and often, but not always, together.
struct Careless {
    dice: Dice,
    /// The top bit of its own calls.
    base: u64,
    last_call: u64,
    /// Announced bodies, and what is left of them.
    open: Vec<(u64, u64)>,
}

impl Careless {
    fn frame(&mut self) -> Vec<u8> {
        let dice = &mut self.dice;
        if dice.below(2) == 0 && !self.open.is_empty() {
            return self.right_chunk();
        }
        let kind = match dice.below(60) {
            0 => FrameKind(dice.next() as u8),
            1 => FrameKind::CLOSE,
            2 => FrameKind::DRAIN,
            3 => FrameKind::REPLY,
            4 => FrameKind::CHUNK,
            5..20 => FrameKind::CANCEL,
            20..30 => FrameKind::CREDIT,
            _ => FrameKind::REQUEST,
        };
        let mut header = FrameHeader::new(kind, self.id(kind));
        header.flags = match kind {
            FrameKind::REQUEST => self.dice.below(4) as u8,
            FrameKind::REPLY => self.dice.below(2) as u8,
            FrameKind::CHUNK => self.dice.below(3) as u8,
            _ => 0,
        };
        let head = self.head(&header);
        let has_body = match kind {
            FrameKind::CHUNK => header.flags & 2 == 0,
            FrameKind::REQUEST | FrameKind::REPLY => header.flags & 1 == 0,
            _ => false,
        };
        header.head_len = head.len() as u16;
        header.body_len = if has_body { self.dice.below(30_000) as u32 } else { 0 };
        let mut frame = [&header.encode()[..], &head].concat();
        frame.resize(frame.len() + header.body_len as usize, 7);
        frame
    }

    /// The next chunk of some body, as it was announced.
    fn right_chunk(&mut self) -> Vec<u8> {
        let at = self.dice.below(self.open.len() as u64) as usize;
        let (id, left) = self.open[at];
        let mut header = FrameHeader::new(FrameKind::CHUNK, id);
        header.body_len = left.min(1 + self.dice.below(30_000)) as u32;
        self.open[at].1 -= u64::from(header.body_len);
        if self.open[at].1 == 0 {
            self.open.remove(at);
            header.flags = 1;
        }
        let mut frame = header.encode().to_vec();
        frame.resize(frame.len() + header.body_len as usize, 7);
        frame
    }

    fn id(&mut self, kind: FrameKind) -> u64 {
        if self.dice.below(50) == 0 {
            return self.dice.next() >> self.dice.below(64);
        }
        match kind {
            FrameKind::REQUEST => {
                self.last_call += 1;
                self.base | self.last_call
            }
            FrameKind::REPLY => (self.base ^ (1 << 63)) | (1 + self.dice.below(6)),
            _ => self.base | self.last_call.saturating_sub(self.dice.below(3)),
        }
    }

    fn head(&mut self, header: &FrameHeader) -> Vec<u8> {
        let mut head = Vec::new();
        let bits = 1 + self.dice.below(19);
        let total = (header.flags & 1 != 0).then(|| 1 + self.dice.below(1 << bits));
        match header.kind {
            FrameKind::REQUEST => RequestFrame::new(&call("op"), SPEAKER, total).encode(&mut head),
            FrameKind::REPLY => ReplyFrame::new(&ok(), total).encode(&mut head),
            FrameKind::CREDIT => head = self.dice.octets(8),
            FrameKind::CLOSE => head = self.dice.octets(4),
            _ => {}
        }
        if header.kind == FrameKind::CANCEL {
            self.open.retain(|(id, _)| *id != header.id);
        } else if header.kind != FrameKind::CHUNK {
            self.open.extend(total.map(|total| (header.id, total)));
        }
        head
    }
}

#[test]
fn a_connection_takes_frames_in_any_order() {
    let mut dice = Dice::new(4);
    let (mut events, mut errors) = (0, 0);
    for round in 0..4_000 {
        let side = if round % 2 == 0 { Side::Client } else { Side::Server };
        let mut end = End::greeted(side, limits());
        let mut peer = Careless {
            dice: Dice::new(dice.next()),
            base: if side == Side::Server { 0 } else { 1 << 63 },
            last_call: 0,
            open: Vec::new(),
        };
        for _ in 0..4 {
            end.connection.request(&call("get"), Payload::EMPTY).expect("room");
        }
        for _ in 0..30 {
            end.feed(&peer.frame(), Time::ZERO);
            check_bounds(&end);
            answer_some(&mut dice, &mut end, &mut events);
            if end.connection.is_closed() {
                break;
            }
        }
        errors += usize::from(end.error.is_some());
        end.output();
        end.connection.on_eof(0);
    }
    assert!(events > 4_000 && errors > 500, "the fuzzer is blind: {events} events, {errors} errors");
}

/// Plays a runtime that answers now and then, and sometimes does other things.
fn answer_some(dice: &mut Dice, end: &mut End, events: &mut usize) {
    for event in end.take_events() {
        *events += 1;
        if let Event::Request { id, .. } | Event::RequestRefused { id, .. } = event
            && dice.below(2) == 0
        {
            let body = if dice.below(4) == 0 { pattern(70_000) } else { Bytes::new() };
            let _ = end.connection.reply(id, &ok(), body);
        }
    }
    match dice.below(12) {
        0 => end.connection.cancel(CallId(dice.below(6))),
        1 => drop(end.output_once()),
        2 => drop(end.connection.request(&call("put"), pattern(30_000))),
        3 if dice.below(10) == 0 => drop(end.connection.drain()),
        _ => {}
    }
}

#[test]
fn a_conversation_with_flipped_bits_ends_in_errors_at_most() {
    let conversation = {
        let mut pair = Pair::new(limits());
        for bytes in [0, 10, 30_000, 100_000, 290_000] {
            pair.client.connection.request(&call("put"), pattern(bytes)).expect("room");
        }
        let mut octets = pair.client.output();
        pair.server.feed(&octets, Time::ZERO);
        let credit = pair.server.output();
        pair.client.feed(&credit, Time::ZERO);
        octets.extend_from_slice(&pair.client.output());
        octets
    };
    let mut server = End::new(Side::Server, limits());
    for piece in conversation.chunks(10_000) {
        server.feed(piece, Time::ZERO);
        server.output_once();
    }
    assert_eq!(server.take_events().len(), 1 + 5, "without flips, all arrive");
    let mut dice = Dice::new(5);
    for _ in 0..300 {
        let mut octets = conversation.clone();
        for _ in 0..1 + dice.below(3) {
            // Where headers and heads are, for the most part.
            let range = if dice.below(2) == 0 { 400 } else { octets.len() as u64 };
            let at = dice.below(range) as usize;
            octets[at] ^= 1 << dice.below(8);
        }
        let cut = if dice.below(4) == 0 { dice.below(octets.len() as u64) as usize } else { octets.len() };
        let mut server = End::new(Side::Server, limits());
        for piece in octets[..cut].chunks(10_000) {
            server.feed(piece, Time::ZERO);
            check_bounds(&server);
            server.output_once();
        }
    }
}

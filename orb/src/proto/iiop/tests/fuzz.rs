//! Octets from anybody: they cost an error at most, and what is kept stays within the limits.

use bytes::Bytes;
use quorb_giop::assembly::split;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{
    CancelRequestHead, LocateRequestHead, MessageHeader, MessageKind, ReplyHead as GiopReplyHead,
    ReplyStatus, ResponseFlags, close_connection, message_error,
};

use super::rig::{End, Pair, VERSIONS, call, foreign, foreign_request, ok, to_quorb, written};
use crate::proto::dice::Dice;
use crate::proto::head::CallId;
use crate::proto::iiop::{Addressing, Event};

fn check_bounds(end: &End) {
    let connection = &end.connection;
    let config = &connection.config;
    assert!(connection.calls_inbound() <= config.calls_served_max);
    assert!(connection.calls_outbound() <= config.calls_in_flight_max);
    assert!(connection.assembler.incomplete_bytes() <= config.limits.assembled_bytes_max + 64);
    assert!(!connection.is_closed() || end.input.is_empty(), "input after the end is dropped");
}

fn any_end(dice: &mut Dice) -> End {
    match dice.below(4) {
        0 => End::server(),
        1 => {
            let mut server = End::server();
            server.connection.allow_both_directions();
            server
        }
        _ => {
            let mut client = End::client(VERSIONS[dice.below(3) as usize]);
            for _ in 0..dice.below(6) {
                client.call("get", b"");
            }
            client
        }
    }
}

#[test]
fn noise_ends_in_an_error() {
    let mut dice = Dice::new(1);
    for _ in 0..2_000 {
        let mut end = any_end(&mut dice);
        let bytes = 1 + dice.below(200) as usize;
        let mut octets = dice.octets(bytes);
        if dice.below(2) == 0 {
            // Noise behind a good beginning gets further.
            let kind = MessageKind(dice.below(8) as u8);
            let version = VERSIONS[dice.below(3) as usize];
            let header = MessageHeader::new(version, Endian::Little, kind, bytes as u32);
            octets.splice(..0, header.encode());
        }
        end.feed(&octets);
        check_bounds(&end);
        end.connection.on_eof(0);
    }
}

/// A peer that writes good messages in an order of its own.
struct Careless {
    dice: Dice,
}

impl Careless {
    /// One to a few messages, perhaps in fragments that are out of order or not all there.
    fn octets(&mut self) -> Vec<u8> {
        let version = VERSIONS[self.dice.below(12).saturating_sub(9) as usize % 3];
        let version = if self.dice.below(3) == 0 { version } else { GiopVersion::V1_2 };
        let whole = self.message(version);
        if version != GiopVersion::V1_2 || self.dice.below(3) != 0 {
            return whole;
        }
        let pieces = split(&whole, b"", 64).expect("a whole message");
        let mut pieces: Vec<Vec<u8>> = pieces.map(|piece| piece_octets(&piece)).collect();
        match self.dice.below(4) {
            0 => pieces.truncate(1 + self.dice.below(2) as usize),
            1 => pieces.extend_from_within(..1),
            2 => {
                let at = self.dice.below(pieces.len() as u64) as usize;
                pieces.insert(at, self.message(GiopVersion::V1_2));
            }
            _ => {}
        }
        pieces.concat()
    }

    fn message(&mut self, version: GiopVersion) -> Vec<u8> {
        let endian = if self.dice.below(2) == 0 { Endian::Big } else { Endian::Little };
        let profile = foreign(endian, version);
        let id = self.dice.below(16) as u32;
        let bytes = 1 << self.dice.below(13);
        let body = self.dice.octets(bytes);
        match self.dice.below(20) {
            0..=6 => {
                let mut request = foreign_request(id);
                if self.dice.below(3) == 0 {
                    request.response = ResponseFlags::NONE;
                }
                written(&request, profile, &body)
            }
            7..=12 => {
                let status = ReplyStatus(self.dice.below(7) as u32);
                written(&GiopReplyHead::new(id, status), profile, &body)
            }
            13..=14 => {
                let target = foreign_request(id).target;
                written(&LocateRequestHead { request_id: id, target }, profile, b"")
            }
            15..=17 => written(&CancelRequestHead { request_id: id }, profile, b""),
            18 => close_connection(version, endian).to_vec(),
            _ => message_error(version, endian).to_vec(),
        }
    }
}

fn piece_octets(piece: &quorb_giop::assembly::Piece<'_>) -> Vec<u8> {
    piece.slices().concat()
}

#[test]
fn a_connection_takes_messages_in_any_order() {
    let mut dice = Dice::new(2);
    let (mut events, mut errors) = (0, 0);
    for _ in 0..3_000 {
        let mut end = any_end(&mut dice);
        end.connection.both_directions |= dice.below(2) == 0;
        let mut peer = Careless { dice: Dice::new(dice.next()) };
        for _ in 0..30 {
            end.feed(&peer.octets());
            check_bounds(&end);
            answer_some(&mut dice, &mut end, &mut events);
            if end.connection.is_closed() {
                break;
            }
        }
        errors += usize::from(end.error.is_some());
        end.output();
        end.connection.on_eof(0);
        assert_eq!(end.connection.calls_outbound(), 0);
    }
    assert!(events > 4_000 && errors > 500, "the fuzzer is blind: {events} events, {errors} errors");
}

/// Plays a runtime that answers now and then, and sometimes does other things.
fn answer_some(dice: &mut Dice, end: &mut End, events: &mut usize) {
    for event in end.take_events() {
        *events += 1;
        let (Event::Request { id, .. } | Event::BadRequest { id, .. } | Event::Locate { id, .. }) = event
        else {
            continue;
        };
        match dice.below(3) {
            0 => drop(end.connection.reply(id, &ok(), Bytes::from_static(b"12345678"))),
            1 => end.connection.abandon(id),
            _ => {}
        }
    }
    match dice.below(12) {
        0 => end.connection.cancel(CallId(dice.below(16))),
        1 => drop(end.output()),
        2 => drop(end.connection.request(&call("put"), &to_quorb(), Bytes::new())),
        3 if dice.below(10) == 0 => end.connection.drain(),
        4 if dice.below(20) == 0 => end.connection.close(),
        _ => {}
    }
}

#[test]
fn a_conversation_with_flipped_bits_ends_in_errors_at_most() {
    for version in VERSIONS {
        let mut pair = Pair::new(version);
        for bytes in [0, 10, 300, 5_000, 20_000] {
            let addressing = if bytes == 10 { to_quorb() } else { Addressing::default() };
            pair.client
                .connection
                .request(&call("put"), &addressing, Bytes::from(vec![7; bytes]))
                .expect("room");
        }
        let conversation = pair.client.output();
        pair.server.feed(&conversation);
        assert_eq!(pair.server.take_events().len(), 5, "without flips, all arrive");
        let mut dice = Dice::new(3);
        for _ in 0..400 {
            let mut octets = conversation.to_vec();
            for _ in 0..1 + dice.below(3) {
                // Where headers and heads are, for the most part.
                let range = if dice.below(2) == 0 { 400 } else { octets.len() as u64 };
                octets[dice.below(range) as usize] ^= 1 << dice.below(8);
            }
            if dice.below(4) == 0 {
                octets.truncate(dice.below(octets.len() as u64) as usize);
            }
            let mut server = End::server();
            for piece in octets.chunks(1_000) {
                server.feed(piece);
                check_bounds(&server);
            }
        }
    }
}

//! Large messages into fragments, and back.

use quorb_giop::assembly::split;
use quorb_giop::cdr::{Cdr, CdrProfile, Endian, GiopVersion};
use quorb_giop::message::*;
use quorb_giop::names::{ObjectKey, OperationName};

use crate::vectors;

fn request(version: GiopVersion, endian: Endian, numbers: usize) -> Vec<u8> {
    let target = Target::Key(ObjectKey::from_static(b"grid"));
    let head = RequestHead::new(0x0102_0304, target, OperationName::from_static("sum"));
    let mut open = head.open(Vec::new(), CdrProfile::unnegotiated(endian, version)).unwrap();
    (0..numbers).map(|n| n as f64).collect::<Vec<_>>().encode(open.body()).unwrap();
    open.finish().unwrap()
}

#[test]
fn pieces_join_to_the_message_wherever_head_and_body_part() {
    for endian in [Endian::Big, Endian::Little] {
        let message = request(GiopVersion::V1_2, endian, 50);
        let whole = vectors::frames(&message);
        for piece_bytes_max in [0, 64, 70, 100, 455, 456, 457, 10_000] {
            for cut in [12, 16, 48, 57, message.len()] {
                let (head, body) = message.split_at(cut);
                let mut stream = Vec::new();
                for piece in split(head, body, piece_bytes_max).unwrap() {
                    let octets = piece.slices().concat();
                    assert!(octets.len() <= piece_bytes_max.max(64));
                    let header = MessageHeader::decode(octets.first_chunk().unwrap()).unwrap();
                    assert!(!header.more_fragments || octets.len() % 8 == 0, "a multiple of 8");
                    stream.extend(octets);
                }
                assert_eq!(vectors::frames(&stream), whole, "{piece_bytes_max} {cut}");
            }
        }
    }
}

#[test]
fn small_and_old_messages_stay_in_one_piece() {
    let small = request(GiopVersion::V1_2, Endian::Little, 0);
    let old = request(GiopVersion::V1_1, Endian::Big, 1000);
    let oldest = request(GiopVersion::V1_0, Endian::Big, 1000);
    let close = close_connection(GiopVersion::V1_2, Endian::Big).to_vec();
    for message in [small, old, oldest, close] {
        let pieces: Vec<_> = split(&message, &[], 64).unwrap().collect();
        assert_eq!(pieces.len(), 1);
        assert_eq!(pieces[0].slices().concat(), message);
    }
}

#[test]
fn what_is_no_message_is_not_cut() {
    assert!(split(b"GIOP", &[], 64).is_err());
    assert!(split(b"POST / HTTP/1.1", &[], 64).is_err());
}

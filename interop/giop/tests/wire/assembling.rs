//! Whole messages out of a stream of octets.

use bytes::{Bytes, BytesMut};
use quorb_giop::assembly::Assembler;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::*;

use crate::vectors;

/// A message of raw parts, big-endian.
fn part(version: GiopVersion, kind: MessageKind, more_fragments: bool, content: &[u8]) -> Vec<u8> {
    let size = content.len() as u32;
    let header = MessageHeader { version, endian: Endian::Big, more_fragments, kind, size };
    [&header.encode()[..], content].concat()
}

fn begin(id: u8, more: bool) -> Vec<u8> {
    part(GiopVersion::V1_2, MessageKind::REPLY, more, &[0, 0, 0, id, 0, 0, 0, 0, 0, 0, 0, 0])
}

fn fragment(id: u8, more: bool, content: &[u8]) -> Vec<u8> {
    part(GiopVersion::V1_2, MessageKind::FRAGMENT, more, &[&[0, 0, 0, id], content].concat())
}

fn old(kind: MessageKind, more: bool, content: &[u8]) -> Vec<u8> {
    part(GiopVersion::V1_1, kind, more, content)
}

/// Feeds parts until there is a message or an error.
fn feed(assembler: &mut Assembler, parts: &[Vec<u8>]) -> Result<Vec<Frame>, GiopError> {
    let mut received = BytesMut::from(&parts.concat()[..]);
    let mut frames = Vec::new();
    while let Some(frame) = assembler.next(&mut received)? {
        frames.push(frame);
    }
    Ok(frames)
}

fn fails(limits: MessageLimits, parts: &[Vec<u8>]) -> GiopError {
    feed(&mut Assembler::new(limits), parts).unwrap_err()
}

#[test]
fn octets_may_come_one_by_one() {
    let limits = MessageLimits::default();
    for name in vectors::names() {
        let stream = vectors::octets(&name);
        let expected = vectors::frames(&stream);
        let mut assembler = Assembler::new(limits.clone());
        let (mut received, mut frames) = (BytesMut::new(), Vec::new());
        for octet in &stream {
            assert!(assembler.missing_bytes(&received) > 0, "{name}");
            received.extend_from_slice(&[*octet]);
            frames.extend(assembler.next(&mut received).unwrap());
        }
        assert_eq!(frames, expected, "{name}");
    }
}

#[test]
fn a_message_in_one_piece_is_not_copied() {
    let mut received = BytesMut::from(&vectors::octets("ours/request_1_2_be")[..]);
    let place = received.as_ptr() as usize;
    let frame = Assembler::new(MessageLimits::default()).next(&mut received).unwrap().unwrap();
    assert_eq!(frame.content.as_ptr() as usize, place + MessageHeader::BYTES);
    let Message::Request { head, body } = Message::decode(&frame, &MessageLimits::default()).unwrap() else {
        panic!("a request")
    };
    assert_eq!(head.operation.as_bytes().as_ptr() as usize, place + 36);
    assert_eq!(body.octets().as_ptr() as usize, place + 56);
}

#[test]
fn what_is_missing_is_known() {
    let assembler = Assembler::new(MessageLimits { message_bytes_max: 100, ..MessageLimits::default() });
    assert_eq!(assembler.missing_bytes(b""), 12);
    assert_eq!(assembler.missing_bytes(b"GIOP\x01"), 7);
    assert_eq!(assembler.missing_bytes(b"GIOP\x01\x02\x00\x00\0\0\0\x14ab"), 18);
    assert_eq!(assembler.missing_bytes(b"GIOP\x01\x02\x00\x00\0\0\0\x00"), 0);
    assert_eq!(assembler.missing_bytes(b"GIOP\x01\x02\x00\x00\xff\0\0\x00"), 0, "it will be refused");
}

#[test]
fn what_is_not_giop_is_refused_at_its_first_octet() {
    let mut assembler = Assembler::new(MessageLimits::default());
    let error = assembler.next(&mut BytesMut::from("GE")).unwrap_err();
    assert_eq!(error, GiopError::NotGiop { magic: *b"GE\0\0" });
    assert_eq!(error.remedy(assembler.version()), Remedy::Close);
    assert_eq!(assembler.next(&mut BytesMut::from("GI")), Ok(None));
    let error = assembler.next(&mut BytesMut::from(&b"GIOP\x01\x01\x00\x09\0\0\0\0"[..])).unwrap_err();
    assert_eq!(error, GiopError::UnknownKind { kind: 9 });
}

#[test]
fn the_version_of_the_peer_is_remembered() {
    let mut assembler = Assembler::new(MessageLimits::default());
    feed(&mut assembler, &[old(MessageKind::REPLY, false, &[0; 12])]).unwrap();
    assert_eq!(assembler.version(), GiopVersion::V1_1);
}

#[test]
fn sizes_are_limited_alone_and_joined() {
    let limits = MessageLimits { message_bytes_max: 40, ..MessageLimits::default() };
    let large = part(GiopVersion::V1_2, MessageKind::REPLY, false, &[0; 29]);
    let expected = GiopError::MessageTooLarge { size: 41, limit: 40 };
    assert_eq!(fails(limits.clone(), &[large[..12].to_vec()]), expected, "the header is enough");
    let joined = [begin(1, true), fragment(1, true, &[0; 16]), fragment(1, true, &[0; 1])];
    assert_eq!(feed(&mut Assembler::new(limits.clone()), &joined[..2]), Ok(vec![]));
    assert_eq!(fails(limits, &joined), expected);
}

#[test]
fn incomplete_messages_are_limited_in_number_and_memory() {
    let limits =
        MessageLimits { fragments_open_max: 2, assembled_bytes_max: 200, ..MessageLimits::default() };
    let many = [begin(1, true), begin(2, true), begin(3, true)];
    assert_eq!(fails(limits.clone(), &many), GiopError::TooManyIncomplete { limit: 2 });
    let mut assembler = Assembler::new(limits.clone());
    feed(&mut assembler, &many[..2]).unwrap();
    assert_eq!(assembler.incomplete_bytes(), 2 * (12 + 16));
    assert_eq!(feed(&mut assembler, &[fragment(1, false, &[])]).unwrap().len(), 1);
    assert_eq!(assembler.incomplete_bytes(), 12 + 16);
    let tiny: Vec<_> =
        std::iter::once(begin(1, true)).chain((0..12).map(|_| fragment(1, true, &[]))).collect();
    assert_eq!(fails(limits, &tiny), GiopError::IncompleteTooLarge { limit: 200 });
}

#[test]
fn fragments_need_a_beginning_of_their_kind() {
    let limits = MessageLimits::default;
    let stray = GiopError::StrayFragment { request_id: Some(9) };
    assert_eq!(fails(limits(), &[begin(1, true), fragment(9, false, &[])]), stray);
    let stray = GiopError::StrayFragment { request_id: None };
    assert_eq!(fails(limits(), &[old(MessageKind::FRAGMENT, false, &[])]), stray);
    let oldest = part(GiopVersion::V1_0, MessageKind::FRAGMENT, false, &[]);
    assert_eq!(fails(limits(), &[oldest]), stray);
    let mixed = [old(MessageKind::REPLY, true, &[0; 12]), fragment(0, false, &[])];
    assert_eq!(fails(limits(), &mixed), GiopError::StrayFragment { request_id: Some(0) });
    let mut swapped = fragment(1, false, &[0; 8]);
    swapped[6] |= 1;
    swapped[8..12].reverse();
    swapped[12..16].reverse();
    assert_eq!(fails(limits(), &[begin(1, true), swapped]), GiopError::FragmentMismatch);
    assert_eq!(
        fails(limits(), &[begin(1, true), begin(1, true)]),
        GiopError::FragmentedTwice { request_id: 1 }
    );
    let short = part(GiopVersion::V1_2, MessageKind::REPLY, true, &[0, 0]);
    assert!(matches!(fails(limits(), &[short]), GiopError::Malformed(_)));
}

#[test]
fn only_some_messages_may_be_fragmented() {
    for (version, kind) in [
        (GiopVersion::V1_1, MessageKind::LOCATE_REQUEST),
        (GiopVersion::V1_2, MessageKind::CANCEL_REQUEST),
        (GiopVersion::V1_2, MessageKind::CLOSE_CONNECTION),
    ] {
        let error = fails(MessageLimits::default(), &[part(version, kind, true, &[0; 8])]);
        assert_eq!(error, GiopError::NotFragmentable { kind, version });
    }
    for kind in [MessageKind::LOCATE_REQUEST, MessageKind::LOCATE_REPLY] {
        let parts = [
            part(GiopVersion::V1_2, kind, true, &[0, 0, 0, 1, 0, 0, 0, 0]),
            fragment(1, false, &[0, 0, 0, 1, b'k']),
        ];
        let frames = feed(&mut Assembler::new(MessageLimits::default()), &parts).unwrap();
        assert_eq!((frames[0].header.kind, frames[0].header.size), (kind, 13));
        assert_eq!(frames[0].content, Bytes::from_static(b"\0\0\0\x01\0\0\0\0\0\0\0\x01k"));
    }
}

#[test]
fn giop_1_1_fragments_are_not_interrupted() {
    let open = old(MessageKind::REPLY, true, &[0; 12]);
    let reply = old(MessageKind::REPLY, false, &[0; 12]);
    let error = fails(MessageLimits::default(), &[open.clone(), reply]);
    assert_eq!(error, GiopError::FragmentsInterrupted);
    let mut assembler = Assembler::new(MessageLimits::default());
    let close = old(MessageKind::CLOSE_CONNECTION, false, &[]);
    let frames = feed(&mut assembler, &[open, close]).unwrap();
    assert_eq!(frames[0].header.kind, MessageKind::CLOSE_CONNECTION);
}

#[test]
fn a_cancelled_request_needs_no_further_fragments() {
    let cancel = |version| part(version, MessageKind::CANCEL_REQUEST, false, &[0, 0, 0, 1]);
    let request = part(GiopVersion::V1_2, MessageKind::REQUEST, true, &[0, 0, 0, 1, 3, 0, 0, 0]);
    let mut assembler = Assembler::new(MessageLimits::default());
    assert_eq!(feed(&mut assembler, &[request]), Ok(vec![]));
    assert!(assembler.incomplete_bytes() > 0);
    assert_eq!(feed(&mut assembler, &[cancel(GiopVersion::V1_2)]).unwrap().len(), 1);
    assert_eq!(assembler.incomplete_bytes(), 0);
    // In GIOP 1.1 the id stands behind the contexts, here one of three octets.
    let head = [0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 1];
    for (sent, dropped) in [(20, true), (18, false)] {
        let mut assembler = Assembler::new(MessageLimits::default());
        let request = old(MessageKind::REQUEST, true, &head[..sent]);
        let frames = feed(&mut assembler, &[request, cancel(GiopVersion::V1_1)]).unwrap();
        assert_eq!((frames.len(), assembler.incomplete_bytes() == 0), (1, dropped), "{sent}");
    }
}

#[test]
fn fragments_of_what_is_not_wanted_are_dropped_through_the_last() {
    let mut assembler = Assembler::new(MessageLimits { fragments_open_max: 2, ..MessageLimits::default() });
    assembler.drop_fragments_of(1).unwrap();
    assert_eq!(assembler.drop_fragments_of(1), Err(GiopError::FragmentedTwice { request_id: 1 }));
    let parts =
        [begin(2, true), fragment(1, true, b"dropped"), fragment(2, false, b"kept"), fragment(1, false, b"")];
    assert_eq!(feed(&mut assembler, &parts).unwrap().len(), 1);
    let stray = feed(&mut assembler, &[fragment(1, false, b"")]).unwrap_err();
    assert_eq!(stray, GiopError::StrayFragment { request_id: Some(1) });
    // They count as incomplete, and a CancelRequest ends them.
    let mut assembler = Assembler::new(MessageLimits { fragments_open_max: 1, ..MessageLimits::default() });
    assembler.drop_fragments_of(1).unwrap();
    let limit = GiopError::TooManyIncomplete { limit: 1 };
    assert_eq!(assembler.drop_fragments_of(2), Err(limit.clone()));
    assert_eq!(feed(&mut assembler, &[begin(2, true)]), Err(limit));
    let cancel = part(GiopVersion::V1_2, MessageKind::CANCEL_REQUEST, false, &[0, 0, 0, 1]);
    assert_eq!(feed(&mut assembler, &[cancel]).unwrap().len(), 1);
    assembler.drop_fragments_of(2).unwrap();
}

#[test]
fn incomplete_messages_are_numbered_as_they_begin() {
    let mut assembler = Assembler::new(MessageLimits::default());
    feed(&mut assembler, &[begin(1, true), begin(2, true), begin(3, false), begin(4, true)]).unwrap();
    assert!(assembler.incomplete_messages().eq([0, 1, 2]));
    feed(&mut assembler, &[fragment(1, false, b""), begin(1, true)]).unwrap();
    assert!(assembler.incomplete_messages().eq([1, 2, 3]));
}

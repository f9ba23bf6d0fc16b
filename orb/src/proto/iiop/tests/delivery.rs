//! How much of a call had left when the connection ended.

use bytes::{Buf, Bytes};
use quorb_giop::cdr::GiopVersion;

use super::rig::{End, call};
use crate::proto::head::{CallId, Delivery};
use crate::proto::iiop::{Addressing, Connection};

/// Two calls, and how long each of their messages is.
fn two_calls() -> (End, [CallId; 2], [usize; 2]) {
    let mut client = End::client(GiopVersion::V1_2);
    let first = client.call("get", b"12345678");
    let first_bytes = client.connection.output_bytes() as usize;
    let second = client.call("get", b"");
    let second_bytes = client.connection.output_bytes() as usize - first_bytes;
    (client, [first, second], [first_bytes, second_bytes])
}

fn expected(written: usize, start: usize, end: usize) -> Delivery {
    match written {
        _ if written <= start => Delivery::NotSent,
        _ if written < end => Delivery::PartlySent,
        _ => Delivery::Sent,
    }
}

#[test]
fn it_is_told_to_the_octet() {
    let (_, _, [one, two]) = two_calls();
    for written in 0..=one + two {
        let (mut client, [first, second], _) = two_calls();
        client.connection.transmit(&mut client.out);
        client.out.advance(written);
        let ends = client.connection.on_eof(client.out.len());
        let expected = [(first, expected(written, 0, one)), (second, expected(written, one, one + two))];
        assert_eq!(ends, expected, "{written} octets written");
    }
}

#[test]
fn what_was_not_yielded_was_not_sent() {
    let (mut client, [first, second], _) = two_calls();
    assert_eq!(client.connection.on_eof(0), [(first, Delivery::NotSent), (second, Delivery::NotSent)]);
    let (mut client, [first, second], _) = two_calls();
    client.output();
    let third = client.call("get", b"");
    let ends = client.connection.on_eof(0);
    assert_eq!(ends, [(first, Delivery::Sent), (second, Delivery::Sent), (third, Delivery::NotSent)]);
}

#[test]
fn replies_and_cancels_count_as_octets_too() {
    let (mut client, [first, second], [one, _]) = two_calls();
    client.connection.cancel(first);
    let third = client.call("get", b"");
    client.connection.transmit(&mut client.out);
    client.out.advance(one + 1);
    let ends = client.connection.on_eof(client.out.len());
    assert_eq!(ends, [(second, Delivery::PartlySent), (third, Delivery::NotSent)]);
}

/// The slices that one write to a socket would be given.
fn slices(connection: &mut Connection) -> Vec<Bytes> {
    let mut out = crate::proto::native::OutBuffer::new();
    connection.transmit(&mut out);
    let mut slices = [std::io::IoSlice::new(&[]); 8];
    let count = out.chunks_vectored(&mut slices);
    slices[..count].iter().map(|slice| Bytes::copy_from_slice(slice)).collect()
}

#[test]
fn large_bodies_are_segments_of_their_own_and_small_ones_are_not() {
    let body = Bytes::from(vec![5; 4096]);
    for (bytes, segments) in [(0, 1), (4095, 1), (4096, 2)] {
        let mut client = End::client(GiopVersion::V1_2);
        let addressing = Addressing::default();
        client.connection.request(&call("put"), &addressing, body.slice(..bytes)).expect("room");
        let slices = slices(&mut client.connection);
        assert_eq!(slices.len(), segments, "{bytes} octets");
        if let [_, large] = &slices[..] {
            assert_eq!(large, &body);
        }
    }
}

#[test]
fn a_large_body_is_not_copied() {
    let mut server = End::server();
    let profile = super::rig::foreign(quorb_giop::cdr::Endian::Big, GiopVersion::V1_2);
    server.feed(&super::rig::written(&super::rig::foreign_request(1), profile, b""));
    let (id, ..) = server.served();
    let body = Bytes::from(vec![5; 4096]);
    server.connection.reply(id, &super::rig::ok(), body.clone()).expect("it is open");
    server.connection.transmit(&mut server.out);
    let head_bytes = server.out.chunk().len();
    server.out.advance(head_bytes);
    assert_eq!(server.out.chunk().as_ptr(), body.as_ptr());
}

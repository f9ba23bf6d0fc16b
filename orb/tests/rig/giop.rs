//! GIOP in raw octets, for peers without a broker.

use bytes::{Bytes, BytesMut};
use quorb_giop::assembly::Assembler;
use quorb_giop::cdr::{CdrProfile, Encoder, Endian, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{
    Message, MessageHead, ReplyHead, ReplyStatus, RequestHead, ResponseFlags, SystemExceptionBody, Target,
};
use quorb_giop::names::{ObjectKey, OperationName};
use tokio::io::AsyncReadExt;

use super::peer::Peer;
use super::soon;

/// The rules of requests in this version, without code sets.
pub fn profile(version: GiopVersion) -> CdrProfile {
    CodeSets::UNNEGOTIATED.profile(Endian::NATIVE, version)
}

/// A whole request.
pub fn request(
    version: GiopVersion,
    id: u32,
    key: &str,
    operation: &str,
    write: impl FnOnce(&mut Encoder),
) -> Vec<u8> {
    message(version, id, key, operation, ResponseFlags::TARGET, write)
}

/// A whole request that expects no reply.
pub fn oneway(id: u32, key: &str, operation: &str, write: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    message(GiopVersion::V1_2, id, key, operation, ResponseFlags::NONE, write)
}

fn message(
    version: GiopVersion,
    id: u32,
    key: &str,
    operation: &str,
    response: ResponseFlags,
    write: impl FnOnce(&mut Encoder),
) -> Vec<u8> {
    let key = ObjectKey::new(Bytes::copy_from_slice(key.as_bytes()));
    let operation = OperationName::new(Bytes::copy_from_slice(operation.as_bytes()));
    let mut head = RequestHead::new(id, Target::Key(key), operation);
    head.response = response;
    let mut open = head.open(Vec::new(), profile(version)).expect("a head");
    write(open.body());
    open.finish().expect("a message")
}

/// A whole reply of GIOP 1.2.
pub fn reply(id: u32, status: ReplyStatus, write: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    let head = ReplyHead::new(id, status);
    let mut open = head.open(Vec::new(), profile(GiopVersion::V1_2)).expect("a head");
    write(open.body());
    open.finish().expect("a message")
}

/// Waits for the next message.
pub async fn hear(peer: &mut Peer) -> Message {
    try_hear(peer).await.expect("closed while a message is awaited")
}

/// Waits for the next message; none when the connection ends.
pub async fn try_hear(peer: &mut Peer) -> Option<Message> {
    let limits = MessageLimits::default();
    soon("a message", async {
        loop {
            let mut input = BytesMut::from(&peer.heard[..]);
            let mut assembler = Assembler::new(limits.clone());
            if let Some(frame) = assembler.next(&mut input).expect("GIOP") {
                peer.heard = input.to_vec();
                return Some(Message::decode(&frame, &limits).expect("a message"));
            }
            if matches!(peer.stream.read_buf(&mut peer.heard).await, Ok(0) | Err(_)) {
                return None;
            }
        }
    })
    .await
}

/// Waits for a request, and returns its id; none when the connection ends.
pub async fn try_hear_request(peer: &mut Peer) -> Option<u32> {
    match try_hear(peer).await? {
        Message::Request { head, .. } => Some(head.request_id),
        _ => None,
    }
}

/// Waits for a request, and returns its id and operation.
pub async fn hear_request(peer: &mut Peer) -> (u32, String) {
    match hear(peer).await {
        Message::Request { head, .. } => {
            (head.request_id, String::from_utf8_lossy(head.operation.as_bytes()).into_owned())
        }
        other => panic!("{other:?} instead of a request"),
    }
}

/// Waits for a reply that raises a system exception: its request id, and the exception.
pub async fn hear_exception(peer: &mut Peer) -> (u32, SystemExceptionBody) {
    match hear(peer).await {
        Message::Reply { head, body } => {
            assert_eq!(head.status, ReplyStatus::SYSTEM_EXCEPTION);
            let mut input = body.decoder(CodeSets::UNNEGOTIATED);
            let exception = quorb_giop::cdr::Cdr::decode(&mut input).expect("an exception");
            (head.request_id, exception)
        }
        other => panic!("{other:?} instead of a reply"),
    }
}

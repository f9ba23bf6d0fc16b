//! Servers that are none: whatever they answer, a call ends in the right exception.

use std::time::Duration;

use quorb::proto::head::{BodyFormat, ReplyHead, ReplyStatus as NativeStatus};
use quorb::proto::native::{FrameKind, ReplyFrame};
use quorb::{Completion, ExceptionKind, Fault, Limits, Minor, Orb, Preference, Proxy};
use quorb_giop::cdr::{Cdr, Encoder, Endian, GiopVersion};
use quorb_giop::message::{
    CompletionStatus, MessageHeader, MessageKind, ReplyStatus, SystemExceptionBody, close_connection,
    message_error,
};
use quorb_giop::names::RepositoryId;
use tokio::net::TcpListener;

use crate::rig::native::{frame, greeting};
use crate::rig::peer::Peer;
use crate::rig::world::client_of;
use crate::rig::{ProbeProxy, giop, soon};

fn small(limits: &mut Limits) {
    limits.body_bytes_max = 1 << 20;
    limits.message_wait_max = Duration::from_millis(200);
    limits.retry_attempts_max = 0;
}

/// Calls the update `add` at a server that answers `octets`, and then says nothing or closes.
async fn answered(preference: Preference, octets: &[u8], closes: bool) -> Result<i32, Fault> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, probe) = client_of(&listener, preference, small).await;
    let server = async {
        let mut peer = Peer::accept(&listener).await;
        match preference {
            Preference::IiopOnly => drop(giop::hear_request(&mut peer).await),
            _ => drop(peer.hear(greeting().len() + 60).await),
        }
        peer.say(octets).await;
        if closes {
            peer.say_last(&[]).await;
        }
        peer
    };
    let call = probe.with_deadline(Duration::from_millis(1500));
    let (result, peer) = soon("the call ends", async { tokio::join!(call.add(1), server) }).await;
    assert_eq!(client.open_calls().made, 0);
    client.shutdown(Duration::from_millis(100)).await;
    drop(peer);
    result
}

fn is(fault: &Fault, kind: ExceptionKind, completed: Completion) {
    assert_eq!(fault.kind(), Some(kind), "{fault}");
    assert_eq!(fault.completed(), completed, "{fault}");
}

#[tokio::test]
async fn answers_that_are_no_protocol() {
    for preference in [Preference::IiopOnly, Preference::NativeOnly] {
        for octets in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &[0; 100], &[0xff; 100]] {
            let fault = answered(preference, octets, false).await.unwrap_err();
            is(&fault, ExceptionKind::CommFailure, Completion::Maybe);
            assert_eq!(fault.system().unwrap().minor(), Minor::PROTOCOL_VIOLATED, "{fault}");
            assert!(fault.to_string().contains("hint: a peer that is not a broker"), "{fault}");
        }
        let fault = answered(preference, b"", true).await.unwrap_err();
        is(&fault, ExceptionKind::CommFailure, Completion::Maybe);
    }
}

fn system(id: &'static str, completion: u32) -> impl Fn(&mut Encoder) {
    move |out| {
        let exception = SystemExceptionBody {
            exception_id: RepositoryId::from_static(id),
            minor_code: 5,
            completion: CompletionStatus(completion),
        };
        exception.encode(out).expect("an exception");
    }
}

#[tokio::test]
async fn giop_replies_that_make_no_sense() {
    use ExceptionKind::{CommFailure, Marshal, Unknown};
    let reply = |status, write: &dyn Fn(&mut Encoder)| giop::reply(2, status, |out| write(out));
    let unknown_version = b"GIOP\x02\x00\x00\x01\x00\x00\x00\x00".to_vec();
    let truncated = reply(ReplyStatus::NO_EXCEPTION, &|out| out.write_u32(1))[..20].to_vec();
    let nonsense: &dyn Fn(&mut Encoder) = &|out| out.write_octets(&[0xff; 40]);
    let cases: Vec<(Vec<u8>, bool, ExceptionKind, Completion)> = vec![
        (reply(ReplyStatus(77), &|_| {}), false, Marshal, Completion::Maybe),
        (reply(ReplyStatus::NO_EXCEPTION, &|_| {}), false, Marshal, Completion::Yes),
        (
            reply(ReplyStatus::NO_EXCEPTION, &|out| out.write_octets(&[0; 30])),
            false,
            Marshal,
            Completion::Yes,
        ),
        (
            reply(ReplyStatus::USER_EXCEPTION, &|out| out.write_string("IDL:No:1.0").unwrap()),
            false,
            Unknown,
            Completion::Yes,
        ),
        (reply(ReplyStatus::USER_EXCEPTION, nonsense), false, Marshal, Completion::Yes),
        (reply(ReplyStatus::SYSTEM_EXCEPTION, nonsense), false, Marshal, Completion::Maybe),
        (
            reply(ReplyStatus::SYSTEM_EXCEPTION, &system("IDL:omg.org/CORBA/NO_SUCH:1.0", 1)),
            false,
            Unknown,
            Completion::No,
        ),
        (
            reply(ReplyStatus::SYSTEM_EXCEPTION, &system("IDL:omg.org/CORBA/INTERNAL:1.0", 99)),
            false,
            ExceptionKind::Internal,
            Completion::Maybe,
        ),
        (reply(ReplyStatus::LOCATION_FORWARD, nonsense), false, Marshal, Completion::Maybe),
        (
            reply(ReplyStatus::LOCATION_FORWARD, &|out| {
                out.write_octets(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            }),
            false,
            Marshal,
            Completion::Maybe,
        ),
        (unknown_version, false, CommFailure, Completion::Maybe),
        (truncated, true, CommFailure, Completion::Maybe),
        (message_error(GiopVersion::V1_2, Endian::NATIVE).to_vec(), false, Marshal, Completion::Maybe),
        (close_connection(GiopVersion::V1_2, Endian::NATIVE).to_vec(), false, CommFailure, Completion::No),
    ];
    for (index, (octets, closes, kind, completed)) in cases.into_iter().enumerate() {
        let fault = answered(Preference::IiopOnly, &octets, closes).await.expect_err("nonsense");
        assert_eq!((fault.kind(), fault.completed()), (Some(kind), completed), "case {index}: {fault}");
    }
}

#[tokio::test]
async fn giop_replies_to_other_calls() {
    // To nothing, and then the right one.
    let stray = giop::reply(4, ReplyStatus::NO_EXCEPTION, |out| out.write_u32(9));
    let right = giop::reply(2, ReplyStatus::NO_EXCEPTION, |out| out.write_u32(7));
    assert_eq!(answered(Preference::IiopOnly, &[stray.clone(), right].concat(), false).await.unwrap(), 7);
    let fault = answered(Preference::IiopOnly, &stray, false).await.unwrap_err();
    is(&fault, ExceptionKind::Timeout, Completion::Maybe);
}

#[tokio::test]
async fn giop_replies_without_end() {
    let header =
        |size| MessageHeader::new(GiopVersion::V1_2, Endian::NATIVE, MessageKind::REPLY, size).encode();
    // Larger than accepted, as its first octets say.
    let beginning = [2u32.to_ne_bytes(), 0u32.to_ne_bytes()].concat();
    let too_large = [&header(u32::MAX)[..], &beginning].concat();
    let fault = answered(Preference::IiopOnly, &too_large, false).await.unwrap_err();
    is(&fault, ExceptionKind::ImpLimit, Completion::Yes);
    assert!(fault.to_string().contains("limit of the client, on the reply"), "{fault}");
    // Begun, and never completed.
    let begun = [&header(1000)[..], &beginning].concat();
    let fault = answered(Preference::IiopOnly, &begun, false).await.unwrap_err();
    is(&fault, ExceptionKind::CommFailure, Completion::Maybe);
    assert!(fault.to_string().contains("a message was not completed in time"), "{fault}");
}

#[tokio::test]
async fn native_replies_that_make_no_sense() {
    use ExceptionKind::{CommFailure, Marshal, Unknown};
    let reply = |status: u8, format: BodyFormat, body: &[u8]| {
        let head = ReplyHead::new(NativeStatus(status), format);
        let mut octets = Vec::new();
        ReplyFrame::new(&head, None).encode(&mut octets);
        frame(FrameKind::REPLY, 0, 1, &octets, body)
    };
    let native = BodyFormat::CDR_LE;
    let stray = frame(FrameKind::REPLY, 0, 99, &[0, 0, 0, 0], &[]);
    let cases: Vec<(Vec<u8>, ExceptionKind, Completion)> = vec![
        (reply(0, native, &[]), Marshal, Completion::Yes),
        (reply(0, BodyFormat(7), &[1, 0, 0, 0]), Marshal, Completion::Yes),
        (reply(1, native, &[0xff; 20]), Marshal, Completion::Yes),
        (reply(1, native, &[3, 0, 0, 0, b'x', b'y', 0]), Unknown, Completion::Yes),
        (reply(2, native, &[0xff; 20]), Marshal, Completion::Maybe),
        (reply(3, native, &[0xff; 20]), Marshal, Completion::Maybe),
        (reply(77, native, &[]), Marshal, Completion::Maybe),
        (stray, CommFailure, Completion::Maybe),
        (frame(FrameKind(0x33), 0, 1, &[], &[]), CommFailure, Completion::Maybe),
        (frame(FrameKind::REPLY, 0, 1, &[0], &[]), CommFailure, Completion::Maybe),
        (frame(FrameKind::DRAIN, 0, 1, &[], &[]), ExceptionKind::Timeout, Completion::Maybe),
    ];
    for (index, (octets, kind, completed)) in cases.into_iter().enumerate() {
        let octets = [greeting(), octets].concat();
        let fault = answered(Preference::NativeOnly, &octets, false).await.expect_err("nonsense");
        assert_eq!((fault.kind(), fault.completed()), (Some(kind), completed), "case {index}: {fault}");
    }
    // Calls that the server says it has not accepted were not executed.
    for kind in [FrameKind::DRAIN, FrameKind::CLOSE] {
        let head: &[u8] = if kind == FrameKind::CLOSE { &[1, 0] } else { &[] };
        let octets = [greeting(), frame(kind, 0, 0, head, &[])].concat();
        let fault = answered(Preference::NativeOnly, &octets, false).await.unwrap_err();
        is(&fault, ExceptionKind::CommFailure, Completion::No);
    }
}

/// What a server did not take is sent again, to whoever listens there then.
#[tokio::test]
async fn an_update_that_was_not_taken_is_repeated() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Orb::builder().prefer(Preference::IiopOnly).start().await.unwrap();
    let probe: ProbeProxy =
        client.bind(&format!("corbaloc:iiop:1.2@{}/probe", listener.local_addr().unwrap())).unwrap();
    let server = async {
        let mut first = Peer::accept(&listener).await;
        giop::hear_request(&mut first).await;
        first.say_last(&close_connection(GiopVersion::V1_2, Endian::NATIVE)).await;
        let mut second = Peer::accept(&listener).await;
        let (id, _) = giop::hear_request(&mut second).await;
        second.say(&giop::reply(id, ReplyStatus::NO_EXCEPTION, |out| out.write_u32(42))).await;
        (first, second)
    };
    let (result, _peers) = soon("the call ends", async { tokio::join!(probe.add(1), server) }).await;
    assert_eq!(result.unwrap(), 42);
}

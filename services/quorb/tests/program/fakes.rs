//! Servers that are not ours: foreign brokers, old ones, new ones, and strangers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use bytes::BytesMut;
use quorb::exception::ExceptionKind;
use quorb_giop::assembly::Assembler;
use quorb_giop::cdr::{Cdr, CdrProfile, Endian, GiopVersion};
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{
    CompletionStatus, LocateReplyHead, LocateStatus, Message, MessageHead, ReplyHead, ReplyStatus,
    SystemExceptionBody, message_error,
};
use quorb_giop::names::RepositoryId;

/// A server that goes on until the tests end.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
}

/// A server that treats each connection by itself.
pub(crate) fn serve(
    treat: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + Clone + 'static,
) -> Fake {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let treat = treat.clone();
            // A peer that breaks off ends its connection, which is the point of some tests.
            std::thread::spawn(move || drop(treat(stream)));
        }
    });
    Fake { address }
}

/// Reads once and says something.
pub(crate) fn saying(words: &'static [u8]) -> Fake {
    serve(move |mut stream| {
        let mut octets = [0; 1024];
        let read = stream.read(&mut octets)?;
        stream.write_all(if read > 0 { words } else { b"" })
    })
}

/// Takes what it is told, and says nothing.
pub(crate) fn silent() -> Fake {
    serve(|mut stream| std::io::copy(&mut stream, &mut std::io::sink()).map(drop))
}

/// An address where connections are neither accepted nor refused: the queue of its listener is full.
pub(crate) struct BlackHole {
    pub(crate) address: SocketAddr,
    _listener: socket2::Socket,
    _queued: Vec<TcpStream>,
}

pub(crate) fn black_hole() -> BlackHole {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port is free");
    listener.listen(0).expect("it listens");
    let address = listener.local_addr().unwrap().as_socket().expect("an IP address");
    let attempt = || TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
    let queued = std::iter::from_fn(attempt).take(64).collect();
    BlackHole { address, _listener: listener, _queued: queued }
}

/// An object of a broker that is not ours, with the interface `IDL:Foreign:1.0`.
pub(crate) fn foreign_object() -> Fake {
    broker(GiopVersion::V1_2)
}

/// A broker that speaks GIOP up to `latest`.
pub(crate) fn broker(latest: GiopVersion) -> Fake {
    serve(move |mut stream| {
        let limits = MessageLimits::default();
        let mut assembler = Assembler::new(limits.clone());
        let mut input = BytesMut::new();
        let mut octets = [0; 4096];
        loop {
            let read = stream.read(&mut octets)?;
            if read == 0 {
                return Ok(());
            }
            input.extend_from_slice(&octets[..read]);
            while let Ok(Some(frame)) = assembler.next(&mut input) {
                if frame.header.version > latest {
                    return stream.write_all(&message_error(latest, Endian::NATIVE));
                }
                if let Ok(message) = Message::decode(&frame, &limits) {
                    stream.write_all(&answer(message, frame.header.version))?;
                }
            }
            if !input.is_empty() && !b"GIOP".starts_with(&input[..input.len().min(4)]) {
                return Ok(());
            }
        }
    })
}

fn answer(message: Message, version: GiopVersion) -> Vec<u8> {
    let profile = CdrProfile::unnegotiated(Endian::NATIVE, version);
    match message {
        Message::LocateRequest(head) => {
            let reply = LocateReplyHead { request_id: head.request_id, status: LocateStatus::OBJECT_HERE };
            reply.open(Vec::new(), profile).unwrap().finish().unwrap()
        }
        Message::Request { head, .. } if head.operation.as_bytes() == b"_is_a" => {
            let mut reply =
                ReplyHead::new(head.request_id, ReplyStatus::NO_EXCEPTION).open(Vec::new(), profile).unwrap();
            reply.body().write_bool(true);
            reply.finish().unwrap()
        }
        Message::Request { head, .. } => {
            let exception = SystemExceptionBody {
                exception_id: RepositoryId::from_static(ExceptionKind::BadOperation.repository_id()),
                minor_code: 0,
                completion: CompletionStatus::NO,
            };
            let mut reply = ReplyHead::new(head.request_id, ReplyStatus::SYSTEM_EXCEPTION)
                .open(Vec::new(), profile)
                .unwrap();
            exception.encode(reply.body()).unwrap();
            reply.finish().unwrap()
        }
        _ => Vec::new(),
    }
}

//! A consumer that is no broker: it reads requests and writes replies when it likes, and ends connections in every way.

use std::collections::VecDeque;

use bytes::Bytes;
use quorb_giop::cdr::{CdrProfile, Endian, GiopVersion};
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{
    Frame, Message, MessageHead, MessageHeader, ReplyHead, ReplyStatus, close_connection,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::rig::soon;

/// Where the consumer listens.
pub(crate) struct Wire(TcpListener);

/// A connection to it.
pub(crate) struct Line {
    stream: TcpStream,
    /// Pushes that have no reply: their requests.
    open: VecDeque<u32>,
}

impl Wire {
    pub(crate) async fn new() -> Wire {
        Wire(TcpListener::bind("127.0.0.1:0").await.expect("a port is free"))
    }

    /// Its reference.
    pub(crate) fn reference(&self) -> String {
        format!("corbaloc:iiop:1.2@{}/consumer", self.0.local_addr().expect("it is bound"))
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> Line {
        let (stream, _) = soon("a connection", self.0.accept()).await.expect("it listens");
        Line { stream, open: VecDeque::new() }
    }
}

impl Line {
    /// The numbers of the next pushes, so many, each an `unsigned long`.
    pub(crate) async fn pushes(&mut self, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.push(soon("a push", self.push()).await);
        }
        numbers
    }

    async fn push(&mut self) -> u32 {
        loop {
            let mut header = [0; MessageHeader::BYTES];
            self.stream.read_exact(&mut header).await.expect("it goes on");
            let header = MessageHeader::decode(&header).expect("it is GIOP");
            let mut content = vec![0; header.size as usize];
            self.stream.read_exact(&mut content).await.expect("it goes on");
            let frame = Frame { header, content: Bytes::from(content), joints: Vec::new() };
            let message = Message::decode(&frame, &MessageLimits::default()).expect("it is well-formed");
            let Message::Request { head, body } = message else { continue };
            if head.operation.as_bytes() == b"_is_a" {
                self.reply(head.request_id, ReplyStatus::NO_EXCEPTION, &[1]).await;
                continue;
            }
            assert_eq!(head.operation.as_bytes(), b"push");
            self.open.push_back(head.request_id);
            // The kind of its type stands in front of the value.
            let octets: [u8; 4] = body.octets()[4..8].try_into().expect("there are four");
            return match body.endian() {
                Endian::Little => u32::from_le_bytes(octets),
                Endian::Big => u32::from_be_bytes(octets),
            };
        }
    }

    /// Answers so many of the pushes that have no reply, the oldest first.
    pub(crate) async fn take(&mut self, count: usize) {
        for _ in 0..count {
            let request = self.open.pop_front().expect("so many are open");
            self.reply(request, ReplyStatus::NO_EXCEPTION, &[]).await;
        }
    }

    /// Answers the oldest push that has no reply with a user exception.
    pub(crate) async fn raise(&mut self, id: &str) {
        let request = self.open.pop_front().expect("one is open");
        let length = u32::try_from(id.len() + 1).expect("it is short");
        let body = [&length.to_le_bytes(), id.as_bytes(), &[0]].concat();
        self.reply(request, ReplyStatus::USER_EXCEPTION, &body).await;
    }

    /// Answers the oldest push that has no reply with TRANSIENT, completion No.
    pub(crate) async fn put_off(&mut self) {
        let request = self.open.pop_front().expect("one is open");
        let id = b"IDL:omg.org/CORBA/TRANSIENT:1.0\0";
        let length = u32::try_from(id.len()).expect("it is short");
        let body = [&length.to_le_bytes()[..], id, &0u32.to_le_bytes(), &1u32.to_le_bytes()].concat();
        self.reply(request, ReplyStatus::SYSTEM_EXCEPTION, &body).await;
    }

    /// Ends the connection in order: what has no reply was not executed.
    pub(crate) async fn close(mut self) {
        let message = close_connection(GiopVersion::V1_2, Endian::Little);
        self.stream.write_all(&message).await.expect("it goes on");
        self.stream.shutdown().await.expect("it goes on");
    }

    async fn reply(&mut self, request: u32, status: ReplyStatus, body: &[u8]) {
        let profile = CdrProfile::unnegotiated(Endian::Little, GiopVersion::V1_2);
        let mut message = ReplyHead::new(request, status).open(Vec::new(), profile).expect("it fits");
        message.body().write_octets(body);
        let octets = message.finish().expect("it fits");
        self.stream.write_all(&octets).await.expect("it goes on");
    }
}

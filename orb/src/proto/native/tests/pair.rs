//! Two connections, a wire between them, and a clock: all of it values.

use bytes::{Buf, Bytes, BytesMut};

use crate::proto::buffers::Buffers;
use crate::proto::head::{CallId, ClientId, ObjectKey, OperationName, ReplyHead, RequestHead, Time};
use crate::proto::native::{
    Config, Connection, Event, Features, Limits, OutBuffer, ProtocolError, Side, hello::Version,
    hello::encode_preface,
};

/// One end: a connection, what it has received and not understood yet, and what it said to its runtime.
#[derive(Debug)]
pub(super) struct End {
    pub(super) connection: Connection,
    pub(super) input: BytesMut,
    pub(super) out: OutBuffer,
    pub(super) events: Vec<Event>,
    pub(super) error: Option<ProtocolError>,
}

impl End {
    pub(super) fn new(side: Side, limits: Limits) -> End {
        End {
            connection: Connection::new(config(side, limits), Time::ZERO),
            input: BytesMut::new(),
            out: OutBuffer::new(),
            events: Vec::new(),
            error: None,
        }
    }

    /// An end whose peer, played by the test, has introduced itself.
    pub(super) fn greeted(side: Side, limits: Limits) -> End {
        let mut end = End::new(side, limits);
        let peer = match side {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        };
        let mut greeting = encode_preface(Version::OURS).to_vec();
        config(peer, Limits::default()).hello().encode(&mut greeting);
        end.feed(&greeting, Time::ZERO);
        assert!(matches!(end.take_events()[..], [Event::Hello(_)]));
        end.output();
        end
    }

    /// Takes octets from the wire.
    pub(super) fn feed(&mut self, octets: &[u8], now: Time) {
        self.input.extend_from_slice(octets);
        loop {
            match self.connection.receive(&mut self.input, now) {
                Ok(Some(event)) => self.events.push(event),
                Ok(None) => return,
                Err(error) => {
                    assert_eq!(self.error.replace(error), None, "an error comes once");
                    assert!(self.connection.is_closed());
                }
            }
        }
    }

    /// Everything there is to write.
    pub(super) fn output(&mut self) -> Vec<u8> {
        let mut octets = Vec::new();
        while self.connection.has_output() || !self.out.is_empty() {
            octets.extend_from_slice(&self.output_once());
        }
        octets
    }

    /// What one `transmit` yields.
    pub(super) fn output_once(&mut self) -> Bytes {
        self.connection.transmit(&mut self.out);
        self.out.copy_to_bytes(self.out.len())
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The only event since the last time.
    pub(super) fn the_event(&mut self) -> Event {
        let mut events = self.take_events();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }
}

/// A client and a server, joined by a wire that delivers `step` octets at a time.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) client: End,
    pub(super) server: End,
    pub(super) now: Time,
    pub(super) step: usize,
}

impl Pair {
    pub(super) fn new(limits: Limits) -> Pair {
        Pair {
            client: End::new(Side::Client, limits.clone()),
            server: End::new(Side::Server, limits),
            now: Time::ZERO,
            step: usize::MAX,
        }
    }

    /// A pair whose ends know each other.
    pub(super) fn joined(limits: Limits) -> Pair {
        let mut pair = Pair::new(limits);
        pair.run();
        assert!(matches!(pair.client.take_events()[..], [Event::Hello(_)]));
        assert!(matches!(pair.server.take_events()[..], [Event::Hello(_)]));
        pair
    }

    /// Delivers until nothing moves.
    pub(super) fn run(&mut self) {
        loop {
            let to_server = self.client.output();
            let to_client = self.server.output();
            if to_server.is_empty() && to_client.is_empty() {
                break;
            }
            let step = self.step;
            to_server.chunks(step).for_each(|octets| self.server.feed(octets, self.now));
            to_client.chunks(step).for_each(|octets| self.client.feed(octets, self.now));
        }
        assert_eq!((&self.client.error, &self.server.error), (&None, &None));
    }

    /// The server's only event, which is a request.
    pub(super) fn served(&mut self) -> (CallId, RequestHead, Bytes) {
        match self.server.the_event() {
            Event::Request { id, head, body } => (id, *head, body),
            other => panic!("not a request: {other:?}"),
        }
    }

    /// The client's only event, which is a reply.
    pub(super) fn replied(&mut self) -> (CallId, ReplyHead, Bytes) {
        match self.client.the_event() {
            Event::Reply { id, head, body } => (id, *head, body),
            other => panic!("not a reply: {other:?}"),
        }
    }
}

pub(super) fn config(side: Side, limits: Limits) -> Config {
    Config {
        side,
        identity: ClientId(match side {
            Side::Client => 0xc11e,
            Side::Server => 0x5e2e,
        }),
        incarnation: 1,
        features: Features(0),
        limits,
        software: Bytes::new(),
        buffers: Buffers::default(),
    }
}

/// A request to do `operation`, two-way, with nothing else said.
pub(super) fn call(operation: &'static str) -> RequestHead {
    let operation = OperationName::from_static(operation).expect("a name");
    RequestHead::new(ObjectKey(Bytes::from_static(b"key")), operation)
}

/// Octets in which a piece that is missing or out of place shows: the period is a prime number.
pub(super) fn pattern(bytes: usize) -> Bytes {
    let mut octets = Vec::with_capacity(bytes);
    while octets.len() < bytes {
        let more = PERIOD.len().min(bytes - octets.len());
        octets.extend_from_slice(&PERIOD[..more]);
    }
    octets.into()
}

static PERIOD: [u8; 16_381] = {
    let mut period = [0; 16_381];
    let mut at = 0;
    while at < period.len() {
        period[at] = (at ^ (at >> 8)) as u8;
        at += 1;
    }
    period
};

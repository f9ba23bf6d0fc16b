//! A wire tap: passes GIOP connections on to a server, notes each message, and spoils replies on request.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::limits::{TAP_MESSAGE_BYTES_MAX, TAP_MESSAGES_MAX};

const HEADER_BYTES: usize = 12;
const FLAG_LITTLE_ENDIAN: u8 = 1;
const FLAG_MORE_FRAGMENTS: u8 = 2;

/// A listening tap. Dropping it closes its port; connections in progress end with their peers.
#[derive(Debug)]
pub struct Tap {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    messages: Mutex<Vec<Message>>,
    noted: Condvar,
    spoil_replies: AtomicBool,
    closed: AtomicBool,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the side that opened the connection.
    ToServer,
    /// To the side that opened the connection.
    ToClient,
}

/// The kind of a GIOP message: the octet at offset 7 of its header (CORBA 3.3 Part 2, 9.4.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MessageKind(pub u8);

impl MessageKind {
    /// Request.
    pub const REQUEST: Self = Self(0);
    /// Reply.
    pub const REPLY: Self = Self(1);
    /// CancelRequest.
    pub const CANCEL_REQUEST: Self = Self(2);
    /// LocateRequest.
    pub const LOCATE_REQUEST: Self = Self(3);
    /// LocateReply.
    pub const LOCATE_REPLY: Self = Self(4);
    /// CloseConnection.
    pub const CLOSE_CONNECTION: Self = Self(5);
    /// MessageError.
    pub const MESSAGE_ERROR: Self = Self(6);
    /// Fragment.
    pub const FRAGMENT: Self = Self(7);
}

impl fmt::Debug for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 8] = [
            "Request",
            "Reply",
            "CancelRequest",
            "LocateRequest",
            "LocateReply",
            "CloseConnection",
            "MessageError",
            "Fragment",
        ];
        match NAMES.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "MessageKind({})", self.0),
        }
    }
}

/// The header of a message that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Which way it went.
    pub direction: Direction,
    /// The minor number of its GIOP version.
    pub minor: u8,
    /// Its kind.
    pub kind: MessageKind,
    /// True if the sender's numbers are little-endian.
    pub little_endian: bool,
    /// True if fragments follow.
    pub more_fragments: bool,
    /// The bytes behind the header.
    pub body_bytes: usize,
}

impl Tap {
    /// Listens on a free port of 127.0.0.1 for a server that listens there, or will, at this port.
    ///
    /// # Errors
    /// Those of binding a socket.
    pub fn before(server_port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server: SocketAddr::from((Ipv4Addr::LOCALHOST, server_port)),
            messages: Mutex::default(),
            noted: Condvar::new(),
            spoil_replies: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting));
        Ok(Self { address, shared })
    }

    /// Where the tap listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The `-ORB` options that make an omniORB server listen behind this tap and name the tap in its references.
    pub fn server_options(&self) -> [String; 4] {
        [
            "-ORBendPointNoPublish".to_owned(),
            format!("giop:tcp:{}", self.shared.server),
            "-ORBendPointNoListen".to_owned(),
            format!("giop:tcp:{}", self.address),
        ]
    }

    /// From now on the last byte of each reply arrives changed.
    pub fn spoil_replies(&self) {
        self.shared.spoil_replies.store(true, Ordering::Relaxed);
    }

    /// The messages that passed so far, those of one connection and direction in order.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many messages of this kind passed.
    pub fn count(&self, kind: MessageKind) -> usize {
        self.messages().iter().filter(|message| message.kind == kind).count()
    }

    /// Waits until a message of this kind has passed in this direction; false if the time is over first.
    pub fn await_message(&self, direction: Direction, kind: MessageKind, limit: Duration) -> bool {
        let is_it = |message: &Message| message.direction == direction && message.kind == kind;
        let messages = self.shared.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let (messages, _) = self
            .shared
            .noted
            .wait_timeout_while(messages, limit, |messages| !messages.iter().any(is_it))
            .unwrap_or_else(PoisonError::into_inner);
        messages.iter().any(is_it)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        // Wakes the accepting thread; if nobody can connect it is not accepting any more.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.closed.load(Ordering::Relaxed) {
            return;
        }
        // Without a server behind the tap a client sees what it would see without the tap, a little later.
        let (Ok(client), Ok(server)) = (client, TcpStream::connect(shared.server)) else {
            continue;
        };
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        let (Ok(client_again), Ok(server_again)) = (client.try_clone(), server.try_clone()) else {
            continue;
        };
        let (there, back) = (Arc::clone(shared), Arc::clone(shared));
        thread::spawn(move || pass(client, server, Direction::ToServer, &there));
        thread::spawn(move || pass(server_again, client_again, Direction::ToClient, &back));
    }
}

// Ends with the first side that ends or says something else than GIOP, and tells the other side.
fn pass(mut from: TcpStream, mut to: TcpStream, direction: Direction, shared: &Shared) {
    while pass_message(&mut from, &mut to, direction, shared).is_ok() {}
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}

fn pass_message(
    from: &mut TcpStream,
    to: &mut TcpStream,
    direction: Direction,
    shared: &Shared,
) -> io::Result<()> {
    let mut header = [0; HEADER_BYTES];
    from.read_exact(&mut header)?;
    let message = parse(header, direction).ok_or(io::ErrorKind::InvalidData)?;
    let mut bytes = Vec::with_capacity(HEADER_BYTES + message.body_bytes);
    bytes.extend_from_slice(&header);
    bytes.resize(HEADER_BYTES + message.body_bytes, 0);
    from.read_exact(&mut bytes[HEADER_BYTES..])?;
    if message.kind == MessageKind::REPLY
        && shared.spoil_replies.load(Ordering::Relaxed)
        && let Some(last) = bytes[HEADER_BYTES..].last_mut()
    {
        *last ^= 0x55;
    }
    // Noted before it is passed on: who has the answer finds the question noted.
    let mut messages = shared.messages.lock().unwrap_or_else(PoisonError::into_inner);
    if messages.len() < TAP_MESSAGES_MAX {
        messages.push(message);
    }
    drop(messages);
    shared.noted.notify_all();
    to.write_all(&bytes)
}

fn parse(header: [u8; HEADER_BYTES], direction: Direction) -> Option<Message> {
    let [b'G', b'I', b'O', b'P', 1, minor, flags, kind, s0, s1, s2, s3] = header else {
        return None;
    };
    // In GIOP 1.0 this octet is a boolean, the byte order; its first bit means the same.
    let little_endian = flags & FLAG_LITTLE_ENDIAN != 0;
    let size = [s0, s1, s2, s3];
    let size = if little_endian { u32::from_le_bytes(size) } else { u32::from_be_bytes(size) };
    let body_bytes = usize::try_from(size).ok().filter(|&bytes| bytes <= TAP_MESSAGE_BYTES_MAX)?;
    let more_fragments = flags & FLAG_MORE_FRAGMENTS != 0;
    Some(Message { direction, minor, kind: MessageKind(kind), little_endian, more_fragments, body_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] = b"GIOP\x01\x02\x01\x00\x04\x00\x00\x00abcd";
    const REPLY: &[u8] = b"GIOP\x01\x01\x02\x01\x00\x00\x00\x03xyz";

    // A server that answers one message with REPLY, and what a client behind the tap read.
    fn exchange(spoil: bool) -> (Vec<u8>, Vec<Message>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let tap = Tap::before(listener.local_addr().expect("bound").port()).expect("a free port");
        if spoil {
            tap.spoil_replies();
        }
        let server = thread::spawn(move || {
            let (mut connection, _) = listener.accept().expect("the tap connects");
            let mut request = vec![0; REQUEST.len()];
            connection.read_exact(&mut request).expect("it passes the request");
            connection.write_all(REPLY).expect("it takes the reply");
            request
        });
        let mut client = TcpStream::connect(tap.address()).expect("the tap listens");
        client.write_all(REQUEST).expect("it takes the request");
        let mut reply = Vec::new();
        client.read_to_end(&mut reply).expect("it passes the reply and the end");
        assert_eq!(server.join().expect("the server served"), REQUEST);
        (reply, tap.messages())
    }

    #[test]
    fn messages_pass_unchanged_and_are_noted() {
        let (reply, messages) = exchange(false);
        assert_eq!(reply, REPLY);
        let request = Message {
            direction: Direction::ToServer,
            minor: 2,
            kind: MessageKind::REQUEST,
            little_endian: true,
            more_fragments: false,
            body_bytes: 4,
        };
        let answer = Message {
            direction: Direction::ToClient,
            minor: 1,
            kind: MessageKind::REPLY,
            little_endian: false,
            more_fragments: true,
            body_bytes: 3,
        };
        assert_eq!(messages, [request, answer]);
    }

    #[test]
    fn a_spoilt_reply_differs_in_its_last_byte() {
        let (reply, _) = exchange(true);
        let (last, rest) = reply.split_last().expect("a reply came");
        assert_eq!((rest, *last), (&REPLY[..REPLY.len() - 1], b'z' ^ 0x55));
    }

    #[test]
    fn what_is_not_giop_is_not_a_message() {
        let refused = |header: &[u8; HEADER_BYTES]| parse(*header, Direction::ToServer).is_none();
        assert!(refused(b"HTTP\x01\x02\x01\x00\x04\x00\x00\x00"));
        assert!(refused(b"GIOP\x02\x00\x01\x00\x04\x00\x00\x00"));
        assert!(refused(b"GIOP\x01\x02\x01\x00\x00\x00\x00\x7f"));
    }
}

//! Addresses that do not answer.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

/// An address where connections are neither accepted nor refused: its backlog is full. It lives as long as this value.
pub struct Blackhole {
    pub address: SocketAddr,
    _listener: Socket,
    _waiting: Vec<TcpStream>,
}

impl Blackhole {
    /// Opens one.
    pub fn open() -> Blackhole {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        listener.bind(&SockAddr::from(SocketAddr::from(([127, 0, 0, 1], 0)))).expect("a free port");
        listener.listen(0).expect("it listens");
        let address = listener.local_addr().expect("a bound socket").as_socket().expect("TCP");
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            waiting.push(stream);
            assert!(waiting.len() < 64, "the backlog is never full");
        }
        Blackhole { address, _listener: listener, _waiting: waiting }
    }
}

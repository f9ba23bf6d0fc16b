//! Free TCP ports of the loopback interface.

use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Ports handed out begin here. The range lies below the one from which systems take the local ports of outgoing
/// connections: a port from there can be gone when a server that was stopped wants it back.
const PORT_MIN: u32 = 10_000;
const PORTS: u32 = 20_000;

/// A port of 127.0.0.1 that nobody listens on at this moment, and that this process has not handed out lately.
///
/// Processes begin at different places of the range, so that two of them rarely want the same port. The port is
/// tried by connecting, not by binding: a program that another thread starts at that moment would inherit the bound
/// socket until it has loaded, and keep the port from the server it is for.
///
/// # Errors
/// That of the last try if no port of the range refuses connections.
pub fn free_port() -> io::Result<u16> {
    static HANDED_OUT: AtomicU32 = AtomicU32::new(0);
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..PORTS {
        let handed_out = HANDED_OUT.fetch_add(1, Ordering::Relaxed);
        let offset = process::id().wrapping_mul(101).wrapping_add(handed_out) % PORTS;
        let Ok(port) = u16::try_from(PORT_MIN + offset) else {
            continue;
        };
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Err(fault) if fault.kind() == io::ErrorKind::ConnectionRefused => return Ok(port),
            Err(fault) => last = fault,
            Ok(_) => {}
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn ports_are_free_and_differ() {
        let first = free_port().expect("there are free ports");
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).expect("it is free");
        assert_ne!(free_port().expect("there are more"), first);
    }
}

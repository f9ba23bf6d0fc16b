//! Free TCP ports of the loopback interface.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// A port of 127.0.0.1 that nobody listens on at this moment.
///
/// The system hands out ports in turn, so that another process is unlikely to take it before its user does.
///
/// # Errors
/// Those of binding a socket to a port of the system's choice.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

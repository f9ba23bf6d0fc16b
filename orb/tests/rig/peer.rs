//! A peer that speaks in raw octets.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{PATIENCE, soon};

/// One end of a TCP connection.
pub struct Peer {
    pub stream: TcpStream,
    /// Everything that was read and not asked for yet.
    pub heard: Vec<u8>,
}

impl Peer {
    /// Connects to a server.
    pub async fn connect(port: u16) -> Peer {
        let stream = soon("a connection", TcpStream::connect(("127.0.0.1", port))).await.expect("it listens");
        stream.set_nodelay(true).expect("a TCP socket");
        Peer { stream, heard: Vec::new() }
    }

    /// Waits for a client.
    pub async fn accept(listener: &TcpListener) -> Peer {
        let (stream, _) = soon("a client", listener.accept()).await.expect("a connection");
        Peer { stream, heard: Vec::new() }
    }

    /// Its address, as the other side's log has it.
    pub fn name(&self) -> String {
        self.stream.local_addr().expect("a connected socket").to_string()
    }

    /// Sends octets. That the other side has closed is not an error.
    pub async fn say(&mut self, octets: &[u8]) {
        // Whether all of it is taken is for the test to find out by what it hears.
        let _ = tokio::time::timeout(PATIENCE, self.stream.write_all(octets)).await;
    }

    /// Sends octets, and nothing any more.
    pub async fn say_last(&mut self, octets: &[u8]) {
        self.say(octets).await;
        let _ = self.stream.shutdown().await;
    }

    /// Waits for `count` octets and takes them.
    pub async fn hear(&mut self, count: usize) -> Vec<u8> {
        soon("octets", async {
            while self.heard.len() < count {
                let read = self.stream.read_buf(&mut self.heard).await.expect("an open connection");
                assert!(read > 0, "closed after {} of {count} octets", self.heard.len());
            }
        })
        .await;
        self.heard.drain(..count).collect()
    }

    /// Reads to the end, which must come within `limit`; returns what came. A reset is an end, too.
    pub async fn hear_to_end(&mut self, limit: Duration) -> Vec<u8> {
        let read = async {
            let mut buffer = vec![0; 65536];
            loop {
                match self.stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => self.heard.extend_from_slice(&buffer[..count]),
                }
            }
        };
        tokio::time::timeout(limit, read).await.expect("the connection is closed in time");
        std::mem::take(&mut self.heard)
    }
}

/// The resident memory of this process, in octets.
pub fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

/// Seeded pseudo-random numbers (xorshift64*).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

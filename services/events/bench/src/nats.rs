//! A client of NATS, as small as one can be: its protocol is a few lines of text.
//!
//! It counts messages and looks at nothing else, so that what NATS costs here is less than what its users pay.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

use crate::Fault;

/// A connection.
pub(crate) struct Client {
    pub(crate) reader: Reader,
    pub(crate) writer: OwnedWriteHalf,
}

/// What comes.
pub(crate) struct Reader {
    socket: OwnedReadHalf,
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
}

/// A message.
pub(crate) enum Line {
    /// Octets of a message that was published.
    Message(Vec<u8>),
    /// It asks for a sign of life.
    Ping,
    /// Something else.
    Other,
}

impl Client {
    pub(crate) async fn connect(place: &str) -> Result<Client, Fault> {
        let socket = TcpStream::connect(place).await?;
        socket.set_nodelay(true)?;
        let (reader, mut writer) = socket.into_split();
        writer.write_all(b"CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n").await?;
        let mut reader = Reader { socket: reader, buffer: vec![0; 256 << 10], begin: 0, end: 0 };
        // INFO and PONG: it is there.
        reader.line().await?;
        reader.line().await?;
        Ok(Client { reader, writer })
    }

    pub(crate) async fn subscribe(&mut self, subject: &str) -> Result<(), Fault> {
        self.writer.write_all(format!("SUB {subject} 1\r\nPING\r\n").as_bytes()).await?;
        while !matches!(self.reader.next(false).await?, Line::Other) {}
        Ok(())
    }

    /// Asks for something, and takes the answer.
    pub(crate) async fn request(&mut self, subject: &str, body: &str) -> Result<String, Fault> {
        let (inbox, length) = ("_INBOX.request", body.len());
        let sent = format!("SUB {inbox} 9\r\nPUB {subject} {inbox} {length}\r\n{body}\r\n");
        self.writer.write_all(sent.as_bytes()).await?;
        loop {
            if let Line::Message(octets) = self.reader.next(true).await? {
                let answer = String::from_utf8_lossy(&octets).into_owned();
                if answer.contains("\"error\"") {
                    return Err(Fault::Wrong(answer));
                }
                self.writer.write_all(b"UNSUB 9\r\n").await?;
                return Ok(answer);
            }
        }
    }
}

impl Reader {
    async fn fill(&mut self) -> Result<(), Fault> {
        if self.begin > 0 && (self.begin == self.end || self.end == self.buffer.len()) {
            self.buffer.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        match self.socket.read(&mut self.buffer[self.end..]).await? {
            0 => Err(Fault::Wrong("NATS has closed the connection".into())),
            read => {
                self.end += read;
                Ok(())
            }
        }
    }

    /// The next line, without its end.
    async fn line(&mut self) -> Result<(usize, usize), Fault> {
        let mut seen = 0;
        loop {
            let waiting = &self.buffer[self.begin..self.end];
            if let Some(at) = waiting[seen..].iter().position(|&octet| octet == b'\n') {
                let line = (self.begin, self.begin + seen + at - 1);
                self.begin += seen + at + 1;
                return Ok(line);
            }
            seen = waiting.len();
            self.fill().await?;
        }
    }

    /// The next thing that comes. The octets of a message are copied only if they are wanted.
    pub(crate) async fn next(&mut self, wanted: bool) -> Result<Line, Fault> {
        let (begin, end) = self.line().await?;
        let line = &self.buffer[begin..end];
        if line.starts_with(b"MSG ") {
            let digits = line.iter().rev().take_while(|octet| octet.is_ascii_digit()).count();
            let length = line[line.len() - digits..]
                .iter()
                .fold(0, |length, &digit| 10 * length + usize::from(digit - b'0'));
            while self.end - self.begin < length + 2 {
                self.fill().await?;
            }
            let octets =
                if wanted { self.buffer[self.begin..self.begin + length].to_vec() } else { Vec::new() };
            self.begin += length + 2;
            return Ok(Line::Message(octets));
        }
        if line.starts_with(b"-ERR") {
            return Err(Fault::Wrong(String::from_utf8_lossy(line).into_owned()));
        }
        Ok(if line.starts_with(b"PING") { Line::Ping } else { Line::Other })
    }
}

/// How far a publisher may be in front of the slowest subscriber: NATS drops what is further.
const AHEAD_MAX: usize = 16_384;

/// The octets that are written at a time.
const WRITE_BYTES: usize = 64 << 10;

/// Publishes so many messages to so many subscribers, each with its own connection, and waits until all have arrived.
pub(crate) async fn fan_out(
    place: &str,
    subscribers: usize,
    events: usize,
    size: usize,
) -> Result<(), Fault> {
    let seen: Arc<Vec<AtomicUsize>> = Arc::new((0..subscribers).map(|_| AtomicUsize::new(0)).collect());
    let moved = Arc::new(Notify::new());
    let mut tasks = Vec::new();
    for number in 0..subscribers {
        let mut client = Client::connect(place).await?;
        client.subscribe("bench").await?;
        let (seen, moved) = (seen.clone(), moved.clone());
        tasks.push(tokio::spawn(async move {
            let mut count = 0;
            while count < events {
                match client.reader.next(false).await? {
                    Line::Message(_) => count += 1,
                    Line::Ping => client.writer.write_all(b"PONG\r\n").await?,
                    Line::Other => {}
                }
                if count % 1_024 == 0 || count == events {
                    seen[number].store(count, Ordering::Relaxed);
                    moved.notify_one();
                }
            }
            Ok::<(), Fault>(())
        }));
    }
    let mut publisher = Client::connect(place).await?;
    let message = [format!("PUB bench {size}\r\n").as_bytes(), &vec![7; size], b"\r\n"].concat();
    let at_once = (WRITE_BYTES / message.len()).max(1);
    let ahead_max = if subscribers > 10 { 2_048.max(at_once) } else { AHEAD_MAX };
    let (many, mut sent) = (message.repeat(at_once), 0);
    while sent < events {
        let count = at_once.min(events - sent);
        while sent + count
            > ahead_max + seen.iter().map(|seen| seen.load(Ordering::Relaxed)).min().unwrap_or(0)
        {
            moved.notified().await;
        }
        publisher.writer.write_all(&many[..count * message.len()]).await?;
        sent += count;
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}

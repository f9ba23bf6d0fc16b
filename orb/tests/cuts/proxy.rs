//! A proxy that passes octets on until it is told where to stop.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// Which way octets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the client to the server: requests.
    Up,
    /// From the server to the client: replies.
    Down,
}

/// What happens at the octet where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Both sides see an end, in both directions.
    Close,
    /// The receiver sees an end; the other direction goes on.
    Half,
    /// Both sides see a reset.
    Reset,
    /// Nothing more goes in this direction, and nobody sees an end, until the proxy is told to go on.
    Stall,
    /// The client sees an end once it has said so many more octets; the server gets them when the proxy is told to go on.
    Hold(usize),
}

/// Where a connection is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) direction: Direction,
    /// So many octets pass, counted from when the cut is made.
    pub(crate) after: usize,
    pub(crate) how: How,
}

/// A proxy between clients and one server.
pub(crate) struct CuttingProxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    server: OnceLock<String>,
    state: Mutex<State>,
    /// Stalled and held connections go on when this is raised.
    released: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// The cut for the next connection.
    next: Option<Cut>,
    connections: Vec<Arc<Connection>>,
}

/// One connection through the proxy.
struct Connection {
    passed: Mutex<Passed>,
    wake: Notify,
    /// The side of the server, as long as it is open.
    server: Mutex<Option<Arc<TcpStream>>>,
}

#[derive(Default)]
struct Passed {
    cut: Option<Cut>,
    up: Vec<u8>,
    down: usize,
    ended: bool,
}

impl Passed {
    fn count(&mut self, direction: Direction, octets: &[u8]) {
        match direction {
            Direction::Up => self.up.extend_from_slice(octets),
            Direction::Down => self.down += octets.len(),
        }
        if let Some(cut) = self.cut.as_mut().filter(|cut| cut.direction == direction) {
            cut.after = cut.after.saturating_sub(octets.len());
        }
    }
}

impl CuttingProxy {
    pub(crate) async fn open() -> CuttingProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        tokio::spawn({
            let shared = shared.clone();
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(serve(shared.clone(), client));
                }
            }
        });
        CuttingProxy { address, shared }
    }

    pub(crate) fn leads_to(&self, server: String) {
        self.shared.server.set(server).expect("it leads to one server");
    }

    /// Cuts the next connection that is opened.
    pub(crate) fn cut_next(&self, cut: Cut) {
        self.shared.state.lock().unwrap().next = Some(cut);
    }

    /// Cuts the connection that was opened last.
    pub(crate) fn cut_last(&self, cut: Cut) {
        let connection = self.last();
        connection.passed.lock().unwrap().cut = Some(cut);
        connection.wake.notify_waiters();
    }

    /// Takes back a cut that was not reached. Answers whether there was one.
    pub(crate) fn mend(&self) -> bool {
        let next = self.shared.state.lock().unwrap().next.take();
        let cut = self.last().passed.lock().unwrap().cut.take();
        next.or(cut).is_some()
    }

    /// Lets stalled and held octets go on.
    pub(crate) fn release(&self) {
        self.shared.released.send_modify(|count| *count += 1);
    }

    /// Octets that have passed on the connection that was opened last, up and down.
    pub(crate) fn passed(&self) -> (usize, usize) {
        let last = self.last();
        let passed = last.passed.lock().unwrap();
        (passed.up.len(), passed.down)
    }

    /// Says something to the server on the connection that was opened last, as if the client had.
    pub(crate) async fn inject(&self, octets: &[u8]) {
        let server = self.last().server.lock().unwrap().clone().expect("the connection is open");
        write_all(&server, octets).await.expect("the server listens");
    }

    /// Everything that the client has said on the connection that was opened last.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.last().passed.lock().unwrap().up.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections.len()
    }

    /// Waits until nothing has passed for a moment on any connection.
    pub(crate) async fn is_quiet(&self) {
        loop {
            let before = self.total();
            tokio::time::sleep(Duration::from_millis(2)).await;
            if self.total() == before {
                return;
            }
        }
    }

    fn total(&self) -> usize {
        let connections = self.shared.state.lock().unwrap().connections.clone();
        let passed = |connection: &Arc<Connection>| {
            let passed = connection.passed.lock().unwrap();
            passed.up.len() + passed.down + usize::from(passed.ended)
        };
        connections.iter().map(passed).sum()
    }

    fn last(&self) -> Arc<Connection> {
        self.shared.state.lock().unwrap().connections.last().expect("a connection").clone()
    }
}

/// Carries one connection to its end.
async fn serve(shared: Arc<Shared>, client: TcpStream) {
    let address = shared.server.get().expect("it leads to a server").clone();
    let Ok(server) = TcpStream::connect(address).await else { return };
    let (client, server) = (Arc::new(client), Arc::new(server));
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("a TCP socket");
    }
    let connection = {
        let mut state = shared.state.lock().unwrap();
        let passed = Mutex::new(Passed { cut: state.next.take(), ..Passed::default() });
        let server = Mutex::new(Some(server.clone()));
        let connection = Arc::new(Connection { passed, wake: Notify::new(), server });
        state.connections.push(connection.clone());
        connection
    };
    let leg = |direction| Leg { direction, connection: connection.clone(), shared: shared.clone() };
    let mut up = Box::pin(leg(Direction::Up).carry(client.clone(), server.clone()));
    let mut down = Box::pin(leg(Direction::Down).carry(server, client));
    tokio::select! {
        end = &mut up => if end == End::Passed { down.await; },
        end = &mut down => if end == End::Passed { up.await; },
    }
    connection.passed.lock().unwrap().ended = true;
    // The sockets close, unless somebody holds octets back.
    connection.server.lock().unwrap().take();
}

/// One direction of a connection.
struct Leg {
    direction: Direction,
    connection: Arc<Connection>,
    shared: Arc<Shared>,
}

/// How a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its receiver has seen an end; the other one goes on.
    Passed,
    /// The connection is over, in both directions.
    Over,
}

impl Leg {
    async fn carry(self, from: Arc<TcpStream>, to: Arc<TcpStream>) -> End {
        let mut buffer = vec![0; 16 * 1024];
        let mut released = self.shared.released.subscribe();
        loop {
            let cut = self.cut();
            if let Some(cut) = cut.filter(|cut| cut.after == 0) {
                if cut.how != How::Stall {
                    return self.end(cut.how, from, to).await;
                }
                let _ = released.changed().await;
                self.connection.passed.lock().unwrap().cut = None;
                continue;
            }
            released.mark_unchanged();
            let room = cut.map_or(buffer.len(), |cut| cut.after.min(buffer.len()));
            let read = tokio::select! {
                // The cut was made while nothing came.
                () = self.connection.wake.notified() => continue,
                read = read_some(&from, &mut buffer[..room]) => read,
            };
            let octets = match read {
                Ok(0) => {
                    let _ = SockRef::from(&*to).shutdown(Shutdown::Write);
                    return End::Passed;
                }
                Ok(count) => &buffer[..count],
                Err(_) => return End::Over,
            };
            self.connection.passed.lock().unwrap().count(self.direction, octets);
            if write_all(&to, octets).await.is_err() {
                return End::Over;
            }
        }
    }

    fn cut(&self) -> Option<Cut> {
        self.connection.passed.lock().unwrap().cut.filter(|cut| cut.direction == self.direction)
    }

    async fn end(&self, how: How, from: Arc<TcpStream>, to: Arc<TcpStream>) -> End {
        match how {
            How::Close | How::Stall => End::Over,
            How::Half => {
                let _ = SockRef::from(&*to).shutdown(Shutdown::Write);
                // The rest is read and thrown away, so that nobody resets the connection for it.
                let mut rest = [0; 1024];
                while matches!(read_some(&from, &mut rest).await, Ok(1..)) {}
                End::Passed
            }
            How::Reset => {
                for stream in [&from, &to] {
                    let _ = SockRef::from(&**stream).set_linger(Some(Duration::ZERO));
                }
                End::Over
            }
            How::Hold(more) => {
                let mut released = self.shared.released.subscribe();
                let mut held = vec![0; more];
                let mut count = 0;
                while count < more {
                    match read_some(&from, &mut held[count..]).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => count += read,
                    }
                }
                tokio::spawn(async move {
                    let _ = released.changed().await;
                    let _ = write_all(&to, &held[..count]).await;
                    let _ = SockRef::from(&*to).shutdown(Shutdown::Write);
                });
                End::Over
            }
        }
    }
}

async fn read_some(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

async fn write_all(stream: &TcpStream, mut octets: &[u8]) -> io::Result<()> {
    while !octets.is_empty() {
        stream.writable().await?;
        match stream.try_write(octets) {
            Ok(written) => octets = &octets[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

//! The network between the members of a domain, inside this process: every connection passes through it, and one member can be
//! cut off from the others.
//!
//! ```text
//!   member 0 --dials the address of 1--> mesh: reads who greets --> member 1
//! ```
//!
//! What is under way to or from a member that is cut off is held, as a network would send it again, and passes once it is
//! connected; nobody is told of anything.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::limits::{MESH_CHUNK_BYTES, MESH_GREETING_BYTES_MAX};

/// The network of some members. Dropping it ends all that passes through it.
#[derive(Debug)]
pub struct Mesh {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Where each member listens.
    members: Vec<SocketAddr>,
    /// Where the others dial it.
    addresses: Vec<SocketAddr>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    cut_off: Option<usize>,
    closed: bool,
}

/// Nothing passes any more.
#[derive(Debug)]
struct Closed;

impl Mesh {
    /// A network of members that listen at these ports of 127.0.0.1, or will.
    ///
    /// # Errors
    /// Those of binding sockets.
    pub fn of(members: &[u16]) -> io::Result<Self> {
        let open = members.iter().map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listeners = open.collect::<io::Result<Vec<_>>>()?;
        let shared = Arc::new(Shared {
            members: members.iter().map(|&port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).collect(),
            addresses: listeners.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        for (to, listener) in listeners.into_iter().enumerate() {
            let shared = Arc::clone(&shared);
            thread::spawn(move || accept(&listener, to, &shared));
        }
        Ok(Self { shared })
    }

    /// Where the members dial each other.
    pub fn addresses(&self) -> Vec<String> {
        self.shared.addresses.iter().map(SocketAddr::to_string).collect()
    }

    /// Where a member listens.
    pub fn listen(&self, member: usize) -> String {
        self.shared.members[member].to_string()
    }

    /// Cuts this member off from all others, and connects whoever was.
    pub fn cut_off(&self, member: usize) {
        self.set(|state| state.cut_off = Some(member));
    }

    /// Connects all.
    pub fn connect(&self) {
        self.set(|state| state.cut_off = None);
    }

    fn set(&self, set: impl FnOnce(&mut State)) {
        set(&mut self.shared.state());
        self.shared.changed.notify_all();
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        self.set(|state| state.closed = true);
        for address in &self.shared.addresses {
            // Wakes the accepting thread; if nobody can connect it is not accepting any more.
            let _ = TcpStream::connect(address);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until these two are connected.
    fn wait(&self, one: usize, other: usize) -> Result<(), Closed> {
        let is_cut = |state: &mut State| {
            !state.closed && state.cut_off.is_some_and(|cut| (cut == one) != (cut == other))
        };
        let state = self.changed.wait_while(self.state(), is_cut).unwrap_or_else(PoisonError::into_inner);
        if state.closed { Err(Closed) } else { Ok(()) }
    }

    /// Who says this: a greeting names the address of the one who greets.
    fn speaker(&self, greeting: &[u8]) -> Option<usize> {
        self.addresses.iter().position(|address| {
            let address = address.to_string();
            greeting.windows(address.len()).any(|part| part == address.as_bytes())
        })
    }
}

fn accept(listener: &TcpListener, to: usize, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.state().closed {
            return;
        }
        let Ok(client) = client else { continue };
        let shared = Arc::clone(shared);
        // A connection that cannot be passed on ends: its member is told what it would be told without the mesh.
        thread::spawn(move || carry(client, to, &shared));
    }
}

/// Carries one connection.
fn carry(mut client: TcpStream, to: usize, shared: &Arc<Shared>) -> io::Result<()> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let octets = u32::from_le_bytes(length) as usize;
    if octets > MESH_GREETING_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut greeting = vec![0; octets];
    client.read_exact(&mut greeting)?;
    let from = shared.speaker(&greeting).ok_or(io::ErrorKind::InvalidData)?;
    if shared.wait(from, to).is_err() {
        return Ok(());
    }
    let mut server = TcpStream::connect(shared.members[to])?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    server.write_all(&length)?;
    server.write_all(&greeting)?;
    let (client_again, server_again, again) = (client.try_clone()?, server.try_clone()?, Arc::clone(shared));
    thread::spawn(move || pass(server_again, client_again, (to, from), &again));
    pass(client, server, (from, to), shared);
    Ok(())
}

/// Ends with the side that ends, and tells the other, once that can hear it.
fn pass(mut from: TcpStream, mut to: TcpStream, (one, other): (usize, usize), shared: &Shared) {
    let mut chunk = vec![0; MESH_CHUNK_BYTES];
    loop {
        let octets = from.read(&mut chunk).unwrap_or(0);
        if shared.wait(one, other).is_err() || octets == 0 || to.write_all(&chunk[..octets]).is_err() {
            break;
        }
    }
    // Whoever has ended already need not be told.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A frame that a member could greet with.
    fn greeting(speaker: &str) -> Vec<u8> {
        let mut frame = (speaker.len() as u32).to_le_bytes().to_vec();
        frame.extend_from_slice(speaker.as_bytes());
        frame
    }

    #[test]
    fn what_is_said_during_a_cut_is_heard_after_it() {
        let members: Vec<TcpListener> =
            (0..3).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port")).collect();
        let ports: Vec<u16> = members.iter().map(|m| m.local_addr().expect("it is bound").port()).collect();
        let mesh = Mesh::of(&ports).expect("free ports");
        let addresses = mesh.addresses();
        let dial = |from: usize, to: usize| {
            let mut stream = TcpStream::connect(&addresses[to]).expect("the mesh listens");
            stream.write_all(&greeting(&addresses[from])).expect("it is taken");
            stream
        };
        let hear = |stream: &mut TcpStream, octets: usize| {
            let mut heard = vec![0; octets];
            stream.read_exact(&mut heard).expect("it passes");
            heard
        };
        let mut one = dial(0, 1);
        let (mut at_one, _) = members[1].accept().expect("it is dialled");
        let greeted = greeting(&addresses[0]);
        assert_eq!(hear(&mut at_one, greeted.len()), greeted);
        mesh.cut_off(0);
        one.write_all(b"held").expect("it is taken");
        // The others go on, and by the time that they have, what is held would have come.
        let mut other = dial(2, 1);
        let (mut at_other, _) = members[1].accept().expect("it is dialled");
        other.write_all(b"passes").expect("it is taken");
        let _ = hear(&mut at_other, greeting(&addresses[2]).len());
        assert_eq!(hear(&mut at_other, 6), b"passes");
        at_one.set_read_timeout(Some(Duration::from_millis(1))).expect("a socket");
        at_one.read(&mut [0]).expect_err("nothing passes");
        at_one.set_read_timeout(None).expect("a socket");
        mesh.connect();
        assert_eq!(hear(&mut at_one, 4), b"held");
        drop(one);
        assert_eq!(at_one.read(&mut [0]).expect("an end"), 0);
    }
}

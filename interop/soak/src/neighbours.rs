//! Clients that do not behave.

use std::time::Duration;

use quorb::{Address, Orb};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a server may take to get rid of one; its own patience is half a second.
const GONE_WAIT_MAX: Duration = Duration::from_secs(20);

/// The beginning of a request of GIOP 1.2 that announces 1,000 octets.
const HALF_MESSAGE: &[u8] = b"GIOP\x01\x02\x01\x00\xe8\x03\x00\x00half";

/// The beginning of the native protocol's preface.
const HALF_PREFACE: &[u8] = b"QUO";

/// What neighbours do.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// Connects and goes.
    Leaves,
    /// Connects and says nothing, until the server has enough.
    Silent,
    /// Says what is no protocol.
    Nonsense,
    /// Begins a message and does not go on, until the server has enough.
    Half(&'static [u8]),
    /// Begins a message and resets the connection.
    Resets,
    /// Begins a message, and says that no more follows.
    HalfClosed,
}

const MANNERS: [Manner; 7] = [
    Manner::Leaves,
    Manner::Silent,
    Manner::Nonsense,
    Manner::Half(HALF_MESSAGE),
    Manner::Half(HALF_PREFACE),
    Manner::Resets,
    Manner::HalfClosed,
];

/// Visits the server `times` times in every manner, all at once.
pub(crate) async fn visit(server: &Orb, times: u64) -> Result<(), String> {
    let address = server.addresses().iter().find_map(|address| match address {
        Address::Tcp { host, port } => Some((host.clone(), *port)),
        _ => None,
    });
    let (host, port) = address.ok_or("the server has no TCP address")?;
    let visits = (0..times).flat_map(|_| MANNERS).map(|manner| {
        let host = host.clone();
        tokio::spawn(async move {
            behave(manner, &host, port).await.map_err(|error| format!("{manner:?}: {error}"))
        })
    });
    for visit in visits.collect::<Vec<_>>() {
        visit.await.map_err(|error| error.to_string())??;
    }
    Ok(())
}

async fn behave(manner: Manner, host: &str, port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect((host, port)).await?;
    match manner {
        Manner::Leaves => return Ok(()),
        Manner::Silent => {}
        Manner::Nonsense => stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await?,
        Manner::Half(beginning) => stream.write_all(beginning).await?,
        Manner::Resets => {
            stream.write_all(HALF_MESSAGE).await?;
            SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
            return Ok(());
        }
        Manner::HalfClosed => {
            stream.write_all(HALF_MESSAGE).await?;
            stream.shutdown().await?;
        }
    }
    let mut farewell = Vec::new();
    match tokio::time::timeout(GONE_WAIT_MAX, stream.read_to_end(&mut farewell)).await {
        // A reset is as good an end as another.
        Ok(_) => Ok(()),
        Err(_) => Err(std::io::Error::other("the server still keeps the connection")),
    }
}

//! The servers, each a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use quorb::{Orb, Proxy};
use quorb_events::{EventServer, Limits};
use quorb_interop::{Process, free_port};

use crate::Fault;

/// A server that runs, and where its data is. Both go away with the value.
pub(crate) struct Server {
    pub(crate) process: Process,
    /// A reference, or an address.
    pub(crate) place: String,
    _folder: Folder,
}

/// A folder that goes away with its handle.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Result<Folder, Fault> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("quorb-events-bench-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Ours.
pub(crate) fn ours() -> Result<Server, Fault> {
    let folder = Folder::new()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--serve").arg(&folder.0);
    let mut process = Process::start(command)?;
    let place = process.ready()?;
    Ok(Server { process, place, _folder: folder })
}

/// What the process for ours does, until its input ends.
pub(crate) fn serve(folder: &Path) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
        let service = EventServer::start(&orb, Some(folder.to_owned()), Limits::default()).await?;
        println!("ready {}", service.reference().object());
        let input =
            tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        tokio::select! {
            _ = input => {}
            () = quorb::shutdown_signal() => {}
        }
        orb.shutdown(Duration::ZERO).await;
        service.close().await;
        Ok(())
    })
}

/// Debian's NATS; none if it is not installed.
pub(crate) fn nats() -> Result<Option<Server>, Fault> {
    let folder = Folder::new()?;
    let port = free_port()?;
    let mut command = Command::new("nats-server");
    command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(&folder.0);
    let process = match Process::start(command) {
        Ok(process) => process,
        Err(_) => {
            eprintln!("without NATS: install nats-server");
            return Ok(None);
        }
    };
    let place = format!("127.0.0.1:{port}");
    accepts(&place)?;
    Ok(Some(Server { process, place, _folder: folder }))
}

/// omniEvents, and the naming service that it needs; none if they are not installed.
pub(crate) struct OmniEvents {
    _events: Process,
    _names: Process,
    _folder: Folder,
    /// The reference of a channel.
    pub(crate) channel: String,
}

pub(crate) fn omnievents() -> Result<Option<OmniEvents>, Fault> {
    let folder = Folder::new()?;
    let (names_port, events_port) = (free_port()?, free_port()?);
    let mut names = Command::new("omniNames");
    names.args(["-start", &names_port.to_string(), "-logdir"]).arg(&folder.0);
    names.arg("-errlog").arg(folder.0.join("errors"));
    let reference = format!("NameService=corbaloc::127.0.0.1:{names_port}/NameService");
    let mut events = Command::new("/usr/sbin/omniEvents");
    events.args(["-f", "-p", &events_port.to_string(), "-l"]).arg(&folder.0);
    events.arg("-t").arg(folder.0.join("trace")).args(["-ORBInitRef", &reference]);
    let Ok(names) = Process::start(names) else {
        eprintln!("without omniEvents: install omniorb-nameserver and omnievents");
        return Ok(None);
    };
    accepts(&format!("127.0.0.1:{names_port}"))?;
    let Ok(events) = Process::start(events) else {
        eprintln!("without omniEvents: install omnievents");
        return Ok(None);
    };
    accepts(&format!("127.0.0.1:{events_port}"))?;
    let mut make = Command::new("eventc");
    // Its shortest cycle, and a queue as long as ours.
    make.args(["-v", "-c", "1000000", "-q", "1024", "-ORBInitRef", &reference]);
    make.arg(format!("corbaloc::127.0.0.1:{events_port}/omniEvents"));
    let made = Process::start(make)?.wait(Duration::from_secs(30))?;
    let said = format!("{}{}", made.stdout, made.stderr);
    let channel = said.split_whitespace().find(|word| word.starts_with("IOR:")).map(str::to_owned);
    let channel = channel.ok_or_else(|| Fault::Wrong(format!("eventc has made no channel: {said}")))?;
    Ok(Some(OmniEvents { _events: events, _names: names, _folder: folder, channel }))
}

/// Waits until somebody accepts connections.
fn accepts(address: &str) -> Result<(), Fault> {
    let begun = Instant::now();
    loop {
        match std::net::TcpStream::connect(address) {
            Ok(_) => return Ok(()),
            Err(cause) if begun.elapsed() > Duration::from_secs(30) => return Err(cause.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

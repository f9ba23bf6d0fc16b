//! The servers, each a process.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use quorb::{Orb, Proxy};
use quorb_events::{EventServer, Limits};
use quorb_groups::driver::Domain;
use quorb_interop::{Folder, OmniNames, Process, free_port};

use crate::Fault;

/// A server that runs, and where its data is. Both go away with the value.
pub(crate) struct Server {
    pub(crate) process: Process,
    /// A reference, or an address.
    pub(crate) place: String,
    _folder: Folder,
}

/// Ours.
pub(crate) fn ours() -> Result<Server, Fault> {
    let folder = Folder::new("events-bench")?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--serve").arg(folder.path());
    let mut process = Process::start(command)?;
    let place = process.ready()?;
    Ok(Server { process, place, _folder: folder })
}

/// Three of ours that are one service, on their disks or in memory.
pub(crate) fn three(on_disks: bool) -> Result<Vec<Server>, Fault> {
    let meeting =
        [free_port()?, free_port()?, free_port()?].map(|port| format!("127.0.0.1:{port}")).join(",");
    let mut starting = Vec::new();
    for _ in 0..3 {
        let folder = Folder::new("events-bench")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve").arg(folder.path()).args(["--join", &meeting]);
        if !on_disks {
            command.arg("--memory");
        }
        starting.push((Process::start(command)?, folder));
    }
    // They wait for each other.
    let mut servers = Vec::new();
    for (mut process, folder) in starting {
        let place = process.ready()?;
        servers.push(Server { process, place, _folder: folder });
    }
    Ok(servers)
}

/// What the process for ours does, until its input ends.
pub(crate) fn serve(folder: &Path) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
        let service = EventServer::start(&orb, Some(folder.to_owned()), Limits::default()).await?;
        println!("ready {}", service.reference().object());
        until_told_to_end().await;
        orb.shutdown(Duration::ZERO).await;
        service.close().await;
        Ok(())
    })
}

/// What the process for one of three does, until its input ends.
pub(crate) fn serve_with_others(folder: &Path, meeting: &[String], in_memory: bool) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
        let mut join = Domain::join(meeting.iter().map(String::as_str)).listen_at_a_seed();
        if !in_memory {
            join = join.data(folder.join("group"));
        }
        let domain = join.await?;
        let events = (!in_memory).then(|| folder.join("events"));
        let service = EventServer::replicated(&orb, &domain, events, Limits::default()).await?;
        println!("ready {}", service.reference().object());
        until_told_to_end().await;
        orb.shutdown(Duration::ZERO).await;
        service.close().await;
        domain.leave().await;
        Ok(())
    })
}

async fn until_told_to_end() {
    let input = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    tokio::select! {
        _ = input => {}
        () = quorb::shutdown_signal() => {}
    }
}

/// Debian's NATS; none if it is not installed.
pub(crate) fn nats() -> Result<Option<Server>, Fault> {
    let folder = Folder::new("events-bench")?;
    let port = free_port()?;
    let mut command = Command::new("nats-server");
    command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(folder.path());
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
    _names: OmniNames,
    _folder: Folder,
    /// The reference of a channel.
    pub(crate) channel: String,
}

pub(crate) fn omnievents() -> Result<Option<OmniEvents>, Fault> {
    let folder = Folder::new("events-bench")?;
    let Some(names) = OmniNames::start()? else {
        eprintln!("without omniEvents: install omniorb-nameserver and omnievents");
        return Ok(None);
    };
    let events_port = free_port()?;
    let reference = format!("NameService={}", names.reference());
    let mut events = Command::new("/usr/sbin/omniEvents");
    events.args(["-f", "-p", &events_port.to_string(), "-l"]).arg(folder.path());
    events.arg("-t").arg(folder.path().join("trace")).args(["-ORBInitRef", &reference]);
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

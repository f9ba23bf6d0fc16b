//! The processes: this very program, in other parts.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use quorb::Orb;
use quorb_events::{EventServer, Limits};

/// What this program starts itself with to become the event service.
pub(crate) const AS_FLOOR: &str = "--as-floor";
/// What this program starts itself with to become a replica of the book.
pub(crate) const AS_BOOK: &str = "--as-book";

/// Serves events until it is told to end. Usually this is `quorb serve`.
pub(crate) async fn serve_events(listen: &str, folder: &str) -> Result<(), Box<dyn Error>> {
    let orb = Orb::builder().listen(listen).start().await?;
    let service = EventServer::start(&orb, Some(PathBuf::from(folder)), Limits::default()).await?;
    println!("ready {}", service.reference());
    orb.run_until_signal(Duration::from_secs(5)).await;
    service.close().await;
    Ok(())
}

/// A process. It is killed if it is still there when this is dropped.
pub(crate) struct Process {
    child: Child,
    /// The references to what it serves.
    pub(crate) references: Vec<String>,
}

impl Process {
    pub(crate) fn floor(listen: &str, folder: &str) -> Result<Process, Box<dyn Error>> {
        Process::start(&[AS_FLOOR, listen, folder])
    }

    pub(crate) fn book(domain: &[String]) -> Result<Process, Box<dyn Error>> {
        let listen = free_addresses(1)?.remove(0);
        let domain: Vec<&str> = domain.iter().map(String::as_str).collect();
        Process::start(&[&[AS_BOOK, &listen], &domain[..]].concat())
    }

    fn start(arguments: &[&str]) -> Result<Process, Box<dyn Error>> {
        let child = Command::new(std::env::current_exe()?).args(arguments).stdout(Stdio::piped()).spawn()?;
        Ok(Process { child, references: Vec::new() })
    }

    pub(crate) fn until_ready(&mut self) -> Result<(), Box<dyn Error>> {
        let output = self.child.stdout.take().ok_or("the process has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let references = line.trim_end().strip_prefix("ready ").ok_or("a process did not become ready")?;
        self.references = references.split(' ').map(str::to_owned).collect();
        Ok(())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub(crate) fn kill(mut self) -> Result<(), Box<dyn Error>> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is gone already when everything went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder that goes away with its handle.
pub(crate) struct Folder(String);

impl Folder {
    pub(crate) fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("trading-floor-{}", std::process::id()));
        Folder(path.to_string_lossy().into_owned())
    }

    pub(crate) fn path(&self) -> &str {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Addresses that are free now, each another one.
pub(crate) fn free_addresses(count: usize) -> std::io::Result<Vec<String>> {
    let open = (0..count).map(|_| TcpListener::bind("127.0.0.1:0"));
    let listeners = open.collect::<Result<Vec<_>, _>>()?;
    listeners.iter().map(|listener| listener.local_addr().map(|address| address.to_string())).collect()
}

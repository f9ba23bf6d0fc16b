//! The replicas: processes of this very program that serve a grid, as `grid-server` does.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use clap::Parser;

/// What this program starts itself with to become a replica.
pub(crate) const AS_REPLICA: &str = "--as-replica";

/// A replica. It is killed if it is still there when this is dropped.
pub(crate) struct Process {
    child: Child,
    /// The reference to the object, with all its replicas.
    pub(crate) reference: String,
    /// The object at this replica, and nowhere else.
    pub(crate) address: String,
}

/// Serves; the arguments are those of `grid-server`.
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let arguments = std::env::args().skip(2);
    let arguments = std::iter::once("grid-server".to_owned()).chain(arguments);
    grid::server::run(grid::server::Options::parse_from(arguments)).await
}

impl Process {
    /// Starts a replica; it is ready when it has the grid's state.
    pub(crate) fn spawn(domain: &[String], style: &str) -> Result<Process, Box<dyn Error>> {
        let listen = free_addresses(1)?.remove(0);
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(AS_REPLICA).args(["--listen", &listen, "--group", "grid", "--style", style]);
        command.args(["--domain", &domain.join(",")]);
        command.args(["--height", &crate::SIDE.to_string(), "--width", &crate::SIDE.to_string()]);
        let child = command.stdout(Stdio::piped()).spawn()?;
        let address = format!("corbaloc:iiop:1.2@{listen}/grid");
        Ok(Process { child, reference: String::new(), address })
    }

    pub(crate) fn until_ready(&mut self) -> Result<(), Box<dyn Error>> {
        let output = self.child.stdout.take().ok_or("the replica has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let reference = line.trim_end().strip_prefix("ready ").ok_or("a replica did not become ready")?;
        self.reference = reference.to_owned();
        Ok(())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Result<(), Box<dyn Error>> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM: it leaves the others in order.
    pub(crate) fn terminate(&mut self) -> Result<(), Box<dyn Error>> {
        let told = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        let ended = self.child.wait()?;
        if told.success() && ended.success() {
            Ok(())
        } else {
            Err(format!("a replica ended with {ended}").into())
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is gone already when everything went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Addresses that are free now, each another one.
pub(crate) fn free_addresses(count: usize) -> std::io::Result<Vec<String>> {
    let open = (0..count).map(|_| TcpListener::bind("127.0.0.1:0"));
    let listeners = open.collect::<Result<Vec<_>, _>>()?;
    listeners.iter().map(|listener| listener.local_addr().map(|address| address.to_string())).collect()
}

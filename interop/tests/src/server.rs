//! A foreign server process together with the reference it announced.

use std::fmt;
use std::net::SocketAddr;
use std::process::Command;

use crate::process::{Finished, Process, ProcessFault};

/// A stringified object reference: `IOR:`, `corbaloc:` or another URL an ORB understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// The reference of the object with this key at this address, for GIOP 1.`minor`.
    pub fn corbaloc(minor: u8, address: SocketAddr, key: &str) -> Self {
        Self(format!("corbaloc:iiop:1.{minor}@{address}/{key}"))
    }

    /// The text as an argument of a program.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Reference {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A server that has said it is ready. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    process: Process,
    reference: Reference,
}

impl Server {
    /// Starts the server, tells it to end when this process does, and waits for its `ready` line.
    ///
    /// # Errors
    /// Those of [`Process::start`] and [`Process::ready`].
    pub fn start(mut command: Command) -> Result<Self, ProcessFault> {
        command.arg("--with-parent");
        let mut process = Process::start(command)?;
        let reference = process.ready()?.into();
        Ok(Self { process, reference })
    }

    /// What it announced.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the server orderly and returns what it left behind.
    ///
    /// # Errors
    /// Those of [`Process::terminate`].
    pub fn terminate(self) -> Result<Finished, ProcessFault> {
        self.process.terminate()
    }

    /// Ends the server at once.
    ///
    /// # Errors
    /// Those of [`Process::kill`].
    pub fn kill(self) -> Result<Finished, ProcessFault> {
        self.process.kill()
    }
}

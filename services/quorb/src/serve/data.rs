//! Where services keep what must last.

use std::path::{Path, PathBuf};

use quorb::{Address, Orb};

use crate::verdict::Verdict;

/// A folder, in which each service has one of its own, or memory.
#[derive(Debug, Clone)]
pub(super) struct Data {
    folder: Option<PathBuf>,
}

impl Data {
    /// What the command line says, else the environment, else a folder for the port in the user's state. A server on a port
    /// that nobody can know in advance keeps nothing unless it is told to: nobody would find it again.
    pub(super) fn new(folder: Option<PathBuf>, memory: bool, orb: &Orb) -> Result<Data, Verdict> {
        if memory {
            return Ok(Data { folder: None });
        }
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(folder) = folder.or_else(|| variable("QUORB_DATA")) {
            return Ok(Data { folder: Some(folder) });
        }
        let state = variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")));
        let state = state.ok_or_else(|| {
            Verdict::misused("no place for data: give --data DIR, or --memory to keep nothing")
        })?;
        Ok(Data { folder: Some(state.join("quorb").join(port(orb))) })
    }

    /// The folder of a service; none if nothing is kept.
    pub(super) fn folder_of(&self, service: &str) -> Option<PathBuf> {
        self.folder.as_deref().map(|folder: &Path| folder.join(service))
    }
}

/// What tells the servers of a user on one machine apart.
fn port(orb: &Orb) -> String {
    let tcp = orb.addresses().iter().find_map(|address| match address {
        Address::Tcp { port, .. } => Some(port.to_string()),
        _ => None,
    });
    tcp.unwrap_or_else(|| "local".to_owned())
}

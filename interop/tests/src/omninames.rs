//! omniORB's naming service, which ours stands beside.

use std::io;
use std::process::Command;
use std::time::Duration;

use quorb::Orb;

use crate::limits::ready_wait;
use crate::process::{Process, ProcessFault};
use crate::{Folder, free_port};

/// A naming service that answers; it is killed, and its folder removed, with the value.
#[derive(Debug)]
pub struct OmniNames {
    reference: String,
    _process: Process,
    _folder: Folder,
}

const NAME: &str = "omniNames";

impl OmniNames {
    /// Starts one, and waits until it answers, since it says nothing when it is ready. None if it is not installed: Debian
    /// has it in `omniorb-nameserver`.
    ///
    /// # Errors
    /// It is installed, and does not answer.
    pub fn start() -> Result<Option<OmniNames>, ProcessFault> {
        if Command::new(NAME).arg("-help").output().is_err() {
            return Ok(None);
        }
        let system = |cause: io::Error| ProcessFault::System { name: NAME.to_owned(), cause };
        let folder = Folder::new("omninames").map_err(system)?;
        let port = free_port().map_err(system)?.to_string();
        let mut command = Command::new(NAME);
        command.args(["-start", &port, "-logdir"]).arg(folder.path());
        command.arg("-errlog").arg(folder.path().join("errors"));
        let process = Process::start(command)?;
        let reference = format!("corbaloc::127.0.0.1:{port}/NameService");
        until_it_answers(&reference).map_err(|cause| system(io::Error::other(cause)))?;
        Ok(Some(OmniNames { reference, _process: process, _folder: folder }))
    }

    /// Its root, as its users write it.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

fn until_it_answers(reference: &str) -> Result<(), quorb::Fault> {
    let orb = Orb::builder()
        .call_deadline(ready_wait())
        .limits(|limits| {
            limits.retry_attempts_max = u32::MAX;
            limits.retry_wait_max = Duration::from_millis(50);
        })
        .start_blocking()?;
    let root = orb.string_to_object(reference)?;
    let answered = root.block_on(root.non_existent());
    orb.shutdown(Duration::from_secs(1));
    answered.map(|_| ())
}

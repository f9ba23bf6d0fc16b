//! A foreign program as a child process.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::limits::{OUTPUT_BYTES_MAX, end_wait, ready_wait};

/// A running program whose output is read line by line.
///
/// Its standard input stays open as long as the value lives, so that a program started with `--with-parent`
/// ends even if this process is killed. Dropping the value kills the program, by its process id, and waits.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    lines: Receiver<String>,
    stdout: String,
    stderr: Arc<Mutex<String>>,
    stderr_ended: Receiver<()>,
    stdin: Option<ChildStdin>,
}

/// What a program left behind.
#[derive(Debug)]
pub struct Finished {
    /// The exit status.
    pub status: ExitStatus,
    /// All of standard output that fits `OUTPUT_BYTES_MAX`.
    pub stdout: String,
    /// All of standard error that fits `OUTPUT_BYTES_MAX`.
    pub stderr: String,
}

/// Why a program did not do what was waited for. Each message ends with the program's standard error.
#[derive(Debug, thiserror::Error)]
pub enum ProcessFault {
    /// The program could not be started.
    #[error("{name} does not start: {cause}")]
    Start {
        /// The program.
        name: String,
        /// Why.
        cause: io::Error,
    },
    /// The program closed its output before it printed what was waited for.
    #[error("{name} ended before it printed `{awaited}`; its stderr:\n{stderr}")]
    Ended {
        /// The program.
        name: String,
        /// The beginning of the line that was waited for.
        awaited: String,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// The time was over.
    #[error("{name} did not {awaited} within {limit:?}; its stderr:\n{stderr}")]
    TooLate {
        /// The program.
        name: String,
        /// What was waited for.
        awaited: String,
        /// How long.
        limit: Duration,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// The system refused to signal or to wait.
    #[error("{name}: {cause}")]
    System {
        /// The program.
        name: String,
        /// Why.
        cause: io::Error,
    },
}

impl Process {
    /// Starts the program with its three standard streams in pipes.
    ///
    /// # Errors
    /// [`ProcessFault::Start`].
    pub fn start(mut command: Command) -> Result<Self, ProcessFault> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|cause| ProcessFault::Start { name: name.clone(), cause })?;
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                // A line that is not text ends the output as far as we are concerned.
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let stderr = Arc::new(Mutex::new(String::new()));
        let (ended, stderr_ended) = channel::<()>();
        if let Some(source) = child.stderr.take() {
            let kept = Arc::clone(&stderr);
            thread::spawn(move || {
                keep_text(source, &kept);
                drop(ended);
            });
        }
        let stdin = child.stdin.take();
        Ok(Self { name, child, lines, stdout: String::new(), stderr, stderr_ended, stdin })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the line `ready REFERENCE` and returns the reference.
    ///
    /// # Errors
    /// As [`Process::line`].
    pub fn ready(&mut self) -> Result<String, ProcessFault> {
        self.line("ready ", ready_wait())
    }

    /// Waits for the next line that begins like this and returns the rest of it.
    ///
    /// # Errors
    /// [`ProcessFault::Ended`] if the output ends first, [`ProcessFault::TooLate`] if the time does.
    pub fn line(&mut self, beginning: &str, limit: Duration) -> Result<String, ProcessFault> {
        let end = Instant::now() + limit;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.keep(&line);
                    if let Some(rest) = line.strip_prefix(beginning) {
                        return Ok(rest.to_owned());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(self.too_late(&format!("print `{beginning}`"), limit));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.all_of_stderr(end);
                    return Err(ProcessFault::Ended {
                        name: self.name.clone(),
                        awaited: beginning.to_owned(),
                        stderr: self.stderr(),
                    });
                }
            }
        }
    }

    /// Writes a line to the program's standard input.
    ///
    /// # Errors
    /// [`ProcessFault::System`] if the program has closed it.
    pub fn tell(&mut self, line: &str) -> Result<(), ProcessFault> {
        let told = match &mut self.stdin {
            Some(stdin) => writeln!(stdin, "{line}").and_then(|()| stdin.flush()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        told.map_err(|cause| self.system(cause))
    }

    /// Asks the program to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// [`ProcessFault::TooLate`] if it goes on, [`ProcessFault::System`].
    pub fn terminate(mut self) -> Result<Finished, ProcessFault> {
        self.signal("TERM")?;
        self.finish(end_wait())
    }

    /// Ends the program at once (SIGKILL) and waits until it has.
    ///
    /// # Errors
    /// [`ProcessFault::TooLate`], [`ProcessFault::System`].
    pub fn kill(mut self) -> Result<Finished, ProcessFault> {
        self.child.kill().map_err(|cause| self.system(cause))?;
        self.finish(end_wait())
    }

    /// Waits until the program has ended by itself.
    ///
    /// # Errors
    /// [`ProcessFault::TooLate`], [`ProcessFault::System`].
    pub fn wait(mut self, limit: Duration) -> Result<Finished, ProcessFault> {
        self.finish(limit)
    }

    /// What the program wrote to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn finish(&mut self, limit: Duration) -> Result<Finished, ProcessFault> {
        let end = Instant::now() + limit;
        // The output ends when the program does: nothing of ours inherits the pipe.
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.keep(&line),
                Err(RecvTimeoutError::Timeout) => return Err(self.too_late("end", limit)),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.all_of_stderr(end);
        let status = self.child.wait().map_err(|cause| self.system(cause))?;
        Ok(Finished { status, stdout: std::mem::take(&mut self.stdout), stderr: self.stderr() })
    }

    // The two pipes end independently of each other. A grandchild may keep one open: hence the time.
    fn all_of_stderr(&self, end: Instant) {
        let _ = self.stderr_ended.recv_timeout(end.saturating_duration_since(Instant::now()));
    }

    // The standard library can only kill; `kill` of the system sends the gentler signal.
    fn signal(&mut self, name: &str) -> Result<(), ProcessFault> {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        match sent {
            Ok(_) => Ok(()),
            Err(cause) => Err(self.system(cause)),
        }
    }

    fn keep(&mut self, line: &str) {
        if self.stdout.len() + line.len() < OUTPUT_BYTES_MAX {
            self.stdout.push_str(line);
            self.stdout.push('\n');
        }
    }

    fn too_late(&self, awaited: &str, limit: Duration) -> ProcessFault {
        ProcessFault::TooLate {
            name: self.name.clone(),
            awaited: awaited.to_owned(),
            limit,
            stderr: self.stderr(),
        }
    }

    fn system(&self, cause: io::Error) -> ProcessFault {
        ProcessFault::System { name: self.name.clone(), cause }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if the program has ended and been waited for already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// Reads to the end, whatever comes, so that the program is never held up by a full pipe.
fn keep_text(mut source: impl Read, kept: &Mutex<String>) {
    let mut chunk = [0; 4096];
    while let Ok(count) = source.read(&mut chunk) {
        if count == 0 {
            break;
        }
        let mut text = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if text.len() + count < OUTPUT_BYTES_MAX {
            text.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start(command).expect("sh is there")
    }

    #[test]
    fn a_ready_line_is_found_behind_others() {
        let mut process = shell("echo starting; echo ready IOR:00; cat");
        assert_eq!(process.ready().expect("it prints the line"), "IOR:00");
    }

    #[test]
    fn an_early_end_tells_the_standard_error() {
        let mut process = shell("echo no such port >&2; exit 3");
        let fault = process.ready().expect_err("there is no such line");
        assert!(
            matches!(&fault, ProcessFault::Ended { stderr, .. } if stderr == "no such port\n"),
            "{fault}"
        );
        let finished = process.wait(end_wait()).expect("it has ended");
        assert_eq!(finished.status.code(), Some(3));
    }

    #[test]
    fn silence_ends_with_the_time() {
        let mut process = shell("cat");
        let fault = process.line("ready ", Duration::from_millis(20)).expect_err("there is no such line");
        assert!(matches!(fault, ProcessFault::TooLate { .. }));
    }

    #[test]
    fn terminate_is_orderly() {
        let mut process =
            shell("trap 'echo ended; exit 5' TERM; echo ready x; while :; do read -r line || :; done");
        process.ready().expect("it prints the line");
        let finished = process.terminate().expect("it ends");
        assert_eq!(finished.status.code(), Some(5));
        assert!(finished.stdout.ends_with("ended\n"));
    }

    #[test]
    fn a_program_that_waits_can_be_told() {
        let mut process = shell("read -r line; echo \"heard $line\"");
        process.tell("go on").expect("it listens");
        assert_eq!(process.line("heard ", end_wait()).expect("it heard"), "go on");
    }

    #[test]
    fn dropping_kills() {
        let mut process = shell("echo ready x; exec cat");
        process.ready().expect("it prints the line");
        let id = process.id();
        drop(process);
        assert!(!std::path::Path::new(&format!("/proc/{id}")).exists());
    }
}

//! A process that takes orders by lines and answers by lines. It is killed when dropped.

use crate::Outcome;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// A line that does not come in this time never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The process.
#[derive(Debug)]
pub(crate) struct Actor {
    pub(crate) name: String,
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// Lines nobody has asked for yet.
    kept: VecDeque<Vec<Word>>,
    /// The sequencer named by the last view.
    pub(crate) last_view: Option<String>,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) String);

impl Word {
    pub(crate) fn number(&self) -> Outcome<u64> {
        self.0.parse().map_err(|_| format!("{:?} is no number", self.0).into())
    }
}

impl PartialEq<String> for Word {
    fn eq(&self, other: &String) -> bool {
        self.0 == *other
    }
}

impl Actor {
    pub(crate) fn start(name: String, mut command: Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { name, child, input, lines, kept: VecDeque::new(), last_view: None })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn say(&mut self, order: &str) -> Outcome<()> {
        writeln!(self.input, "{order}").map_err(|error| format!("{}: {error}", self.name).into())
    }

    /// Kills it as -9 does.
    pub(crate) fn kill(&mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Stops or continues it, as the signals of that name do.
    pub(crate) fn signal(&self, signal: &str) -> Outcome<()> {
        let status = Command::new("kill").args([&format!("-{signal}"), &self.pid().to_string()]).status()?;
        if status.success() { Ok(()) } else { Err(format!("{}: no signal {signal}", self.name).into()) }
    }

    /// The next line of this first word that is as wanted; those in between are kept.
    pub(crate) fn wait(&mut self, first: &str, wanted: impl Fn(&[Word]) -> bool) -> Outcome<Vec<Word>> {
        self.wait_for(first, PATIENCE, wanted)?
            .ok_or_else(|| format!("{}: no {first:?} in {PATIENCE:?}", self.name).into())
    }

    /// The same, if it comes in time.
    pub(crate) fn wait_for(
        &mut self,
        first: &str,
        patience: Duration,
        wanted: impl Fn(&[Word]) -> bool,
    ) -> Outcome<Option<Vec<Word>>> {
        let until = Instant::now() + patience;
        loop {
            let found = self.found(first, &wanted);
            if !found.is_empty() {
                return Ok(Some(found));
            }
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => self.keep(&line)?,
                Err(mpsc::RecvTimeoutError::Timeout) => return Ok(None),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(format!("{} ended while {first:?} was waited for", self.name).into());
                }
            }
        }
    }

    /// A line that has come already; empty if there is none.
    pub(crate) fn found(&mut self, first: &str, wanted: impl Fn(&[Word]) -> bool) -> Vec<Word> {
        let at = self.kept.iter().position(|words| words[0].0 == first && wanted(words));
        at.and_then(|at| self.kept.remove(at)).unwrap_or_default()
    }

    /// How many lines of this first word have come and were not asked for; they are forgotten.
    pub(crate) fn forget(&mut self, first: &str) -> Outcome<usize> {
        while let Ok(line) = self.lines.try_recv() {
            self.keep(&line)?;
        }
        let before = self.kept.len();
        self.kept.retain(|words| words[0].0 != first);
        Ok(before - self.kept.len())
    }

    fn keep(&mut self, line: &str) -> Outcome<()> {
        let words: Vec<Word> = line.split_whitespace().map(|word| Word(word.into())).collect();
        if words.first().is_none_or(|first| first.0.starts_with("failed")) {
            return Err(format!("{}: {line}", self.name).into());
        }
        if words[0].0 == "view" {
            self.last_view = words.get(3).map(|word| word.0.clone());
        }
        self.kept.push_back(words);
        Ok(())
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

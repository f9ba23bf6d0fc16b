//! What a client program found out about a server.

use std::process::Command;

use crate::limits::client_wait;
use crate::process::{Finished, Process, ProcessFault};

/// The lines `ok NAME` and `FAIL NAME expected .. got ..` of one client, in order, and how it ended.
#[derive(Debug)]
pub struct Report {
    outcomes: Vec<(String, Outcome)>,
    finished: Finished,
}

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed, for the reason given.
    Failed(String),
}

/// Why a report is not that of a client whose every check passed.
#[derive(Debug, thiserror::Error)]
pub enum ReportFault {
    /// The client did not come to its end.
    #[error(transparent)]
    Process(#[from] ProcessFault),
    /// Some checks failed, or the client ended otherwise than by passing some.
    #[error("client ended with {code:?} and\n{lines}its stderr:\n{stderr}")]
    NotPassed {
        /// The exit code; none if a signal ended it.
        code: Option<i32>,
        /// The lines of the checks that failed; all lines if none did.
        lines: String,
        /// The client's standard error.
        stderr: String,
    },
}

impl Report {
    /// Runs a client to its end.
    ///
    /// # Errors
    /// Those of starting it and of waiting for it `CLIENT_WAIT_MS_MAX`.
    pub fn of(client: Command) -> Result<Self, ProcessFault> {
        Process::start(client)?.wait(client_wait()).map(Self::from)
    }

    /// The checks and how each ended, in the order they ran.
    pub fn outcomes(&self) -> &[(String, Outcome)] {
        &self.outcomes
    }

    /// What the process left behind.
    pub fn finished(&self) -> &Finished {
        &self.finished
    }

    /// The names of the checks that passed.
    pub fn passed(&self) -> impl Iterator<Item = &str> {
        self.outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Passed).map(|(name, _)| name.as_str())
    }

    /// This report again, if there were checks, all passed, and the client ended with 0.
    ///
    /// # Errors
    /// [`ReportFault::NotPassed`] with what failed.
    pub fn all_passed(self) -> Result<Self, ReportFault> {
        let failures = self.outcomes.iter().filter(|(_, outcome)| *outcome != Outcome::Passed).count();
        if failures == 0 && !self.outcomes.is_empty() && self.finished.status.success() {
            return Ok(self);
        }
        let lines = self.finished.stdout.lines().filter(|line| failures == 0 || line.starts_with("FAIL "));
        Err(ReportFault::NotPassed {
            code: self.finished.status.code(),
            lines: lines.map(|line| format!("{line}\n")).collect(),
            stderr: self.finished.stderr.clone(),
        })
    }
}

impl From<Finished> for Report {
    fn from(finished: Finished) -> Self {
        let outcomes = finished.stdout.lines().filter_map(outcome_of).collect();
        Self { outcomes, finished }
    }
}

fn outcome_of(line: &str) -> Option<(String, Outcome)> {
    if let Some(name) = line.strip_prefix("ok ") {
        return Some((name.to_owned(), Outcome::Passed));
    }
    let rest = line.strip_prefix("FAIL ")?;
    let (name, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((name.to_owned(), Outcome::Failed(reason.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(script: &str) -> Report {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Report::of(command).expect("sh is there")
    }

    #[test]
    fn all_checks_must_have_passed() {
        let report = client("echo ok one; echo calling; echo ok two").all_passed().expect("all passed");
        assert_eq!(report.passed().collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn one_failure_fails_and_says_why() {
        let fault = client("echo ok one; echo FAIL two expected 1 got 2; exit 1")
            .all_passed()
            .expect_err("one failed");
        let text = fault.to_string();
        assert!(text.contains("FAIL two expected 1 got 2") && !text.contains("ok one"), "{text}");
    }

    #[test]
    fn silence_and_a_wrong_exit_code_fail_too() {
        assert!(client("exit 0").all_passed().is_err());
        assert!(client("echo ok one; exit 134").all_passed().is_err());
    }
}

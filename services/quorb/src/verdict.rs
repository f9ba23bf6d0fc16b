//! How the program ends when it does not end well.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use crate::output::harmless;

/// Why the program ends with another exit code than 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The request failed; the reason goes to standard error. Exit code 1.
    Failed(String),
    /// The request failed, and the output says so already. Exit code 1.
    Shown,
    /// The command line is wrong in a way that only its execution shows. Exit code 2.
    Misused(String),
}

impl Verdict {
    pub(crate) fn failed(reason: impl Display) -> Verdict {
        Verdict::Failed(reason.to_string())
    }

    pub(crate) fn misused(reason: impl Display) -> Verdict {
        Verdict::Misused(reason.to_string())
    }

    /// The reason in words.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Verdict::Failed(reason) | Verdict::Misused(reason) => reason,
            Verdict::Shown => "",
        }
    }

    /// Says the reason on standard error.
    pub(crate) fn report(self) -> ExitCode {
        let (reason, code) = match self {
            Verdict::Failed(reason) => (reason, 1),
            Verdict::Shown => (String::new(), 1),
            Verdict::Misused(reason) => (reason, 2),
        };
        if !reason.is_empty() {
            // Nobody is left to be told if standard error is closed.
            let lines = reason.lines().map(harmless).collect::<Vec<_>>().join("\n");
            let _ = writeln!(std::io::stderr(), "{lines}");
        }
        ExitCode::from(code)
    }
}

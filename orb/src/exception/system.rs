//! The system exception: kind, minor code, completion and circumstances.

use std::fmt;

use super::{Attempt, Completion, ExceptionKind, Minor, Report, Stage};

/// What a caller can do about an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// The condition passes: the same call may succeed later, if its completion status allows to repeat it.
    Retry,
    /// The reference has served its time: resolve or fetch a fresh one.
    Rebind,
    /// The call itself is wrong: it will fail again until the program or its configuration is changed.
    Fix,
    /// Something is broken that the caller cannot mend: tell its owner.
    Report,
}

/// A system exception: the broker or the system under it failed, not the application.
///
/// Equality compares kind, minor code and completion, which is what programs decide by; the report is for people.
/// Cloning is cheap enough for error paths (it copies the report).
#[derive(Clone)]
pub struct SystemException {
    kind: ExceptionKind,
    minor: Minor,
    completed: Completion,
    report: Option<Box<Report>>,
}

impl SystemException {
    /// An exception of `kind` for the reason `minor`.
    pub fn new(kind: ExceptionKind, minor: Minor, completed: Completion) -> SystemException {
        SystemException { kind, minor, completed, report: None }
    }

    /// The OMG kind.
    pub fn kind(&self) -> ExceptionKind {
        self.kind
    }

    /// The minor code.
    pub fn minor(&self) -> Minor {
        self.minor
    }

    /// Whether the operation was executed: yes, no, or maybe.
    pub fn completed(&self) -> Completion {
        self.completed
    }

    /// What the caller can do about it.
    pub fn advice(&self) -> Advice {
        self.kind.advice()
    }

    /// The circumstances, where they are known.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// Says how far the call had come, unless that is said already.
    pub fn at(mut self, stage: Stage) -> SystemException {
        self.report_mut().stage.get_or_insert(stage);
        self
    }

    /// Adds the cause in words; a cause that is already given stays in front.
    pub fn because(mut self, cause: impl fmt::Display) -> SystemException {
        let detail = &mut self.report_mut().detail;
        match detail {
            Some(text) => text.push_str(&format!(": {cause}")),
            None => *detail = Some(cause.to_string()),
        }
        self
    }

    /// Names the operation, unless one is named already.
    pub fn in_operation(mut self, operation: &str) -> SystemException {
        self.report_mut().operation.get_or_insert_with(|| operation.to_owned());
        self
    }

    /// Adds an address that was tried.
    pub fn tried(mut self, address: impl fmt::Display, outcome: impl fmt::Display) -> SystemException {
        let attempt = Attempt { address: address.to_string(), outcome: outcome.to_string() };
        self.report_mut().attempts.push(attempt);
        self
    }

    /// Puts addresses that were tried earlier in front of those of this exception.
    pub(crate) fn after_attempts(mut self, earlier: Vec<Attempt>) -> SystemException {
        if !earlier.is_empty() {
            self.report_mut().attempts.splice(0..0, earlier);
        }
        self
    }

    /// The same exception with another completion status.
    pub fn with_completion(mut self, completed: Completion) -> SystemException {
        self.completed = completed;
        self
    }

    fn report_mut(&mut self) -> &mut Report {
        self.report.get_or_insert_default()
    }
}

impl PartialEq for SystemException {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, self.minor, self.completed) == (other.kind, other.minor, other.completed)
    }
}

impl Eq for SystemException {}

/// One line: kind, reason, executed or not, stage, addresses, hint.
impl fmt::Display for SystemException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match self.minor.phrase(self.kind) {
            Some(phrase) => write!(f, ": {phrase}")?,
            None => write!(f, " (minor {})", self.minor)?,
        }
        write!(
            f,
            " [executed: {}]",
            match self.completed {
                Completion::Yes => "yes",
                Completion::No => "no",
                Completion::Maybe => "maybe",
            }
        )?;
        if let Some(report) = self.report() {
            write!(f, " {report}")?;
        }
        if let Some(hint) = self.minor.hint(self.kind) {
            write!(f, " (hint: {hint})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SystemException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SystemException({self})")
    }
}

impl std::error::Error for SystemException {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_names_stage_addresses_cause_execution_and_hint() {
        let fault = SystemException::new(ExceptionKind::Transient, Minor::NOT_REACHABLE, Completion::No)
            .at(Stage::Connecting)
            .in_operation("get")
            .tried("native 127.0.0.1:9", "connection refused")
            .tried("iiop 127.0.0.1:9", "connection refused")
            .tried("native 127.0.0.1:9", "connection refused");
        let line = fault.to_string();
        assert_eq!(
            line,
            "TRANSIENT: no endpoint of the reference could be reached [executed: no] while connecting in `get`; \
             tried native 127.0.0.1:9 (connection refused, 2 times); iiop 127.0.0.1:9 (connection refused) (hint: check that \
             the server runs and that the addresses in the reference are reachable from here (`quorb doctor REF`))"
        );
    }

    #[test]
    fn causes_accumulate_and_the_first_stage_stays() {
        let fault = SystemException::new(ExceptionKind::Marshal, Minor(7), Completion::Yes)
            .at(Stage::Decoding)
            .at(Stage::Waiting)
            .because("argument `n`")
            .because("truncated");
        assert_eq!(
            fault.to_string(),
            "MARSHAL (minor 0x00000007) [executed: yes] while decoding the reply: argument `n`: truncated"
        );
    }
}

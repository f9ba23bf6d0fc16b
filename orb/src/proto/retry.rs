//! Whether a call that failed is tried again, by the broker itself.
//!
//! A call is repeated only where that cannot execute an update twice: it was not executed, or it may be executed as often
//! as one likes, or the server that it was sent to remembers it ([reply cache](super::reply_cache)). The first row that
//! fits decides:
//!
//! | # | failure | executed | call | the server is known | decision |
//! |---|---|---|---|---|---|
//! | 1 | lasting | any | any | any | it has failed: it would fail again |
//! | 2 | format refused | any | any | any | the same server, as CBOR |
//! | 3 | any | no | any | any | any server |
//! | 4 | any | yes, maybe | query, idempotent | any | any server |
//! | 5 | broken | yes, maybe | update | yes | the same server |
//! | 6 | any | maybe | update | all remember | any server |
//! | 7 | any | yes, maybe | update, oneway | any | it has failed: it might be executed twice |
//!
//! "Executed" is no, whatever else was said, if the request was not sent completely. "The server is known": it can be
//! reached again in the life that the call was first sent to, and the call has an identity. A reply that says "maybe" is
//! no case for row 5: the server would repeat that very reply. "All remember": the servers of the reference remember
//! together what they have executed, as replicas of one object do, so that any of them can be asked, and one that could not
//! tell says nothing about what another one can.
//!
//! What is decided is done only while attempts and time are left.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::head::{Completion, Delivery};

/// How often and how fast calls are tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryLimits {
    /// Attempts of one call, the first included.
    pub retry_attempts_max: u32,
    /// The wait before the second try; each further one is twice as long.
    pub backoff_first: Duration,
    /// The longest wait.
    pub backoff_max: Duration,
}

impl Default for RetryLimits {
    fn default() -> RetryLimits {
        RetryLimits {
            retry_attempts_max: 5,
            backoff_first: Duration::from_millis(20),
            backoff_max: Duration::from_secs(2),
        }
    }
}

/// What an operation promises to who repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// It only reads.
    Query,
    /// Twice is the same as once.
    Idempotent,
    /// At most once.
    Update,
    /// An update that nobody waits for.
    Oneway,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// No connection came about.
    Unreachable,
    /// The connection ended before the reply was here.
    Broken,
    /// The server replied that it cannot now: overload, a full queue, a holding adapter.
    Transient,
    /// The server replied, or said by draining, that it does not serve the object: another one may.
    NotHere,
    /// The server replied that its interface is another: arguments must be CBOR.
    FormatRefused,
    /// Anything that would happen again, and what the deadline ended.
    Lasting,
}

/// A call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it was.
    pub class: FailureClass,
    /// What is called.
    pub kind: CallKind,
    /// Whether it was executed, as the failure says.
    pub completion: Completion,
    /// How much of the request was sent.
    pub delivery: Delivery,
    /// Whether the server that it was first sent to can be asked again, in the same life, under the same identity.
    pub same_server_known: bool,
    /// Whether all servers of the reference remember together what they have executed.
    pub remembered_by_all: bool,
    /// Attempts so far, this one included: at least 1.
    pub attempts: u32,
    /// What the caller will still wait, if there is a limit.
    pub deadline_left: Option<Duration>,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is tried again.
    Retry {
        /// Where.
        target: Target,
        /// Whether the arguments must be encoded as CBOR this time.
        as_cbor: bool,
        /// When: so long from now.
        after: Duration,
    },
    /// It has failed.
    Fail(Final),
}

/// Where a call is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// At the server that it was first sent to, in the same life, and nowhere else.
    SameServer,
    /// At any endpoint of the reference.
    AnyServer,
}

/// Why a call is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Final {
    /// It would fail again.
    Lasting,
    /// It might be executed twice.
    NotSafe,
    /// It has been tried `retry_attempts_max` times.
    AttemptsUsedUp,
    /// The deadline comes before the next try.
    NoTimeLeft,
}

/// Decides about a call that failed. `random` is any number, drawn anew for each decision; it spreads the retries of many
/// clients over time.
pub fn decide(limits: &RetryLimits, failure: &Failure, random: u64) -> Decision {
    let (target, as_cbor) = match verdict(failure) {
        Verdict::Fail(reason) => return Decision::Fail(reason),
        Verdict::AsCbor => (Target::SameServer, true),
        Verdict::Retry(target) => (target, false),
    };
    if failure.attempts >= limits.retry_attempts_max {
        return Decision::Fail(Final::AttemptsUsedUp);
    }
    let after = if at_once(failure) { Duration::ZERO } else { backoff(limits, failure.attempts, random) };
    if failure.deadline_left.is_some_and(|left| left <= after) {
        return Decision::Fail(Final::NoTimeLeft);
    }
    Decision::Retry { target, as_cbor, after }
}

/// The wait before the next try after `attempts` tries: `backoff_first` doubled with each, at most `backoff_max`; of that,
/// between a half and all, as `random` says.
pub fn backoff(limits: &RetryLimits, attempts: u32, random: u64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    let longest = limits.backoff_first.saturating_mul(1 << doublings).min(limits.backoff_max);
    let half = longest / 2;
    let spread = u64::try_from((longest - half).as_nanos()).unwrap_or(u64::MAX);
    half + Duration::from_nanos(random % spread.saturating_add(1))
}

impl Failure {
    fn memory(&self) -> Option<Memory> {
        match self {
            Failure { remembered_by_all: true, .. } => Some(Memory::Shared),
            Failure { same_server_known: true, .. } => Some(Memory::OfTheFirst),
            _ => None,
        }
    }
}

/// A row of the table; an empty list fits everything.
#[derive(Debug)]
struct Row {
    classes: &'static [FailureClass],
    executed: &'static [Completion],
    kinds: &'static [CallKind],
    memory: Option<Memory>,
    verdict: Verdict,
}

/// Who can tell whether the call was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// The server that it was first sent to.
    OfTheFirst,
    /// Every server of the reference.
    Shared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Retry(Target),
    AsCbor,
    Fail(Final),
}

const ANY: Row =
    Row { classes: &[], executed: &[], kinds: &[], memory: None, verdict: Verdict::Fail(Final::NotSafe) };

const TABLE: [Row; 7] = [
    Row { classes: &[FailureClass::Lasting], verdict: Verdict::Fail(Final::Lasting), ..ANY },
    Row { classes: &[FailureClass::FormatRefused], verdict: Verdict::AsCbor, ..ANY },
    Row { executed: &[Completion::No], verdict: Verdict::Retry(Target::AnyServer), ..ANY },
    Row {
        executed: &[Completion::Yes, Completion::Maybe],
        kinds: &[CallKind::Query, CallKind::Idempotent],
        verdict: Verdict::Retry(Target::AnyServer),
        ..ANY
    },
    Row {
        classes: &[FailureClass::Broken],
        executed: &[Completion::Yes, Completion::Maybe],
        kinds: &[CallKind::Update],
        memory: Some(Memory::OfTheFirst),
        verdict: Verdict::Retry(Target::SameServer),
    },
    Row {
        executed: &[Completion::Maybe],
        kinds: &[CallKind::Update],
        memory: Some(Memory::Shared),
        verdict: Verdict::Retry(Target::AnyServer),
        ..ANY
    },
    Row {
        executed: &[Completion::Yes, Completion::Maybe],
        kinds: &[CallKind::Update, CallKind::Oneway],
        verdict: Verdict::Fail(Final::NotSafe),
        ..ANY
    },
];

impl Row {
    fn fits(&self, failure: &Failure, executed: Completion) -> bool {
        (self.classes.is_empty() || self.classes.contains(&failure.class))
            && (self.executed.is_empty() || self.executed.contains(&executed))
            && (self.kinds.is_empty() || self.kinds.contains(&failure.kind))
            && self.memory.is_none_or(|memory| failure.memory() == Some(memory))
    }
}

fn verdict(failure: &Failure) -> Verdict {
    let executed = match failure.delivery {
        Delivery::NotSent | Delivery::PartlySent => Completion::No,
        Delivery::Sent => failure.completion,
    };
    let row = TABLE.iter().find(|row| row.fits(failure, executed));
    row.unwrap_or(&ANY).verdict
}

/// The first retry goes at once where the failure says nothing about the load of whoever is asked next.
fn at_once(failure: &Failure) -> bool {
    match failure.class {
        FailureClass::FormatRefused => true,
        FailureClass::Unreachable | FailureClass::Broken | FailureClass::NotHere => failure.attempts <= 1,
        FailureClass::Transient | FailureClass::Lasting => false,
    }
}

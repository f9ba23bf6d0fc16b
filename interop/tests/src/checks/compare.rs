//! Equality of IDL values: two values are equal if and only if their CDR images are. This compares the payloads of NaNs,
//! the sign of zero, and the label that a union was read with.

use std::fmt::{Debug, Display};

use quorb::{Completion, ExceptionKind, Fault, SystemException};
use quorb_giop::cdr::{Cdr, Encoder, Endian};

/// How a check ends.
pub(super) type Verdict = Result<(), Mismatch>;

/// A value was not the expected one.
#[derive(Debug, thiserror::Error)]
#[error("expected {expected} got {got}")]
pub(super) struct Mismatch {
    expected: String,
    got: String,
}

impl Mismatch {
    pub(super) fn new(expected: impl Display, got: impl Display) -> Mismatch {
        Mismatch { expected: expected.to_string(), got: got.to_string() }
    }
}

impl<E: Debug> From<Fault<E>> for Mismatch {
    fn from(fault: Fault<E>) -> Mismatch {
        match fault {
            Fault::User(exception) => Mismatch::new("no such exception", format_args!("{exception:?}")),
            Fault::System(exception) => exception.into(),
        }
    }
}

impl From<SystemException> for Mismatch {
    fn from(exception: SystemException) -> Mismatch {
        Mismatch::new("no such exception", describe(&exception))
    }
}

/// Fails unless the two are equal; the message shows the images around the first difference.
pub(super) fn expect_same<T: Cdr>(expected: &T, got: &T) -> Verdict {
    let (left, right) = (image(expected)?, image(got)?);
    if left == right {
        return Ok(());
    }
    let at = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
    let from = at.saturating_sub(16);
    let show = |octets: &[u8]| {
        let shown: String = octets.iter().skip(from).take(48).map(|octet| format!("{octet:02x}")).collect();
        format!("{} octets, at {from} {shown}", octets.len())
    };
    Err(Mismatch::new(show(&left), show(&right)))
}

/// Fails unless two plain values are equal; the message shows them as they are.
pub(super) fn expect_equal<T: PartialEq + Debug>(expected: T, got: T) -> Verdict {
    if expected == got {
        return Ok(());
    }
    Err(Mismatch::new(format_args!("{expected:?}"), format_args!("{got:?}")))
}

/// Fails unless the call raised this exception.
pub(super) fn expect_user<T, E: PartialEq + Debug>(expected: E, got: Result<T, Fault<E>>) -> Verdict {
    match got {
        Err(Fault::User(raised)) => expect_equal(expected, raised),
        Err(Fault::System(exception)) => {
            Err(Mismatch::new(format_args!("{expected:?}"), describe(&exception)))
        }
        Ok(_) => Err(Mismatch::new(format_args!("{expected:?}"), "a result")),
    }
}

/// Fails unless the call raised a system exception of one of these kinds.
pub(super) fn expect_system<T, E: Debug>(
    kinds: &[ExceptionKind],
    got: Result<T, Fault<E>>,
) -> Result<SystemException, Mismatch> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.omg_name()).collect();
    let expected = names.join(" or ");
    match got {
        Err(Fault::System(exception)) if kinds.contains(&exception.kind()) => Ok(exception),
        Err(Fault::System(exception)) => Err(Mismatch::new(expected, describe(&exception))),
        Err(Fault::User(exception)) => Err(Mismatch::new(expected, format_args!("{exception:?}"))),
        Ok(_) => Err(Mismatch::new(expected, "a result")),
    }
}

/// Fails unless the exception says this of the execution.
pub(super) fn expect_completed(expected: Completion, exception: &SystemException) -> Verdict {
    if exception.completed() == expected {
        return Ok(());
    }
    Err(Mismatch::new(format_args!("completion {expected:?}"), describe(exception)))
}

/// One line that holds what programs decide by, and what people read.
pub(super) fn describe(exception: &SystemException) -> String {
    format!(
        "{} minor {} completed {:?}: {exception}",
        exception.kind(),
        exception.minor(),
        exception.completed()
    )
}

fn image<T: Cdr>(value: &T) -> Result<Vec<u8>, Mismatch> {
    let mut out = Encoder::new(Endian::Big);
    match value.encode(&mut out) {
        Ok(()) => Ok(out.into_bytes()),
        Err(cause) => Err(Mismatch::new("a value of its type", cause)),
    }
}

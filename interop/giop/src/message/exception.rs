//! The body of a reply that carries a system exception (CORBA 3.3 Part 2, 9.4.3.2).

use crate::cdr::{Cdr, CdrError, Decoder, Encoder};
use crate::names::RepositoryId;

/// A system exception as it travels. What the ids and minor codes mean is the broker's business.
///
/// ```text
///   u32 len, repository id, NUL | pad to 4 | u32 minor code | u32 completion
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemExceptionBody {
    /// Which exception, such as `IDL:omg.org/CORBA/MARSHAL:1.0`.
    pub exception_id: RepositoryId,
    /// More about the reason; the upper 20 bits say whose list of codes it is from.
    pub minor_code: u32,
    /// Whether the operation was executed.
    pub completion: CompletionStatus,
}

impl Cdr for SystemExceptionBody {
    const SIZE_MIN: usize = 12;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.exception_id.encode(out)?;
        self.minor_code.encode(out)?;
        self.completion.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self {
            exception_id: Cdr::decode(input)?,
            minor_code: Cdr::decode(input)?,
            completion: CompletionStatus(Cdr::decode(input)?),
        })
    }
}

/// Whether a failed operation was executed. Unknown values are kept, and mean [`MAYBE`](Self::MAYBE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CompletionStatus(pub u32);

impl CompletionStatus {
    /// It was executed.
    pub const YES: Self = Self(0);
    /// It was not executed, and will not be.
    pub const NO: Self = Self(1);
    /// Nobody knows.
    pub const MAYBE: Self = Self(2);
}

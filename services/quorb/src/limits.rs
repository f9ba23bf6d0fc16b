//! Every bound of this program, in one place.

use std::time::Duration;

/// The octets of a text that holds a reference: the longest one in hexadecimal, and white space around.
pub(crate) const REFERENCE_TEXT_BYTES_MAX: u64 = 2 * quorb_giop::limits::REFERENCE_BYTES_MAX as u64 + 1024;

/// How deep arguments may nest.
pub(crate) const ARGUMENT_DEPTH_MAX: usize = 64;

/// The columns that a value may fill before it is spread over several lines.
pub(crate) const LINE_COLUMNS_MAX: usize = 100;

/// The time a step of the doctor may take unless `--timeout` says otherwise.
pub(crate) const STEP_WAIT: Duration = Duration::from_secs(5);

/// How long a server may keep silent about octets that it does not understand.
pub(crate) const STRANGER_WAIT_MAX: Duration = Duration::from_secs(1);

/// The places of one reference that the doctor looks at.
pub(crate) const PLACES_MAX: usize = 32;

/// The addresses of one host name that the doctor looks at.
pub(crate) const ADDRESSES_PER_NAME_MAX: usize = 8;

/// The octets that the doctor reads from a server in one exchange.
pub(crate) const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How much of what a server says that is no broker is shown.
pub(crate) const STRANGER_BYTES_SHOWN_MAX: usize = 24;

/// How long connections may take to close when everything is said.
pub(crate) const FAREWELL_WAIT_MAX: Duration = Duration::from_millis(200);

/// How often a verb that waits for a change of the plan of replicas looks at it.
pub(crate) const PLAN_LOOK_EVERY: Duration = Duration::from_millis(100);

/// The contexts that one walk through names enters.
pub(crate) const WALKED_CONTEXTS_MAX: usize = 1_000_000;

/// How long a shell waits for the names that a path can go on with.
pub(crate) const COMPLETION_WAIT_MAX: Duration = Duration::from_secs(1);

/// Names that are offered to a shell at most.
pub(crate) const COMPLETIONS_MAX: usize = 1_000;

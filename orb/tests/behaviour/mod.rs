//! What an object does for its callers, whatever it is and wherever it is: the suite that every way to an object runs, and
//! every kind of object.
//!
//! A behaviour is a function of the way. The programs that take this in say for which ways it holds; a behaviour that a
//! program leaves out is dead code there, which does not compile without a warning.

pub(crate) mod basics;
pub(crate) mod cancel;
pub(crate) mod chains;
pub(crate) mod crowds;
pub(crate) mod deadlines;
pub(crate) mod deferred;
pub(crate) mod drain;
pub(crate) mod limits;
pub(crate) mod oneway;
pub(crate) mod panics;
pub(crate) mod quiet;
pub(crate) mod refusals;
pub(crate) mod resolving;

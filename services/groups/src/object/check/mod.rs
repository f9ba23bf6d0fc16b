//! Checkers: what clients have seen, against what one object could have shown them.

mod counter;

pub use counter::{Call, History, Outcome, Wrong};

//! The procedural macros of Quorb.

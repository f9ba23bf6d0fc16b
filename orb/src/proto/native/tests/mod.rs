//! Tests of the protocol as a whole, and what tests need.

mod dice;

pub(super) use dice::Dice;

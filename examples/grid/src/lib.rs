//! The grid: a table of numbers behind an interface, `grid.idl` as a Rust trait.

pub mod client;
pub mod server;

use quorb::{Exception, interface};

/// A position lies outside of the grid.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:OutOfRange:1.0")]
pub struct OutOfRange {
    /// The row.
    pub n: i16,
    /// The column.
    pub m: i16,
}

/// A table of numbers.
#[interface(id = "IDL:Grid:1.0")]
pub trait Grid {
    /// The number of rows.
    #[attribute]
    fn height(&self) -> i16;

    /// The number of columns.
    #[attribute]
    fn width(&self) -> i16;

    /// Sets the number at row `n` and column `m`, counted from 0.
    fn set(&mut self, n: i16, m: i16, value: i32) -> Result<(), OutOfRange>;

    /// The number at row `n` and column `m`, counted from 0.
    fn get(&self, n: i16, m: i16) -> Result<i32, OutOfRange>;
}

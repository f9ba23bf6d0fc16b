//! The processes of the rows about objects: who serves, and who calls.

pub(crate) mod caller;
pub(crate) mod replica;

use quorb::interface;
use serde::{Deserialize, Serialize};

/// Rows and columns of a grid.
pub(crate) const SIDE: usize = 10;

/// The object.
#[interface]
pub(crate) trait Grid {
    fn get(&self, n: u16, m: u16) -> i32;
    fn set(&mut self, n: u16, m: u16, value: i32);
}

/// Its value.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Board(Vec<i32>);

impl Default for Board {
    fn default() -> Self {
        Self(vec![0; SIDE * SIDE])
    }
}

fn cell(n: u16, m: u16) -> usize {
    (usize::from(n) * SIDE + usize::from(m)) % (SIDE * SIDE)
}

impl Grid for Board {
    fn get(&self, n: u16, m: u16) -> i32 {
        self.0[cell(n, m)]
    }

    fn set(&mut self, n: u16, m: u16, value: i32) {
        self.0[cell(n, m)] = value;
    }
}

//! `Bench::Table`: what benchmarks call.

use std::sync::atomic::{AtomicU64, Ordering};

use quorb::{IdlType, interface};

/// A record of usual size.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Bench/Item:1.0")]
pub struct Item {
    /// A number.
    pub id: u64,
    /// A text.
    pub name: String,
    /// A number with a point.
    pub price: f64,
}

/// Small calls, blocks, records, calls without an answer.
#[interface(id = "IDL:Bench/Table:1.0")]
pub trait Table {
    /// A number out of a table of 100 x 100.
    fn get(&self, n: i16, m: i16) -> i32;
    /// The argument.
    fn echo_octets(&self, value: Vec<u8>) -> Vec<u8>;
    /// The argument.
    fn echo_longs(&self, value: Vec<i32>) -> Vec<i32>;
    /// The argument.
    fn echo_items(&self, value: Vec<Item>) -> Vec<Item>;
    /// Counts one.
    #[oneway]
    #[update]
    fn note(&self, value: i32);
    /// The notes that have arrived since the server began.
    fn noted(&self) -> u64;
}

/// The servant.
#[derive(Debug)]
pub struct Columns {
    cells: Vec<[i32; SIDE]>,
    notes: AtomicU64,
}

const SIDE: usize = 100;

impl Columns {
    /// A table that holds `cell` everywhere.
    pub fn holding(cell: i32) -> Columns {
        Columns { cells: vec![[cell; SIDE]; SIDE], notes: AtomicU64::new(0) }
    }
}

impl Table for Columns {
    fn get(&self, n: i16, m: i16) -> i32 {
        self.cells[n as usize][m as usize]
    }

    fn echo_octets(&self, value: Vec<u8>) -> Vec<u8> {
        value
    }

    fn echo_longs(&self, value: Vec<i32>) -> Vec<i32> {
        value
    }

    fn echo_items(&self, value: Vec<Item>) -> Vec<Item> {
        value
    }

    fn note(&self, _value: i32) {
        self.notes.fetch_add(1, Ordering::Relaxed);
    }

    fn noted(&self) -> u64 {
        self.notes.load(Ordering::Relaxed)
    }
}

//! Interfaces that are written in OMG IDL: the same as handwritten ones, and usable like them.

mod calls;
#[allow(unreachable_pub)] // As it would stand in a library.
mod handwritten;
mod locals;
mod pairs;
mod places;
mod values;

quorb::include_idl!(
    "tests/from_idl/idl/shop.idl",
    include = ["tests/from_idl/idl/std"],
    define = ["ROWS=2"],
    async = [Shop::Till],
    faults = [Shop::Shelf::find, Shop::Till],
);

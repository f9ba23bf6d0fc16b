//! Interfaces as OMG IDL, and back: `idl/*.idl` is what the interfaces of `original` say, and what `include_idl!` makes of it
//! is described as they are.
//!
//! `QUORB_UPDATE_IDL=1 cargo test -p quorb --test to_idl` writes the files anew.

#[allow(unreachable_pub)] // As it would stand in a library.
mod original;
mod texts;

mod again {
    pub(crate) mod depot {
        quorb::include_idl!("tests/to_idl/idl/depot.idl");
    }
    pub(crate) mod echo {
        quorb::include_idl!("tests/to_idl/idl/echo.idl");
    }
}

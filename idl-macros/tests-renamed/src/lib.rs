//! Interfaces and types in a crate that knows the broker under another name, has no prelude, and denies every lint.
//!
//! What is generated here must name everything by absolute paths, use no method of a trait that is not in scope, and be
//! documented.

#![no_implicit_prelude]
#![deny(warnings)]
#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications, unused_results)]
#![deny(single_use_lifetimes, elided_lifetimes_in_paths, trivial_casts, variant_size_differences)]
#![deny(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::panic)]

use ::core::clone::Clone;
use ::core::cmp::PartialEq;
use ::core::default::Default;
use ::core::fmt::Debug;
use ::core::prelude::v1::derive;

/// A place in a grid.
#[derive(Debug, Clone, PartialEq, Default, ::broker::IdlType)]
#[idl(crate = ::broker)]
pub struct Place {
    /// The row.
    #[idl(n = 1)]
    pub row: u16,
    /// The column.
    #[idl(n = 2, default = 1)]
    pub column: u16,
    /// What people call it.
    #[idl(n = 3, default = "nowhere")]
    pub name: ::std::string::String,
}

/// A temperature.
#[derive(Debug, Clone, PartialEq, ::broker::IdlType)]
#[idl(crate = ::broker)]
pub struct Celsius(pub f64);

/// What a cell can hold.
#[derive(Debug, Clone, PartialEq, ::broker::IdlType)]
#[idl(crate = ::broker)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// Text.
    Text(::std::string::String),
    /// Further contents.
    Several(::std::vec::Vec<Content>),
}

/// What a cell costs.
#[derive(Debug, Clone, PartialEq, ::broker::IdlType)]
#[idl(crate = ::broker, switch = i32)]
pub enum Cost {
    /// Nothing.
    #[label(0)]
    Free,
    /// Little.
    #[label(1, 2)]
    Small(i32, u8),
    /// More.
    #[default]
    Large(i32),
}

/// A direction.
#[derive(Debug, Clone, PartialEq, ::broker::IdlType)]
#[idl(crate = ::broker)]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
}

/// There is no such place.
#[derive(Debug, Clone, PartialEq, ::broker::Exception)]
#[idl(crate = ::broker)]
pub struct Nowhere {
    /// The place.
    pub place: Place,
}

/// The place is taken.
#[derive(Debug, Clone, PartialEq, ::broker::Exception)]
#[idl(crate = ::broker)]
pub struct Taken;

/// Why something could not be put.
#[derive(Debug, Clone, PartialEq, ::broker::Exception)]
#[idl(crate = ::broker)]
pub enum Refusal {
    /// There is no such place.
    Nowhere(Nowhere),
    /// The place is taken.
    Taken(Taken),
}

/// What has a name.
#[::broker::interface(crate = ::broker)]
pub trait Named {
    /// The name.
    #[attribute(set)]
    fn name(&self) -> ::std::string::String;
}

/// What can be counted.
#[::broker::interface(crate = ::broker)]
pub trait Counted {
    /// How many there are.
    fn count(&self) -> u32;
}

/// A board with everything that an interface can have.
#[::broker::interface(crate = ::broker)]
pub trait Board: Named + Counted {
    /// The side.
    ///
    /// # Errors
    /// As it likes.
    #[attribute(set)]
    fn side(&self) -> ::core::result::Result<Side, Refusal>;
    /// Puts a content.
    ///
    /// # Errors
    /// As it likes.
    fn put(&mut self, place: &Place, content: Content) -> ::core::result::Result<(), Refusal>;
    /// Gets contents.
    async fn get(
        &self,
        names: &[::std::string::String],
        #[default("all")] filter: &str,
        #[default] cost: bool,
    ) -> (::std::vec::Vec<Content>, Cost);
    /// Moves a place.
    #[blocking]
    fn shift(&mut self, cx: &::broker::Context, place: &mut Place) -> Celsius;
    /// Tells.
    #[oneway]
    fn tell(&self, text: &str);
    /// May fail.
    ///
    /// # Errors
    /// As it likes.
    #[deadline("1s")]
    #[idempotent]
    fn fail(&mut self) -> ::core::result::Result<Outside, ::broker::Fault<Nowhere>>;
}

/// Another name.
pub type Outside = Celsius;

/// The same from IDL.
pub mod from_idl {
    ::broker::idl! {
        #![crate = ::broker, faults = Depot, async = Depot::keep]
        module Store {
            typedef sequence<string> Labels;
            enum Side { LEFT, RIGHT };
            struct Crate { Labels words; Side left; octet marks[4]; };
            union Content switch (long) { case 1: Crate full; case 2: case 3: double part; };
            exception Full { unsigned long most; };
            const long SIZE = 3;
        };
        interface Depot {
            exception Locked {};
            attribute Store::Side side setraises (Locked, Store::Full);
            Store::Content keep(in Store::Labels labels, inout Store::Crate c, out Store::Side side)
                raises (Store::Full, Locked);
            oneway void close(in Depot self);
        };
    }
}

//! `interop/peers/idl/stranger.idl`: what a client believes that was built from another version of the interface.

use quorb::interface;

/// Operations of `Torture::Echo` with other signatures, which servers must refuse.
#[interface(id = "IDL:Stranger/Echo:1.0")]
pub trait Echo {
    /// Unknown to the server.
    fn no_such_operation(&self);
    /// Ends before the length is complete.
    fn echo_string(&self, value: u8) -> String;
    /// May exceed the bound of 8.
    fn echo_short_text(&self, value: &str) -> String;
    /// May exceed the bound of 4.
    fn echo_few_longs(&self, value: &[i32]) -> Vec<i32>;
    /// May be no enumerator.
    fn echo_colour(&self, value: u32) -> u32;
    /// A length with nothing behind it.
    fn echo_octets(&self, value: u32) -> Vec<i32>;
}

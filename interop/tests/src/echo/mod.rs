//! `interop/peers/idl/echo.idl` in Rust: the types, the interfaces as traits, and a servant.
//!
//! On the wire nothing tells these from what an IDL compiler makes of the file: repository ids, names and orders of
//! parameters are the same.

mod bottom;
mod forwarder;
mod gate;
mod interface;
mod reflector;
pub mod stranger;
mod types;

pub use bottom::Bedrock;
pub use forwarder::Forwarder;
pub use interface::{
    Base, BaseProxy, BaseServant, Bottom, BottomProxy, BottomServant, Callback, CallbackProxy,
    CallbackServant, Echo, EchoProxy, EchoServant, Left, LeftProxy, LeftServant, Right, RightProxy,
    RightServant,
};
pub(crate) use reflector::system_exceptions;
pub use reflector::{Ending, Reflector};
pub use types::{
    Choice, Colour, Completion, Either, Entries, FewLongs, Matrix, Plain, Point, Reason, Record, Rich, Shape,
    ShortText,
};

//! Values and their two formats.
//!
//! [`IdlType`] is what a type must be to appear in an interface. It stands on two legs: the
//! [`Cdr`](quorb_giop::cdr::Cdr) trait for CDR, positional and aligned, and `write_cbor`/`read_cbor` for CBOR,
//! self-describing and evolvable. In both, vectors of numbers move as blocks through aliases and nesting, because the
//! element type decides, not the spelling of the container.

mod abstract_reference;
pub(crate) mod any;
mod body;
mod bounded;
mod cbor;
mod collections;
pub(crate) mod derived;
pub mod dynamic;
mod fixed;
mod idl_type;
pub(crate) mod large;
mod long_double;
mod numbers;
pub(crate) mod plain;
mod spare;
pub(crate) mod typecode;
pub mod valuetype;
mod wide;

pub(crate) use abstract_reference::ABSTRACT_BASE_ID;
pub use abstract_reference::{Abstract, AbstractTarget};
pub use any::{Any, AnyError};
pub use body::{Body, BodyError, BodyReader, BodyWriter, Encoding};
pub use bounded::{BString, BVec, BWString, BoundExceeded};
pub(crate) use cbor::CBOR_DEPTH_MAX;
pub use cbor::{AsCbor, CborError, FromCbor, decode_cbor, encode_cbor};
pub use fixed::{Decimal, DecimalError, FIXED_DIGITS_MAX, Fixed};
pub use idl_type::IdlType;
pub use long_double::LongDouble;
pub(crate) use spare::{COPIED_BODY_BYTES_MAX, borrow_body, give_body_back, share_body};
pub use typecode::{TYPECODE_TYPES_MAX, TcKind, TypeCode, TypeCodeError};
pub use valuetype::ValueRef;
pub use wide::{WChar, WString};

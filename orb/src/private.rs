//! What generated code refers to. No part of the public interface: it changes with the macros.

pub use crate::exception::{Fault, Raises, UserException};
pub use crate::model::{
    Behaviour, Case, Direction, Interface, Kind, Member, Operation, Parameter, Signature, TypeCatalogue,
    TypeDef, TypeDesc,
};
pub use crate::value::derived::{
    Cases, Enumerators, MemberKey, Slots, fill_slot, missing_member, read_enumerator, read_record,
    read_union, read_value, unknown_label, write_member, write_union, wrong_label,
};
pub use crate::value::{AsCbor, BodyError, BodyReader, BodyWriter, FromCbor, IdlType};
pub use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
pub use serde;

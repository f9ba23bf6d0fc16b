//! What the derives stand on: the CBOR forms of records, enumerators and unions.
//!
//! A derive emits names, places and types; reading keys, skipping the unknown, and saying what is missing
//! happen here, once.

mod enumeration;
mod record;
mod union;

pub use enumeration::{Enumerators, read_enumerator};
pub use record::{MemberKey, Slots, fill_slot, missing_member, read_record, write_member};
pub use union::{
    Cases, label_name, label_number, read_union, read_value, unknown_label, write_union, wrong_label,
};

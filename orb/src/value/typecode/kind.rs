//! The kinds of type codes and their numbers on the wire.

use std::collections::BTreeMap;

use crate::model::{OpaqueKind, TypeDef, TypeDesc};

/// The kind of a type code: `TCKind` (CORBA 3.3 Part 2, table 9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TcKind(pub u32);

macro_rules! kinds {
    ($($name:ident = $number:literal, $idl:literal;)*) => {
        impl TcKind {
            $(
                #[doc = concat!("`", $idl, "`.")]
                pub const $name: TcKind = TcKind($number);
            )*

            /// The name in the standard; `None` for a number that it does not know.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($idl),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    NULL = 0, "tk_null";
    VOID = 1, "tk_void";
    SHORT = 2, "tk_short";
    LONG = 3, "tk_long";
    USHORT = 4, "tk_ushort";
    ULONG = 5, "tk_ulong";
    FLOAT = 6, "tk_float";
    DOUBLE = 7, "tk_double";
    BOOLEAN = 8, "tk_boolean";
    CHAR = 9, "tk_char";
    OCTET = 10, "tk_octet";
    ANY = 11, "tk_any";
    TYPE_CODE = 12, "tk_TypeCode";
    PRINCIPAL = 13, "tk_Principal";
    OBJREF = 14, "tk_objref";
    STRUCT = 15, "tk_struct";
    UNION = 16, "tk_union";
    ENUM = 17, "tk_enum";
    STRING = 18, "tk_string";
    SEQUENCE = 19, "tk_sequence";
    ARRAY = 20, "tk_array";
    ALIAS = 21, "tk_alias";
    EXCEPT = 22, "tk_except";
    LONGLONG = 23, "tk_longlong";
    ULONGLONG = 24, "tk_ulonglong";
    LONGDOUBLE = 25, "tk_longdouble";
    WCHAR = 26, "tk_wchar";
    WSTRING = 27, "tk_wstring";
    FIXED = 28, "tk_fixed";
    VALUE = 29, "tk_value";
    VALUE_BOX = 30, "tk_value_box";
    NATIVE = 31, "tk_native";
    ABSTRACT_INTERFACE = 32, "tk_abstract_interface";
    LOCAL_INTERFACE = 33, "tk_local_interface";
    COMPONENT = 34, "tk_component";
    HOME = 35, "tk_home";
    EVENT = 36, "tk_event";
}

/// The kinds that are nothing but their number, with their types.
pub(super) const SIMPLE: [(TcKind, TypeDesc); 20] = [
    (TcKind::NULL, TypeDesc::Null),
    (TcKind::VOID, TypeDesc::Void),
    (TcKind::SHORT, TypeDesc::Short),
    (TcKind::LONG, TypeDesc::Long),
    (TcKind::USHORT, TypeDesc::UShort),
    (TcKind::ULONG, TypeDesc::ULong),
    (TcKind::FLOAT, TypeDesc::Float),
    (TcKind::DOUBLE, TypeDesc::Double),
    (TcKind::BOOLEAN, TypeDesc::Boolean),
    (TcKind::CHAR, TypeDesc::Char),
    (TcKind::OCTET, TypeDesc::Octet),
    (TcKind::ANY, TypeDesc::Any),
    (TcKind::TYPE_CODE, TypeDesc::TypeCode),
    (TcKind::PRINCIPAL, TypeDesc::Principal),
    (TcKind::LONGLONG, TypeDesc::LongLong),
    (TcKind::ULONGLONG, TypeDesc::ULongLong),
    (TcKind::LONGDOUBLE, TypeDesc::LongDouble),
    (TcKind::WCHAR, TypeDesc::WChar),
    // IDL before 4.2 has no word for a signed octet; this entry is for writing alone, the first one is read.
    (TcKind::OCTET, TypeDesc::Int8),
    (TcKind::VALUE, TypeDesc::ValueBase),
];

/// The kind of a type. What IDL has no word for is what it is in IDL.
pub(super) fn kind_of(desc: &TypeDesc, definitions: &BTreeMap<String, TypeDef>) -> TcKind {
    match desc {
        TypeDesc::String { .. } => TcKind::STRING,
        TypeDesc::WString { .. } => TcKind::WSTRING,
        TypeDesc::Fixed { .. } => TcKind::FIXED,
        TypeDesc::Sequence { .. } | TypeDesc::Map { .. } => TcKind::SEQUENCE,
        TypeDesc::Array { .. } => TcKind::ARRAY,
        TypeDesc::Optional(_) => TcKind::UNION,
        TypeDesc::Object(_) => TcKind::OBJREF,
        TypeDesc::Abstract(_) => TcKind::ABSTRACT_INTERFACE,
        TypeDesc::Named(id) => definitions.get(id).map_or(TcKind::NULL, kind_of_definition),
        simple => SIMPLE.iter().find(|(_, known)| known == simple).map_or(TcKind::NULL, |(kind, _)| *kind),
    }
}

fn kind_of_definition(definition: &TypeDef) -> TcKind {
    match definition {
        TypeDef::Struct { .. } => TcKind::STRUCT,
        TypeDef::Enum { .. } => TcKind::ENUM,
        TypeDef::Union { .. } => TcKind::UNION,
        TypeDef::Exception { .. } => TcKind::EXCEPT,
        TypeDef::Alias { .. } => TcKind::ALIAS,
        TypeDef::Value { .. } => TcKind::VALUE,
        TypeDef::ValueBox { .. } => TcKind::VALUE_BOX,
        TypeDef::Interface { .. } => TcKind::OBJREF,
        TypeDef::Opaque { kind, .. } => kind_of_opaque(*kind),
    }
}

fn kind_of_opaque(kind: OpaqueKind) -> TcKind {
    match kind {
        OpaqueKind::Native => TcKind::NATIVE,
        OpaqueKind::LocalInterface => TcKind::LOCAL_INTERFACE,
        OpaqueKind::Component => TcKind::COMPONENT,
        OpaqueKind::Home => TcKind::HOME,
    }
}

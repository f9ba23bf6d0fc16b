//! The type system of interfaces, as data.

use serde::{Deserialize, Serialize};

/// A type as it is used by a parameter, a result or a member.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TypeDesc {
    /// `boolean`.
    Boolean,
    /// `octet`.
    Octet,
    /// `octet` that Rust reads as `i8`.
    Int8,
    /// `short`.
    Short,
    /// `long`.
    Long,
    /// `long long`.
    LongLong,
    /// `unsigned short`.
    UShort,
    /// `unsigned long`.
    ULong,
    /// `unsigned long long`.
    ULongLong,
    /// `float`.
    Float,
    /// `double`.
    Double,
    /// `char`.
    Char,
    /// `wchar`.
    WChar,
    /// `string`, with a bound in octets where it has one.
    String {
        /// The largest length in octets.
        bound: Option<u32>,
    },
    /// `wstring`.
    WString,
    /// `sequence`, with a bound in elements where it has one.
    Sequence {
        /// The type of the elements.
        element: Box<TypeDesc>,
        /// The largest number of elements.
        bound: Option<u32>,
    },
    /// A fixed array.
    Array {
        /// The type of the elements.
        element: Box<TypeDesc>,
        /// The number of elements.
        length: u32,
    },
    /// A map; a sequence of key and value in IDL.
    Map {
        /// The type of the keys.
        key: Box<TypeDesc>,
        /// The type of the values.
        value: Box<TypeDesc>,
    },
    /// A value that may be missing; a union switched by boolean in IDL.
    Optional(Box<TypeDesc>),
    /// A reference to an object of the interface with this repository id; `IDL:omg.org/CORBA/Object:1.0` for any object.
    Object(String),
    /// A defined type, by its repository id; the definition is in the catalogue.
    Named(String),
}

/// A member of a struct or exception.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    /// The name.
    pub name: String,
    /// The index that stands for the name in CBOR, where one is given.
    pub index: Option<u32>,
    /// Whether a missing member takes a default when it is read from CBOR.
    pub optional: bool,
    /// The type.
    pub ty: TypeDesc,
}

/// A case of a union.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Case {
    /// The name of the variant.
    pub name: String,
    /// The labels as text (numbers, `true`, `'x'`, enumerator names); empty for the default case.
    pub labels: Vec<String>,
    /// The type of the value; `None` for a case without one.
    pub ty: Option<TypeDesc>,
}

/// A defined type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TypeDef {
    /// `struct`.
    Struct {
        /// The simple name.
        name: String,
        /// The members, in order.
        members: Vec<Member>,
    },
    /// `enum`.
    Enum {
        /// The simple name.
        name: String,
        /// The enumerators, in order.
        enumerators: Vec<String>,
    },
    /// `union`.
    Union {
        /// The simple name.
        name: String,
        /// The type of the discriminator. A union over a generated enum names that enum.
        discriminator: TypeDesc,
        /// The cases, in order.
        cases: Vec<Case>,
    },
    /// `exception`.
    Exception {
        /// The simple name.
        name: String,
        /// The members, in order.
        members: Vec<Member>,
    },
}

impl TypeDef {
    /// The simple name.
    pub fn name(&self) -> &str {
        match self {
            TypeDef::Struct { name, .. }
            | TypeDef::Enum { name, .. }
            | TypeDef::Union { name, .. }
            | TypeDef::Exception { name, .. } => name,
        }
    }
}

//! The type system of interfaces, as data.

use serde::{Deserialize, Serialize};

/// A type as it is used by a parameter, a result or a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// `wstring`, with a bound in characters where it has one.
    WString {
        /// The largest length in characters.
        bound: Option<u32>,
    },
    /// `long double`.
    LongDouble,
    /// `fixed`.
    Fixed {
        /// The digits in all.
        digits: u16,
        /// How many of them stand behind the point.
        scale: i16,
    },
    /// `any`: a value that brings its type.
    Any,
    /// `TypeCode`: a type as a value.
    TypeCode,
    /// Nothing, as the type of an empty `any`.
    Null,
    /// `void`, as the type of an `any` without a value.
    Void,
    /// `Principal`, which CORBA has given up: octets that nobody reads.
    Principal,
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
    /// A reference to an object or a value: an abstract interface, by its repository id;
    /// `IDL:omg.org/CORBA/AbstractBase:1.0` for any.
    Abstract(String),
    /// A value of any value type: `ValueBase`.
    ValueBase,
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

/// What a value type is besides its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueKind {
    /// Nothing special.
    Plain,
    /// It writes and reads its state itself: `custom`.
    Custom,
    /// It has no state and no values of its own: `abstract`.
    Abstract,
    /// Who does not know it may take it for its base: `truncatable`.
    Truncatable,
}

/// A member of the state of a value type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StateMember {
    /// The name.
    pub name: String,
    /// Whether others than the value itself may see it.
    pub public: bool,
    /// The type.
    pub ty: TypeDesc,
}

/// Types that have a name and cross no interface as values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OpaqueKind {
    /// `native`.
    Native,
    /// `local interface`.
    LocalInterface,
    /// `component`.
    Component,
    /// `home`.
    Home,
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
    /// `typedef`: another name for a type.
    Alias {
        /// The simple name.
        name: String,
        /// The type.
        ty: TypeDesc,
    },
    /// `valuetype`.
    Value {
        /// The simple name.
        name: String,
        /// What it is besides its state.
        kind: ValueKind,
        /// The value type whose state comes first, by its repository id.
        base: Option<TypeDesc>,
        /// The state that it adds, in order.
        members: Vec<StateMember>,
    },
    /// A boxed `valuetype`: a value of another type that may be shared or null.
    ValueBox {
        /// The simple name.
        name: String,
        /// The type of the content.
        ty: TypeDesc,
    },
    /// The name of an interface, where its repository id does not end in it.
    Interface {
        /// The simple name.
        name: String,
    },
    /// A type without values that could be sent.
    Opaque {
        /// The simple name.
        name: String,
        /// What it is.
        kind: OpaqueKind,
    },
}

impl TypeDef {
    /// The simple name.
    pub fn name(&self) -> &str {
        match self {
            TypeDef::Struct { name, .. }
            | TypeDef::Enum { name, .. }
            | TypeDef::Union { name, .. }
            | TypeDef::Exception { name, .. }
            | TypeDef::Alias { name, .. }
            | TypeDef::Value { name, .. }
            | TypeDef::ValueBox { name, .. }
            | TypeDef::Interface { name }
            | TypeDef::Opaque { name, .. } => name,
        }
    }
}

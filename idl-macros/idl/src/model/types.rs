//! Types, and values of constants.

use super::{DefinitionId, Fixed};

/// A type of OMG IDL.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// A type that the language has.
    Primitive(Primitive),
    /// `string`, with the most characters it may hold.
    String(Option<u32>),
    /// `wstring`, with the most characters it may hold.
    WString(Option<u32>),
    /// `fixed<digits, scale>`.
    Fixed {
        /// Decimal digits in all.
        digits: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// `sequence`, with the most elements it may hold.
    Sequence(Box<Type>, Option<u32>),
    /// An array, and its dimensions, the outermost first.
    Array(Box<Type>, Vec<u32>),
    /// A type that the source defines.
    Named(DefinitionId),
}

/// The types that the language has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Their names are the language's own.
pub enum Primitive {
    Short,
    Long,
    LongLong,
    UnsignedShort,
    UnsignedLong,
    UnsignedLongLong,
    Float,
    Double,
    LongDouble,
    Char,
    WChar,
    Boolean,
    Octet,
    Any,
    Object,
    ValueBase,
    TypeCode,
    Principal,
    AbstractBase,
}

impl Primitive {
    /// As OMG IDL spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Primitive::Short => "short",
            Primitive::Long => "long",
            Primitive::LongLong => "long long",
            Primitive::UnsignedShort => "unsigned short",
            Primitive::UnsignedLong => "unsigned long",
            Primitive::UnsignedLongLong => "unsigned long long",
            Primitive::Float => "float",
            Primitive::Double => "double",
            Primitive::LongDouble => "long double",
            Primitive::Char => "char",
            Primitive::WChar => "wchar",
            Primitive::Boolean => "boolean",
            Primitive::Octet => "octet",
            Primitive::Any => "any",
            Primitive::Object => "Object",
            Primitive::ValueBase => "ValueBase",
            Primitive::TypeCode => "::CORBA::TypeCode",
            Primitive::Principal => "::CORBA::Principal",
            Primitive::AbstractBase => "::CORBA::AbstractBase",
        }
    }

    /// The least and the greatest value of an integer type, `octet` included.
    pub const fn integer_range(self) -> Option<(i128, i128)> {
        Some(match self {
            Primitive::Short => (i16::MIN as i128, i16::MAX as i128),
            Primitive::Long => (i32::MIN as i128, i32::MAX as i128),
            Primitive::LongLong => (i64::MIN as i128, i64::MAX as i128),
            Primitive::UnsignedShort => (0, u16::MAX as i128),
            Primitive::UnsignedLong => (0, u32::MAX as i128),
            Primitive::UnsignedLongLong => (0, u64::MAX as i128),
            Primitive::Octet => (0, u8::MAX as i128),
            _ => return None,
        })
    }
}

/// A value of a constant, a union's label, or an annotation's argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Of an integer type or `octet`.
    Integer(i128),
    /// Of a floating point type; a `long double` has the precision of a `double` here.
    Float(f64),
    /// Of a fixed-point type.
    Fixed(Fixed),
    /// Of `char`: a character of ISO Latin-1.
    Char(char),
    /// Of `wchar`.
    WChar(char),
    /// Of `boolean`.
    Boolean(bool),
    /// Of a string type.
    String(String),
    /// Of a wide string type.
    WString(String),
    /// An enumerator.
    Enumerator(DefinitionId),
}

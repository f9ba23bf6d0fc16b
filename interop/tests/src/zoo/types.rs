//! The types of module `Zoo`.

use quorb::{Fixed, IdlType, ValueRef};

/// `fixed<9, 3>`.
pub type Price = Fixed<9, 3>;
/// `fixed<4, 0>`.
pub type Even = Fixed<4, 0>;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:Zoo/Colour:1.0")]
pub enum Colour {
    /// Red.
    #[idl(name = "RED")]
    Red,
    /// Green.
    #[idl(name = "GREEN")]
    Green,
    /// Blue.
    #[idl(name = "BLUE")]
    Blue,
}

/// By `unsigned short`.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByUnsignedShort:1.0")]
#[switch(u16)]
pub enum ByUnsignedShort {
    /// One label.
    #[label(65535)]
    #[idl(name = "number")]
    Number(f64),
    /// Every other.
    #[default]
    #[idl(name = "small")]
    Small(u16, u8),
}

/// By `long`.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByLong:1.0")]
#[switch(i32)]
pub enum ByLong {
    /// One label.
    #[label(-7)]
    #[idl(name = "number")]
    Number(f64),
    /// Every other.
    #[default]
    #[idl(name = "small")]
    Small(i32, u8),
}

/// By `unsigned long`.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByUnsignedLong:1.0")]
#[switch(u32)]
pub enum ByUnsignedLong {
    /// One label.
    #[label(4294967295)]
    #[idl(name = "number")]
    Number(f64),
    /// Every other.
    #[default]
    #[idl(name = "small")]
    Small(u32, u8),
}

/// By `long long`.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByLongLong:1.0")]
#[switch(i64)]
pub enum ByLongLong {
    /// One label.
    #[label(-9223372036854775800)]
    #[idl(name = "number")]
    Number(f64),
    /// Every other.
    #[default]
    #[idl(name = "small")]
    Small(i64, u8),
}

/// By `unsigned long long`.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByUnsignedLongLong:1.0")]
#[switch(u64)]
pub enum ByUnsignedLongLong {
    /// One label.
    #[label(9223372036854775807)]
    #[idl(name = "number")]
    Number(f64),
    /// Every other.
    #[default]
    #[idl(name = "small")]
    Small(u64, u8),
}

/// By `boolean`.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByBoolean:1.0")]
#[switch(bool)]
pub enum ByBoolean {
    /// True.
    #[label(true)]
    #[idl(name = "text")]
    Text(String),
    /// False.
    #[label(false)]
    #[idl(name = "number")]
    Number(u8),
}

/// By `char`.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByChar:1.0")]
#[switch(char)]
pub enum ByChar {
    /// Two labels.
    #[label('a', '\'')]
    #[idl(name = "few")]
    Few(char, i32),
    /// Every other.
    #[default]
    #[idl(name = "rest")]
    Rest(char, String),
}

/// By `short`, where not every number has a case.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByShort:1.0")]
#[switch(i16)]
pub enum ByShort {
    /// -1.
    #[label(-1)]
    #[idl(name = "number")]
    Number(f64),
    /// 7.
    #[label(7)]
    #[idl(name = "small")]
    Small(u8),
    /// Every other number, which has no member in IDL.
    #[default]
    #[idl(name = "nothing")]
    Nothing(i16),
}

/// By an enum.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/ByColour:1.0")]
#[switch(Colour)]
pub enum ByColour {
    /// Red.
    #[label(Red)]
    #[idl(name = "number")]
    Number(f64),
    /// Green and blue.
    #[label(Green, Blue)]
    #[idl(name = "text")]
    Text(Colour, String),
}

/// Unions by every switch.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/Unions:1.0")]
#[allow(missing_docs)]
pub struct Unions {
    pub odd: u8,
    pub boolean_switch: ByBoolean,
    pub char_switch: ByChar,
    pub short_switch: ByShort,
    pub unsigned_short_switch: ByUnsignedShort,
    pub long_switch: ByLong,
    pub unsigned_long_switch: ByUnsignedLong,
    pub long_long_switch: ByLongLong,
    pub unsigned_long_long_switch: ByUnsignedLongLong,
    pub colour_switch: ByColour,
}

/// A value.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:Zoo/Point:1.0")]
#[allow(missing_docs)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

/// A value that may be taken for its base.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, truncatable, id = "IDL:Zoo/Named:1.0")]
#[allow(missing_docs)]
pub struct Named {
    #[idl(base)]
    pub point: Point,
    pub name: String,
}

/// A value that may refer to itself.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:Zoo/Link:1.0")]
#[allow(missing_docs)]
pub struct Link {
    pub label: String,
    pub next: Option<ValueRef<Link>>,
    pub twin: Option<ValueRef<Link>>,
}

/// A boxed value.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:Zoo/Text:1.0")]
pub struct Text(pub String);

/// A value that is described.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:Zoo/Note:1.0")]
pub struct Note {
    /// What it says.
    pub text: String,
}

/// Values that are shared among members.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/Basket:1.0")]
#[allow(missing_docs)]
pub struct Basket {
    pub odd: u8,
    pub first: Option<ValueRef<Point>>,
    pub number: f64,
    pub second: Option<ValueRef<Point>>,
    pub labels: Vec<Option<ValueRef<Text>>>,
    pub chain: Vec<Option<ValueRef<Link>>>,
}

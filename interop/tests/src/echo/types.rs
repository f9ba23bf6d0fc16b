//! The types and exceptions of module `Torture`.

use std::collections::BTreeMap;

use quorb::{BString, BVec, Exception, IdlType};

/// `string<8>`.
pub type ShortText = BString<8>;

/// `sequence<long, 4>`.
pub type FewLongs = BVec<i32, 4>;

/// `long Matrix[3][2]`.
pub type Matrix = [[i32; 2]; 3];

/// A map of which IDL knows the entries.
pub type Entries = BTreeMap<String, i32>;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:Torture/Colour:1.0")]
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

/// A structure with a hole of four octets.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Torture/Point:1.0")]
pub struct Point {
    /// Across.
    pub x: i32,
    /// Up.
    pub y: f64,
}

/// Members of all alignments in turn.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Torture/Record:1.0")]
pub struct Record {
    /// One octet.
    pub tag: u8,
    /// Text.
    pub name: String,
    /// A structure.
    pub at: Point,
    /// One octet that is 0 or 1.
    pub visible: bool,
    /// Numbers as a block.
    pub values: Vec<i32>,
    /// An enumerator.
    pub paint: Colour,
    /// Texts.
    pub notes: Vec<String>,
    /// Two octets.
    pub rank: i16,
    /// Eight octets.
    pub serial: u64,
}

/// A union over an enum of its own cases, one of them without a value.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Torture/Shape:1.0")]
pub enum Shape {
    /// Nothing but the discriminator.
    #[idl(name = "SHAPE_EMPTY")]
    Empty,
    /// Its radius.
    #[idl(name = "SHAPE_CIRCLE")]
    Circle(f64),
    /// Its text.
    #[idl(name = "SHAPE_LABEL")]
    Label(String),
    /// A record.
    #[idl(name = "SHAPE_FULL")]
    Full(Record),
}

/// A union whose variants keep the label that was read where several mean the same variant.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Torture/Choice:1.0")]
#[switch(i32)]
pub enum Choice {
    /// Label 1 or 2.
    #[label(1, 2)]
    Few(i32, String),
    /// Label -7.
    #[label(-7)]
    Blob(Vec<u8>),
    /// Any other label.
    #[default]
    Other(i32, i16),
}

/// An exception without members.
#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:Torture/Plain:1.0")]
pub struct Plain;

/// An exception with a text.
#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:Torture/Reason:1.0")]
pub struct Reason {
    /// The text.
    pub text: String,
}

/// An exception with everything.
#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:Torture/Rich:1.0")]
pub struct Rich {
    /// A text.
    pub text: String,
    /// Numbers.
    pub values: Vec<i32>,
    /// A structure.
    pub at: Point,
    /// An enumerator.
    pub paint: Colour,
    /// Records.
    pub group: Vec<Record>,
    /// One octet.
    pub tag: u8,
}

/// What `raise_either` raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum Either {
    /// [`Plain`].
    Plain(Plain),
    /// [`Reason`].
    Reason(Reason),
    /// [`Rich`].
    Rich(Rich),
}

/// A completion status, as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:Torture/Completion:1.0")]
pub enum Completion {
    /// It was executed.
    #[idl(name = "DONE_YES")]
    Yes,
    /// It was not executed.
    #[idl(name = "DONE_NO")]
    No,
    /// Nobody knows.
    #[idl(name = "DONE_MAYBE")]
    Maybe,
}

impl From<Completion> for quorb::Completion {
    fn from(completion: Completion) -> Self {
        match completion {
            Completion::Yes => quorb::Completion::Yes,
            Completion::No => quorb::Completion::No,
            Completion::Maybe => quorb::Completion::Maybe,
        }
    }
}

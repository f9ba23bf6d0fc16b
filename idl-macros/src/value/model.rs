//! A type or exception as the derives understand it.

use proc_macro2::TokenStream;
use syn::{Expr, Ident, Path, Type};

use crate::repository_id::RepositoryId;
use crate::runtime::Runtime;

/// A type under `#[derive(IdlType)]`, or an exception struct under `#[derive(Exception)]`.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) runtime: Runtime,
    pub(crate) ident: Ident,
    pub(crate) id: RepositoryId,
    /// The simple name in IDL.
    pub(crate) name: String,
    /// Whether serde's traits are implemented too.
    pub(crate) serde: bool,
    /// Whether an exception shows itself by its members.
    pub(crate) display: bool,
    pub(crate) shape: Shape,
}

/// What kind of type it is.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A struct of one unnamed field: another name for its type.
    Alias(Box<Type>),
    /// A struct or exception.
    Record(Vec<Member>),
    /// An enum without values.
    Enumeration(Vec<Enumerator>),
    /// An enum with values.
    Union(Union),
    /// A struct that is passed by reference: a value type.
    Value(ValueType),
}

/// A value type.
#[derive(Debug)]
pub(crate) struct ValueType {
    pub(crate) kind: ValueKind,
    pub(crate) state: ValueState,
}

/// What a value type is besides its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Plain,
    /// It may be taken for its base.
    Truncatable,
    /// It writes and reads its state itself.
    Custom,
}

/// The state of a value type.
#[derive(Debug)]
pub(crate) enum ValueState {
    /// A box: one unnamed field.
    Content(Box<Type>),
    /// Members, the base among them.
    Members(Vec<Member>),
}

/// A member of a struct or exception.
#[derive(Debug)]
pub(crate) struct Member {
    /// The field, named or counted.
    pub(crate) field: syn::Member,
    /// The name in IDL and CBOR.
    pub(crate) name: String,
    /// The index that stands for the name in CBOR.
    pub(crate) index: Option<u32>,
    pub(crate) ty: Type,
    pub(crate) missing: Missing,
    /// Whether it is the base of a value type.
    pub(crate) is_base: bool,
    /// Whether it is a private member of a value type.
    pub(crate) is_private: bool,
}

/// What happens when a member is missing in CBOR.
#[derive(Debug)]
pub(crate) enum Missing {
    /// It is an error.
    Refused,
    /// An `Option` is `None`.
    Nothing,
    /// `Default::default()`.
    OfType,
    /// An expression.
    Given(Box<Expr>),
}

/// An enumerator.
#[derive(Debug)]
pub(crate) struct Enumerator {
    pub(crate) ident: Ident,
    /// The name in IDL and CBOR.
    pub(crate) name: String,
}

/// A union.
#[derive(Debug)]
pub(crate) struct Union {
    pub(crate) switch: Switch,
    pub(crate) cases: Vec<Case>,
}

/// The discriminator of a union.
#[derive(Debug, Clone)]
pub(crate) enum Switch {
    /// An enum of the variants' names.
    Generated,
    /// A number, boolean or character.
    Typed(SwitchType),
}

/// The simple name of the enum that is generated for a union of this name.
pub(crate) fn switch_name(union: &str) -> String {
    format!("{union}Switch")
}

/// The type of a discriminator.
#[derive(Debug, Clone)]
pub(crate) struct SwitchType {
    /// The type as it is written: `i32`.
    pub(crate) name: String,
    pub(crate) kind: SwitchKind,
    /// The type at the user's place.
    pub(crate) path: Path,
}

/// The kinds of types that can be discriminators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SwitchKind {
    /// A number, with the least and the greatest one.
    Number(i128, i128),
    /// `bool`.
    Boolean,
    /// `char`.
    Character,
    /// `WChar`.
    Wide,
    /// An enum with a type of its own.
    Enumeration,
}

/// A case of a union.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) ident: Ident,
    /// The name in IDL and CBOR.
    pub(crate) name: String,
    /// The labels; empty for a case of a generated switch and for a bare default.
    pub(crate) labels: Vec<Label>,
    pub(crate) is_default: bool,
    pub(crate) value: Option<Type>,
}

impl Case {
    /// Whether the first field keeps the label, since the variant alone does not tell it.
    pub(crate) fn keeps_label(&self) -> bool {
        self.is_default || self.labels.len() > 1
    }
}

/// A label of a case.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    /// The label as a pattern and as an expression.
    pub(crate) tokens: TokenStream,
    pub(crate) value: LabelValue,
}

/// The value of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LabelValue {
    Number(i128),
    Boolean(bool),
    Character(char),
    /// The variant of an enum; what it is called in IDL, only the enum knows.
    Enumerator(String),
}

impl std::fmt::Display for LabelValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LabelValue::Number(number) => number.fmt(f),
            LabelValue::Boolean(boolean) => boolean.fmt(f),
            LabelValue::Character(character) => write!(f, "{character:?}"),
            LabelValue::Enumerator(name) => f.write_str(name),
        }
    }
}

//! Definitions and their parts.

use std::sync::Arc;

use super::{DefinitionId, Literal, Type};
use crate::source::Place;

/// Something with a scoped name.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The last part of its scoped name, without the underscore of an escape.
    pub name: Arc<str>,
    /// What it stands in; none outside of all modules.
    pub parent: Option<DefinitionId>,
    /// Where its name stands.
    pub place: Place,
    /// Its repository id (CORBA 3.3 Part 1, 14.7). Empty for enumerators, which have none.
    pub repository_id: String,
    /// Its annotations, in the order of the source.
    pub annotations: Vec<Annotation>,
    /// What it is.
    pub kind: DefinitionKind,
}

/// What a definition is.
#[derive(Debug, Clone, PartialEq)]
pub enum DefinitionKind {
    /// A module.
    Module,
    /// An interface.
    Interface(Interface),
    /// A valuetype with state or operations.
    Value(Value),
    /// A value box, and the type in it.
    ValueBox(Type),
    /// A structure, and its members.
    Struct(Vec<Member>),
    /// A union.
    Union(Union),
    /// An enumeration.
    Enum(Enum),
    /// A value of the enumeration, and its place among them from 0.
    Enumerator(DefinitionId, u32),
    /// An exception, and its members.
    Exception(Vec<Member>),
    /// A constant.
    Constant(Constant),
    /// A `typedef`.
    Alias(Type),
    /// A native type.
    Native,
    /// An operation.
    Operation(Operation),
    /// An attribute.
    Attribute(Attribute),
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Interface {
    /// Which kind of interface.
    pub flavour: InterfaceFlavour,
    /// False if it is declared and never defined.
    pub defined: bool,
    /// The interfaces it inherits directly.
    pub bases: Vec<DefinitionId>,
    /// What it defines, in the order of the source: types, constants, exceptions, operations, attributes.
    pub body: Vec<DefinitionId>,
}

/// Which kind of interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InterfaceFlavour {
    /// Its objects may be anywhere.
    #[default]
    Unconstrained,
    /// An object or a value, decided at run time.
    Abstract,
    /// Its objects never leave their process.
    Local,
}

/// A valuetype.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Value {
    /// Which kind of valuetype.
    pub flavour: ValueFlavour,
    /// False if it is declared and never defined.
    pub defined: bool,
    /// Whether a receiver that knows the base alone may take the value as the base.
    pub truncatable: bool,
    /// The valuetypes it inherits, the one with state first.
    pub bases: Vec<DefinitionId>,
    /// The interfaces it supports.
    pub supports: Vec<DefinitionId>,
    /// What it defines beside state and factories, in the order of the source.
    pub body: Vec<DefinitionId>,
    /// Its state.
    pub state: Vec<StateMember>,
    /// Its factories.
    pub factories: Vec<Factory>,
}

/// Which kind of valuetype.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValueFlavour {
    /// Its state travels as the language says.
    #[default]
    Plain,
    /// Its implementation marshals it.
    Custom,
    /// It has no state.
    Abstract,
}

/// A member of a valuetype's state.
#[derive(Debug, Clone, PartialEq)]
pub struct StateMember {
    /// Whether users of the value see it.
    pub public: bool,
    /// Its name and type.
    pub member: Member,
}

/// A factory of a valuetype.
#[derive(Debug, Clone, PartialEq)]
pub struct Factory {
    /// Its name.
    pub name: Arc<str>,
    /// Its parameters, all `in`.
    pub parameters: Vec<Parameter>,
    /// The exceptions it raises.
    pub raises: Vec<DefinitionId>,
}

/// A member of a structure, an exception or a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// Where its name stands.
    pub place: Place,
}

/// A union.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// False while only declared.
    pub defined: bool,
    /// The type of the discriminator.
    pub discriminator: Type,
    /// The cases, in the order of the source.
    pub cases: Vec<UnionCase>,
}

/// A case of a union.
#[derive(Debug, Clone, PartialEq)]
pub struct UnionCase {
    /// Its labels.
    pub labels: Vec<Literal>,
    /// Whether `default` is among its labels.
    pub is_default: bool,
    /// Its member.
    pub member: Member,
}

/// An enumeration.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// Its values, each a definition in the enumeration's own scope.
    pub enumerators: Vec<DefinitionId>,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Its type. A `fixed` constant has the digits of its value.
    pub ty: Type,
    /// Its value.
    pub value: Literal,
}

/// An operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Whether nobody waits for it.
    pub oneway: bool,
    /// What it returns; none is `void`.
    pub returns: Option<Type>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The exceptions it raises.
    pub raises: Vec<DefinitionId>,
    /// The names of its context.
    pub context: Vec<String>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Which way it goes.
    pub direction: Direction,
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// Where its name stands.
    pub place: Place,
}

/// Which way a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the caller.
    In,
    /// To the caller.
    Out,
    /// Both ways.
    InOut,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Whether it can be read alone.
    pub readonly: bool,
    /// Its type.
    pub ty: Type,
    /// The exceptions of reading it.
    pub get_raises: Vec<DefinitionId>,
    /// The exceptions of writing it.
    pub set_raises: Vec<DefinitionId>,
}

/// An annotation as it is written (IDL 4.2, 7.4.15). Its arguments are not resolved: any tool may give names to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// Its name, with `::` between the parts.
    pub name: String,
    /// The text between its parentheses, tokens separated by blanks; none without parentheses.
    pub arguments: Option<String>,
}

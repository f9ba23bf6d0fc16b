//! The syntax tree: what a file says, before names mean anything.

use std::sync::Arc;

use crate::lex::TokenKind;
use crate::model::{Annotation, Direction, InterfaceFlavour, ValueFlavour};
use crate::preprocess::EventKind;
use crate::source::Span;

/// An identifier where it is declared or used.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) text: Arc<str>,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) struct ScopedName {
    pub(crate) absolute: bool,
    pub(crate) parts: Vec<Name>,
}

impl ScopedName {
    pub(crate) fn span(&self) -> Span {
        let (first, last) = (&self.parts[0], &self.parts[self.parts.len() - 1]);
        first.span.to(last.span)
    }
}

/// Something that stands in a file, a module, an interface or a valuetype.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) kind: DeclarationKind,
}

#[derive(Debug)]
pub(crate) enum DeclarationKind {
    Module {
        name: Name,
        body: Vec<Declaration>,
    },
    Interface(InterfaceSyntax),
    Value(ValueSyntax),
    ValueBox {
        name: Name,
        ty: TypeSpec,
    },
    Type(TypeDeclaration),
    StructForward(Name),
    UnionForward(Name),
    Typedef {
        ty: TypeSpec,
        declarators: Vec<Declarator>,
    },
    Exception {
        name: Name,
        members: Vec<MemberSyntax>,
    },
    Constant {
        name: Name,
        ty: TypeSpec,
        value: Expression,
    },
    Native(Name),
    Operation(OperationSyntax),
    Attribute(AttributeSyntax),
    State {
        public: bool,
        member: MemberSyntax,
    },
    Factory {
        name: Name,
        parameters: Vec<ParameterSyntax>,
        raises: Vec<ScopedName>,
    },
    TypeId {
        name: ScopedName,
        id: String,
        span: Span,
    },
    TypePrefix {
        name: ScopedName,
        prefix: String,
        span: Span,
    },
    Import {
        span: Span,
    },
    /// A name that exists and that nothing can be done with: reported where it is declared.
    Unsupported(Name),
    Event {
        kind: EventKind,
        span: Span,
    },
}

#[derive(Debug)]
pub(crate) struct InterfaceSyntax {
    pub(crate) name: Name,
    pub(crate) flavour: InterfaceFlavour,
    pub(crate) bases: Vec<ScopedName>,
    /// None is a forward declaration.
    pub(crate) body: Option<Vec<Declaration>>,
}

#[derive(Debug)]
pub(crate) struct ValueSyntax {
    pub(crate) name: Name,
    pub(crate) flavour: ValueFlavour,
    pub(crate) truncatable: Option<Span>,
    pub(crate) bases: Vec<ScopedName>,
    pub(crate) supports: Vec<ScopedName>,
    pub(crate) body: Option<Vec<Declaration>>,
}

/// A type that is declared where it stands, perhaps inside of a member's type.
#[derive(Debug)]
pub(crate) enum TypeDeclaration {
    Struct { name: Name, members: Vec<MemberSyntax> },
    Union { name: Name, discriminator: Box<TypeSpec>, cases: Vec<CaseSyntax> },
    Enum { name: Name, enumerators: Vec<Name> },
}

impl TypeDeclaration {
    pub(crate) fn name(&self) -> &Name {
        match self {
            TypeDeclaration::Struct { name, .. }
            | TypeDeclaration::Union { name, .. }
            | TypeDeclaration::Enum { name, .. } => name,
        }
    }
}

#[derive(Debug)]
pub(crate) struct TypeSpec {
    pub(crate) span: Span,
    pub(crate) kind: TypeKind,
}

#[derive(Debug)]
pub(crate) enum TypeKind {
    Primitive(crate::model::Primitive),
    String {
        wide: bool,
        bound: Option<Box<Expression>>,
    },
    /// Without digits it is the type of a constant.
    Fixed(Option<Box<(Expression, Expression)>>),
    Sequence {
        element: Box<TypeSpec>,
        bound: Option<Box<Expression>>,
    },
    Named(ScopedName),
    Declared(Box<TypeDeclaration>),
}

#[derive(Debug)]
pub(crate) struct Declarator {
    pub(crate) name: Name,
    pub(crate) dimensions: Vec<Expression>,
}

#[derive(Debug)]
pub(crate) struct MemberSyntax {
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) ty: TypeSpec,
    pub(crate) declarators: Vec<Declarator>,
}

#[derive(Debug)]
pub(crate) struct CaseSyntax {
    /// None is `default`.
    pub(crate) labels: Vec<(Option<Expression>, Span)>,
    pub(crate) member: MemberSyntax,
}

#[derive(Debug)]
pub(crate) struct OperationSyntax {
    pub(crate) name: Name,
    pub(crate) oneway: Option<Span>,
    pub(crate) returns: Option<TypeSpec>,
    pub(crate) parameters: Vec<ParameterSyntax>,
    pub(crate) raises: Vec<ScopedName>,
    pub(crate) context: Vec<(String, Span)>,
}

#[derive(Debug)]
pub(crate) struct ParameterSyntax {
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) direction: Direction,
    pub(crate) ty: TypeSpec,
    pub(crate) name: Name,
}

#[derive(Debug)]
pub(crate) struct AttributeSyntax {
    pub(crate) readonly: bool,
    pub(crate) ty: TypeSpec,
    pub(crate) names: Vec<Name>,
    pub(crate) get_raises: Vec<ScopedName>,
    pub(crate) set_raises: Vec<ScopedName>,
}

#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) span: Span,
    pub(crate) kind: ExpressionKind,
}

#[derive(Debug)]
pub(crate) enum ExpressionKind {
    Literal(TokenKind),
    Boolean(bool),
    Name(ScopedName),
    Unary(&'static str, Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
}

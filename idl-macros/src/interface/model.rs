//! An interface as the macro understands it. The renderer sees nothing else.

use std::time::Duration;

use syn::{Attribute, Expr, Ident, ItemTrait, Path, Signature, Type, Visibility};

use crate::repository_id::RepositoryId;
use crate::runtime::Runtime;
use crate::wire_type::is_stream;

/// An interface.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) runtime: Runtime,
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) id: RepositoryId,
    /// The simple name in IDL.
    pub(crate) name: String,
    /// The function that answers what is declared beside the interface.
    pub(crate) declarations: Option<Path>,
    pub(crate) bases: Vec<Base>,
    /// Operations and attributes in the order of declaration, a setter behind its getter.
    pub(crate) operations: Vec<Operation>,
    /// The methods that are no operations because of a mistake.
    pub(crate) unfinished: Vec<Signature>,
    /// The user's trait without the attributes that are ours.
    pub(crate) contract: ItemTrait,
}

/// A base interface: a supertrait.
#[derive(Debug)]
pub(crate) struct Base {
    /// The trait.
    pub(crate) path: Path,
    /// Its proxy: the same path with `Proxy` behind the last name.
    pub(crate) proxy: Path,
    /// The method of a derived proxy that answers the base's proxy: `as_grid`.
    pub(crate) cast: Ident,
}

/// What an operation is to its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An operation.
    Plain,
    /// Reads an attribute.
    Getter,
    /// Writes an attribute; its trait method is generated.
    Setter,
}

/// How a servant's method takes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// `&self`.
    Shared,
    /// `&mut self`.
    Exclusive,
}

/// What an operation does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Query,
    Update,
    ConcurrentUpdate,
}

/// Where a servant's method runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Execution {
    /// Where the call arrives: a plain `fn`.
    Immediate,
    /// On the blocking pool.
    Blocking,
    /// As a future.
    Async,
}

/// An operation, or one half of an attribute.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) ident: Ident,
    /// The name on the wire: `get`, `_get_height`.
    pub(crate) wire: String,
    pub(crate) role: Role,
    /// The user's attributes that proxies share: documentation, deprecation.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) receiver: Receiver,
    pub(crate) kind: Kind,
    pub(crate) execution: Execution,
    /// The type of the first parameter if it is the call's context.
    pub(crate) context: Option<Type>,
    pub(crate) parameters: Vec<Parameter>,
    /// Parameters and outs in the order of IDL, which is that of the reply.
    pub(crate) order: Vec<Place>,
    pub(crate) returns: Returns,
    pub(crate) oneway: bool,
    pub(crate) idempotent: bool,
    pub(crate) cancellable: bool,
    pub(crate) deadline: Option<Duration>,
    pub(crate) replies: Replies,
}

/// Whose replies a call of an object group waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Replies {
    #[default]
    First,
    Majority,
    All,
    AtLeast(u32),
}

/// A place in IDL's list of parameters.
#[derive(Debug)]
pub(crate) enum Place {
    /// A parameter of the method, by its index.
    Parameter(usize),
    /// An out: an element of the result tuple behind the first.
    Out {
        /// Which of the outs.
        index: usize,
        /// The name in IDL.
        name: String,
        ty: Box<Type>,
    },
}

/// How a parameter is passed.
#[derive(Debug)]
pub(crate) enum Passing {
    /// `T`.
    Owned,
    /// `&str`.
    Text,
    /// `&[T]`, with its element type.
    Slice(Box<Type>),
    /// `&T`.
    Borrowed,
    /// `&mut T`: there and back.
    InOut,
}

/// A parameter on the wire.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    /// The name in IDL.
    pub(crate) wire: String,
    pub(crate) passing: Passing,
    /// The type as the user writes it.
    pub(crate) written: Type,
    /// The type a servant decodes: owned.
    pub(crate) owned: Type,
    pub(crate) default: Option<DefaultValue>,
}

impl Parameter {
    pub(crate) fn is_inout(&self) -> bool {
        matches!(self.passing, Passing::InOut)
    }
}

/// What a missing value becomes.
#[derive(Debug, Clone)]
pub(crate) enum DefaultValue {
    /// `Default::default()`.
    OfType,
    /// An expression.
    Given(Box<Expr>),
}

/// What a method returns on success.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nothing.
    Nothing,
    /// A result.
    Single(Type),
    /// `(result, out, ...)`; `None` for a result of `()`.
    WithOuts(Option<Type>, Vec<Type>),
}

/// What a method declares to raise.
#[derive(Debug, Clone)]
pub(crate) enum Raised {
    /// It returns its outcome as it is.
    Nothing,
    /// `Result<T, E>`.
    Exception(Type),
    /// `Result<T, Fault<E>>`: an exception or a system exception.
    Fault(Type),
    /// `Result<T, Fault>`: a system exception only.
    SystemOnly,
}

/// The return type, taken apart.
#[derive(Debug)]
pub(crate) struct Returns {
    pub(crate) outcome: Outcome,
    /// The outcome's type as the user writes it; `()` where nothing is written.
    pub(crate) written: Type,
    pub(crate) raised: Raised,
    /// The second argument of `Result` as the user writes it.
    pub(crate) error: Option<Type>,
}

impl Operation {
    pub(crate) fn is_deprecated(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.path().is_ident("deprecated"))
    }

    /// Whether it has a stream among its parameters, or as its result.
    pub(crate) fn has_stream(&self) -> bool {
        let result = match &self.returns.outcome {
            Outcome::Single(ty) => is_stream(ty),
            _ => false,
        };
        result || self.parameters.iter().any(|parameter| is_stream(&parameter.owned))
    }

    /// What a reply carries behind the result, in order.
    pub(crate) fn returned(&self) -> impl Iterator<Item = Returned<'_>> {
        let mut inouts = 0..;
        self.order.iter().filter_map(move |place| match place {
            Place::Parameter(index) => {
                let parameter = self.parameters.get(*index).filter(|parameter| parameter.is_inout())?;
                Some(Returned::InOut(inouts.next()?, parameter))
            }
            Place::Out { index, name, ty } => Some(Returned::Out(*index, name, ty)),
        })
    }

    pub(crate) fn inouts(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.is_inout())
    }
}

/// A value of a reply that is not the result.
#[derive(Debug)]
pub(crate) enum Returned<'a> {
    /// What comes back in a `&mut` parameter: which of these, and the parameter.
    InOut(usize, &'a Parameter),
    /// An out: which of the outs, its name in IDL and its type.
    Out(usize, &'a str, &'a Type),
}

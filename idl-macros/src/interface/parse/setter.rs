//! Setters: what `#[attribute(set, ...)]` says, and the operation that comes of it.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Meta, Token, Type};

use super::returns;
use crate::interface::model::{
    Kind, Operation, Outcome, Parameter, Passing, Place, Raised, Receiver, Returns, Role,
};
use crate::sink::Sink;
use crate::spelling::{joined, plain};

/// How a setter differs from the usual one.
#[derive(Debug, Default)]
pub(super) struct Setter {
    /// It takes `&self`: the servant locks for itself.
    shared: bool,
    /// What it raises, if not what the getter raises; `()` is nothing.
    raises: Option<Type>,
}

/// One word in the parentheses.
enum Word {
    Set,
    Shared,
    Raises(Box<Type>),
}

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> syn::Result<Word> {
        let word: Ident = input.parse()?;
        match word.to_string().as_str() {
            "set" => Ok(Word::Set),
            "shared" => Ok(Word::Shared),
            "raises" => {
                input.parse::<Token![=]>()?;
                Ok(Word::Raises(input.parse()?))
            }
            _ => Err(syn::Error::new(word.span(), "")),
        }
    }
}

/// The setter that `#[attribute]` or `#[attribute(set, shared, raises = E)]` declares.
pub(super) fn setter(attribute: &Attribute, sink: &mut Sink) -> Option<Setter> {
    let list = match &attribute.meta {
        Meta::Path(_) => return None,
        Meta::List(list) => list.parse_args_with(Punctuated::<Word, Token![,]>::parse_terminated).ok(),
        Meta::NameValue(_) => None,
    };
    let mut words = list.into_iter().flatten();
    if !matches!(words.next(), Some(Word::Set)) {
        sink.at(
            &attribute.meta,
            "an attribute is read-only, `#[attribute]`, or has a setter too, `#[attribute(set)]`; a setter that takes \
             `&self` is `#[attribute(set, shared)]`, one that raises something else `#[attribute(set, raises = E)]`",
        );
        return None;
    }
    let mut setter = Setter::default();
    for word in words {
        match word {
            Word::Set => {}
            Word::Shared => setter.shared = true,
            Word::Raises(error) => setter.raises = Some(*error),
        }
    }
    Some(setter)
}

/// The setter of an attribute: `set_name(&mut self, value: T)`, raising what the getter raises unless `setter` says more.
pub(super) fn setter_of(getter: &Operation, setter: &Setter, sink: &mut Sink) -> Option<Operation> {
    let Outcome::Single(ty) = &getter.returns.outcome else { return None };
    let value = Parameter {
        ident: Ident::new("value", Span::call_site()),
        wire: "value".to_owned(),
        passing: Passing::Owned,
        written: ty.clone(),
        owned: ty.clone(),
        default: None,
    };
    let name = plain(&getter.ident);
    let documentation = format!("Sets what [`{name}`](Self::{name}) reads.");
    let mut attributes = getter.attributes.clone();
    attributes.retain(|attribute| attribute.path().is_ident("deprecated"));
    attributes.push(syn::parse_quote!(#[doc = #documentation]));
    let (raised, error) = match &setter.raises {
        None => (getter.returns.raised.clone(), getter.returns.error.clone()),
        Some(Type::Tuple(nothing)) if nothing.elems.is_empty() => (Raised::Nothing, None),
        Some(error) => (returns::raised(error, sink)?, Some(error.clone())),
    };
    let (receiver, kind) = match setter.shared {
        true => (Receiver::Shared, Kind::ConcurrentUpdate),
        false => (Receiver::Exclusive, Kind::Update),
    };
    Some(Operation {
        ident: joined("set_", &getter.ident, ""),
        wire: getter.wire.replacen("_get_", "_set_", 1),
        role: Role::Setter,
        attributes,
        receiver,
        kind,
        execution: getter.execution,
        context: getter.context.clone(),
        parameters: vec![value],
        order: vec![Place::Parameter(0)],
        returns: Returns { outcome: Outcome::Nothing, written: syn::parse_quote!(()), raised, error },
        oneway: false,
        idempotent: getter.idempotent,
        cancellable: getter.cancellable,
        deadline: getter.deadline,
        replies: getter.replies,
    })
}

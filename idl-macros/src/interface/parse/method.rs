//! A method: an operation, or an attribute with its getter and setter.

use quote::quote;
use syn::{FnArg, Signature, TraitItemFn, Type};

use super::markers::{Markers, take_markers};
use super::order::order;
use super::parameters::parameters;
use super::returns::returns;
use super::setter::Setter;
use crate::interface::model::{
    Execution, Kind, Operation, Outcome, Parameter, Receiver, Replies, Returns, Role,
};
use crate::sink::Sink;
use crate::spelling::{check_idl_name, plain};
use crate::wire_type::is_stream;

/// Reads a method and takes our attributes off it; also answers the setter, if it is an attribute that has one.
///
/// `None` if it cannot be an operation, which is noted.
pub(super) fn operation(
    method: &mut TraitItemFn,
    interface: &str,
    sink: &mut Sink,
) -> Option<(Operation, Option<Setter>)> {
    let before = sink.count();
    let markers = take_markers(&mut method.attrs, sink);
    refuse_unsupported_form(&method.sig, sink);
    let receiver = receiver(&method.sig, sink);
    let parameters = parameters(&mut method.sig, interface, sink);
    let returns = returns(&method.sig.output, interface, sink);
    let wire = wire_name(&method.sig.ident, &markers, sink);
    let (receiver, returns) = (receiver?, returns?);
    let kind = kind(receiver, &method.sig, &markers, sink);
    let execution = execution(&method.sig, &markers, sink);
    let order = order(markers.parameters.as_ref(), &parameters.on_wire, &returns.outcome, sink);
    check_oneway(&method.sig, &markers, &parameters.on_wire, &returns, sink);
    check_replies(&markers, &parameters.on_wire, &returns, sink);
    check_streams(&markers, &parameters.on_wire, &returns, sink);
    check_attribute(&method.sig, &markers, &parameters.on_wire, &returns, sink);
    if sink.count() > before {
        return None;
    }
    let is_shared = |attribute: &&syn::Attribute| {
        attribute.path().is_ident("doc") || attribute.path().is_ident("deprecated")
    };
    let operation = Operation {
        ident: method.sig.ident.clone(),
        wire,
        role: if markers.attribute.is_some() { Role::Getter } else { Role::Plain },
        attributes: method.attrs.iter().filter(is_shared).cloned().collect(),
        receiver,
        kind,
        execution,
        context: parameters.context,
        parameters: parameters.on_wire,
        order,
        returns,
        oneway: markers.oneway.is_some(),
        idempotent: markers.idempotent.is_some(),
        cancellable: markers.cancellable.is_some(),
        deadline: markers.deadline,
        replies: markers.replies.as_ref().map_or(Replies::First, |(_, replies)| *replies),
    };
    Some((operation, markers.setter))
}

fn refuse_unsupported_form(signature: &Signature, sink: &mut Sink) {
    let generics = &signature.generics;
    if !generics.params.is_empty() {
        sink.at(
            &generics.params,
            "an operation has no type, lifetime or constant parameters, since it has one form on the wire: name the \
             types and leave out the lifetimes",
        );
    }
    if let Some(clause) = &generics.where_clause {
        sink.at(clause, "an operation has no where clause: ask it of the servant's own type");
    }
    if let Some(keyword) = &signature.unsafety {
        sink.at(
            keyword,
            "an operation cannot be `unsafe`: its callers are elsewhere and can promise nothing",
        );
    }
    if let Some(keyword) = &signature.constness {
        sink.at(keyword, "an operation cannot be `const`: it runs in another process");
    }
    if let Some(abi) = &signature.abi {
        sink.at(abi, "an operation has no calling convention of its own: leave it out");
    }
}

fn receiver(signature: &Signature, sink: &mut Sink) -> Option<Receiver> {
    const ADVICE: &str = "take `&self` to read the object, or `&mut self` to change it";
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first() else {
        sink.at(
            &signature.ident,
            format_args!(
                "an operation is called on an object: {ADVICE}, or move the function out of the trait"
            ),
        );
        return None;
    };
    let Some((_, lifetime)) = &receiver.reference else {
        let message = if receiver.colon_token.is_some() {
            format!("a caller holds a reference, not the object itself: {ADVICE}")
        } else {
            format!("a call cannot consume the object, which others hold too: {ADVICE}")
        };
        sink.at(receiver, message);
        return None;
    };
    if let Some(lifetime) = lifetime {
        sink.at(lifetime, "an operation borrows the object for the call only: leave the lifetime out");
    }
    Some(if receiver.mutability.is_some() { Receiver::Exclusive } else { Receiver::Shared })
}

fn wire_name(ident: &syn::Ident, markers: &Markers, sink: &mut Sink) -> String {
    let (name, span) = match &markers.name {
        Some(literal) => (literal.value(), literal.span()),
        None => (plain(ident), ident.span()),
    };
    if name.starts_with('_') {
        sink.at_span(
            span,
            format_args!(
                "`{name}` starts with `_`, which the wire keeps for attributes (`_get_height`): use `#[attribute]`, or \
                 another name"
            ),
        );
    } else {
        check_idl_name(&name, span, sink);
    }
    if markers.attribute.is_some() { format!("_get_{name}") } else { name }
}

fn kind(receiver: Receiver, signature: &Signature, markers: &Markers, sink: &mut Sink) -> Kind {
    match (receiver, &markers.update, &markers.query) {
        (_, Some(_), Some(query)) => {
            sink.at(query, "an operation is a query or an update, not both: keep one")
        }
        (Receiver::Exclusive, Some(update), None) => {
            sink.at(
                update,
                "`&mut self` says that already: leave out `#[update]`, or take `&self` and lock inside",
            );
        }
        (Receiver::Exclusive, None, Some(query)) => {
            sink.at(query, "a query leaves the object as it is: take `&self`, or leave out `#[query]`");
        }
        _ => {}
    }
    if let (Some(_), Some(update)) = (&markers.attribute, &markers.update) {
        sink.at(
            update,
            format_args!("reading an attribute is a query: make `{}` an operation", signature.ident),
        );
    }
    match (receiver, &markers.update) {
        (Receiver::Exclusive, _) => Kind::Update,
        (Receiver::Shared, Some(_)) => Kind::ConcurrentUpdate,
        (Receiver::Shared, None) => Kind::Query,
    }
}

fn execution(signature: &Signature, markers: &Markers, sink: &mut Sink) -> Execution {
    if let (Some(blocking), Some(_)) = (&markers.blocking, signature.asyncness) {
        sink.at(blocking, "an `async fn` must not block: leave out `#[blocking]`, or write a plain `fn`");
    }
    if let (Some(cancellable), None) = (&markers.cancellable, signature.asyncness) {
        sink.at(
            cancellable,
            "only an `async fn` can be stopped on its way: write `async fn`, or leave out `#[cancellable]`",
        );
    }
    match (signature.asyncness, &markers.blocking) {
        (Some(_), _) => Execution::Async,
        (None, Some(_)) => Execution::Blocking,
        (None, None) => Execution::Immediate,
    }
}

fn check_oneway(
    signature: &Signature,
    markers: &Markers,
    parameters: &[Parameter],
    returns: &Returns,
    sink: &mut Sink,
) {
    let Some(oneway) = &markers.oneway else { return };
    if markers.attribute.is_some() {
        sink.at(oneway, "an attribute is read, so its caller waits: leave out `#[oneway]`");
    } else if !matches!(returns.outcome, Outcome::Nothing) || returns.error.is_some() {
        sink.at(
            &signature.output,
            "nobody waits for a `#[oneway]` operation: it can have no result and raise nothing; leave out the return \
             type or `#[oneway]`",
        );
    }
    for parameter in parameters.iter().filter(|parameter| parameter.is_inout()) {
        sink.at(
            &parameter.written,
            "nothing comes back from a `#[oneway]` operation: take the value, not `&mut`",
        );
    }
}

fn check_replies(markers: &Markers, parameters: &[Parameter], returns: &Returns, sink: &mut Sink) {
    let Some((reply, _)) = &markers.replies else { return };
    let is_stream_result = matches!(&returns.outcome, Outcome::Single(ty) if is_stream(ty));
    if markers.oneway.is_some() {
        sink.at(reply, "nobody waits for the replies of a `#[oneway]` operation: leave out one of the two");
    } else if is_stream_result || parameters.iter().any(|parameter| is_stream(&parameter.owned)) {
        sink.at(
            reply,
            "a stream goes to one member, and comes from one: leave out `#[reply(..)]`, or pass the octets as `Vec<u8>`",
        );
    }
}

fn check_streams(markers: &Markers, parameters: &[Parameter], returns: &Returns, sink: &mut Sink) {
    for parameter in parameters.iter().filter(|parameter| is_stream(&parameter.owned)) {
        if markers.oneway.is_some() {
            sink.at(
                &parameter.written,
                "nobody waits for a `#[oneway]` operation, and a stream is read as long as its call goes on: leave out \
                 `#[oneway]`, or take the octets as `Vec<u8>`",
            );
        }
        if parameter.default.is_some() {
            sink.at(&parameter.written, "a stream has no default: leave it out, or pass an empty one");
        }
    }
    if let (Some(_), Outcome::Single(ty)) = (&markers.attribute, &returns.outcome)
        && is_stream(ty)
    {
        sink.at(ty, "an attribute is a value, and a stream is read once: make it an operation");
    }
}

fn check_attribute(
    signature: &Signature,
    markers: &Markers,
    parameters: &[Parameter],
    returns: &Returns,
    sink: &mut Sink,
) {
    let Some(attribute) = &markers.attribute else { return };
    if let Some(FnArg::Receiver(receiver)) =
        signature.inputs.first().filter(|_| takes_itself_mutably(signature))
    {
        sink.at(
            receiver,
            "an attribute is read through `&self`; its setter is generated by `#[attribute(set)]`",
        );
    }
    for parameter in parameters {
        let (ident, ty) = (&parameter.ident, &parameter.written);
        sink.at(
            quote!(#ident: #ty),
            "an attribute has no parameters: make it an operation by leaving out `#[attribute]`",
        );
    }
    match &returns.outcome {
        Outcome::Single(_) => {}
        Outcome::Nothing => {
            sink.at(
                attribute,
                "an attribute has a value: return its type, or make it an operation by leaving this out",
            );
        }
        Outcome::WithOuts(..) => sink.at(&returns.written, "an attribute has one value: return a struct"),
    }
}

fn takes_itself_mutably(signature: &Signature) -> bool {
    matches!(signature.receiver(), Some(receiver) if receiver.mutability.is_some() && !is_by_value(&receiver.ty))
}

fn is_by_value(ty: &Type) -> bool {
    !matches!(ty, Type::Reference(_))
}

//! Parameters: how they are passed, and what they become on the wire.

use quote::ToTokens;
use syn::{Attribute, FnArg, Meta, Pat, PatIdent, PatType, Signature, Type, TypeReference};

use crate::interface::model::{DefaultValue, Parameter, Passing};
use crate::setting::take_idl_settings;
use crate::sink::Sink;
use crate::spelling::{RESERVED_PREFIX, check_idl_name, plain};
use crate::wire_type::{check_type, is_context, is_stream, ungrouped};

/// The parameters of a method, and the type of the context if it takes one.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) context: Option<Type>,
    pub(super) on_wire: Vec<Parameter>,
}

/// Reads the parameters behind the receiver, and takes our attributes off them.
pub(super) fn parameters(signature: &mut Signature, interface: &str, sink: &mut Sink) -> Parameters {
    let mut parameters = Parameters::default();
    let mut place = 0;
    for input in &mut signature.inputs {
        let FnArg::Typed(typed) = input else { continue };
        if is_context(&typed.ty) {
            if place == 0 {
                refuse_attributes(&typed.attrs, sink);
                parameters.context = Some((*typed.ty).clone());
            } else {
                sink.at(&*typed, "the context must be the first parameter, and there is one: `fn f(&self, cx: &Context, ..)`");
            }
        } else {
            parameters.on_wire.extend(parameter(typed, interface, sink));
        }
        place += 1;
    }
    if let Some(variadic) = &signature.variadic {
        sink.at(variadic, "an operation has a fixed number of parameters: pass a `Vec`");
    }
    refuse_default_in_the_middle(&parameters.on_wire, sink);
    refuse_equal_names(&parameters.on_wire, sink);
    parameters
}

fn parameter(typed: &mut PatType, interface: &str, sink: &mut Sink) -> Option<Parameter> {
    let before = sink.count();
    let name = take_idl_settings(&mut typed.attrs, &["name"], sink).first().and_then(|name| name.text(sink));
    let default = take_default(&mut typed.attrs, sink);
    refuse_attributes(&typed.attrs, sink);
    let ident = match &*typed.pat {
        Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, .. }) => ident.clone(),
        Pat::Wild(wild) => {
            sink.at(wild, "the parameter needs a name, which is part of the interface");
            return None;
        }
        pattern => {
            sink.at(pattern, "a parameter is a plain name: take the pattern apart in the implementation");
            return None;
        }
    };
    if plain(&ident).starts_with(RESERVED_PREFIX) {
        sink.at(
            &ident,
            format_args!(
                "names that start with `{RESERVED_PREFIX}` are reserved for generated code: rename it"
            ),
        );
    }
    let (wire, span) = match &name {
        Some(literal) => (literal.value(), literal.span()),
        None => (plain(&ident).trim_start_matches('_').to_owned(), ident.span()),
    };
    check_idl_name(&wire, span, sink);
    let (passing, owned) = passing(&typed.ty, interface, sink)?;
    if let (Passing::InOut, Some((attribute, _))) = (&passing, &default) {
        sink.at(
            attribute,
            "a parameter that comes back cannot have a default: the caller's variable is its value",
        );
    }
    let written = (*typed.ty).clone();
    let default = default.map(|(_, value)| value);
    (sink.count() == before).then_some(Parameter { ident, wire, passing, written, owned, default })
}

/// How a parameter of type `ty` is passed, and the type to decode it as.
fn passing(ty: &Type, interface: &str, sink: &mut Sink) -> Option<(Passing, Type)> {
    let before = sink.count();
    let ty = ungrouped(ty);
    let Type::Reference(reference) = ty else {
        if !is_stream(ty) {
            check_type(ty, "a parameter", Some(interface), sink);
        }
        return (sink.count() == before).then(|| (Passing::Owned, ty.clone()));
    };
    if let Some(lifetime) = reference.lifetime.as_ref().filter(|lifetime| lifetime.ident != "_") {
        sink.at(lifetime, "an argument lives as long as the call: leave the lifetime out");
        return None;
    }
    let (passing, owned) =
        if reference.mutability.is_some() { inout(reference, sink)? } else { borrowed(reference) };
    let element = match &passing {
        Passing::Slice(element) => element,
        _ => &*reference.elem,
    };
    if !matches!(passing, Passing::Text) {
        check_type(element, "a parameter", Some(interface), sink);
    }
    (sink.count() == before).then_some((passing, owned))
}

fn inout(reference: &TypeReference, sink: &mut Sink) -> Option<(Passing, Type)> {
    let message = match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => {
            "`&mut str` cannot take another text: use `&mut String`".to_owned()
        }
        Type::Slice(slice) => {
            let element = slice.elem.to_token_stream();
            format!("`&mut [{element}]` cannot take another number of elements: use `&mut Vec<{element}>`")
        }
        element => return Some((Passing::InOut, element.clone())),
    };
    sink.at(reference, message);
    None
}

fn borrowed(reference: &TypeReference) -> (Passing, Type) {
    match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => {
            (Passing::Text, syn::parse_quote!(::std::string::String))
        }
        Type::Slice(slice) => {
            let element = &slice.elem;
            (Passing::Slice(element.clone()), syn::parse_quote!(::std::vec::Vec<#element>))
        }
        element => (Passing::Borrowed, element.clone()),
    }
}

fn take_default(attributes: &mut Vec<Attribute>, sink: &mut Sink) -> Option<(Attribute, DefaultValue)> {
    let place = attributes.iter().position(|attribute| attribute.path().is_ident("default"))?;
    let attribute = attributes.remove(place);
    let value = match &attribute.meta {
        Meta::Path(_) => DefaultValue::OfType,
        Meta::List(list) => DefaultValue::Given(Box::new(sink.take(list.parse_args())?)),
        Meta::NameValue(_) => {
            sink.at(&attribute.meta, "write the default in parentheses: `#[default(10)]`");
            return None;
        }
    };
    Some((attribute, value))
}

fn refuse_attributes(attributes: &[Attribute], sink: &mut Sink) {
    for attribute in attributes {
        if attribute.path().is_ident("doc") {
            sink.at(attribute, "parameters have no documentation of their own: describe them on the method");
        } else if !["allow", "expect", "warn"].iter().any(|known| attribute.path().is_ident(known)) {
            sink.at(attribute, "only `#[default]`, `#[default(value)]` and `#[idl(name = \"...\")]` can stand on a parameter");
        }
    }
}

fn refuse_default_in_the_middle(parameters: &[Parameter], sink: &mut Sink) {
    let Some(last_needed) = parameters.iter().rposition(|parameter| parameter.default.is_none()) else {
        return;
    };
    for parameter in parameters[..last_needed].iter().filter(|parameter| parameter.default.is_some()) {
        sink.at(
            &parameter.ident,
            format_args!(
                "only trailing parameters can have a default: `{}` behind it has none",
                parameters[last_needed].ident
            ),
        );
    }
}

fn refuse_equal_names(parameters: &[Parameter], sink: &mut Sink) {
    for (place, parameter) in parameters.iter().enumerate() {
        if parameters[..place].iter().any(|earlier| earlier.wire.eq_ignore_ascii_case(&parameter.wire)) {
            sink.at(
                &parameter.ident,
                format_args!(
                    "two parameters are called `{}` in IDL, which ignores case: rename one",
                    parameter.wire
                ),
            );
        }
    }
}

//! The order of the parameters in IDL, where it is not that of the method: `#[parameters(..)]`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Token, Type};

use crate::interface::model::{Outcome, Parameter, Place};
use crate::sink::Sink;
use crate::spelling::{check_idl_name, listed, plain};

/// The places of an operation: as the attribute lists them, or all outs behind the method's own parameters.
pub(super) fn order(
    attribute: Option<&Attribute>,
    parameters: &[Parameter],
    outcome: &Outcome,
    sink: &mut Sink,
) -> Vec<Place> {
    let outs = match outcome {
        Outcome::WithOuts(_, outs) => outs.as_slice(),
        Outcome::Nothing | Outcome::Single(_) => &[],
    };
    match attribute {
        Some(attribute) => as_listed(attribute, parameters, outs, sink),
        None => {
            let out = |(index, ty): (usize, &Type)| Place::Out {
                index,
                name: format!("out{}", index + 1),
                ty: Box::new(ty.clone()),
            };
            let outs = outs.iter().enumerate().map(out);
            (0..parameters.len()).map(Place::Parameter).chain(outs).collect()
        }
    }
}

fn as_listed(attribute: &Attribute, parameters: &[Parameter], outs: &[Type], sink: &mut Sink) -> Vec<Place> {
    let parsed = attribute.parse_args_with(|input: ParseStream<'_>| {
        Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
    });
    let Some(names) = sink.take(parsed) else { return Vec::new() };
    let mut places = Vec::new();
    let (mut named_outs, mut last) = (0, None);
    for (at, ident) in names.iter().enumerate() {
        let name = plain(ident);
        check_idl_name(&name, ident.span(), sink);
        if names.iter().take(at).any(|earlier| plain(earlier).eq_ignore_ascii_case(&name)) {
            sink.at(
                ident,
                format_args!("two parameters are called `{name}` in IDL, which ignores case: rename one"),
            );
            continue;
        }
        match parameters.iter().position(|parameter| parameter.wire == name) {
            Some(index) => {
                if last.is_some_and(|last| index < last) {
                    sink.at(
                        ident,
                        format_args!("`{name}` stands earlier in the method: write both in the same order"),
                    );
                }
                last = Some(index);
                places.push(Place::Parameter(index));
            }
            None => {
                // One too many has no type, and is noted below.
                let out = outs.get(named_outs).map(|ty| Place::Out {
                    index: named_outs,
                    name,
                    ty: Box::new(ty.clone()),
                });
                places.extend(out);
                named_outs += 1;
            }
        }
    }
    let is_listed = |index: &usize| {
        places.iter().any(|place| matches!(place, Place::Parameter(listed) if listed == index))
    };
    let missing: Vec<&str> = (0..parameters.len())
        .filter(|index| !is_listed(index))
        .map(|index| parameters[index].wire.as_str())
        .collect();
    if !missing.is_empty() {
        sink.at(attribute, format_args!("the list names all parameters, and lacks {}", listed(&missing)));
    } else if named_outs != outs.len() {
        sink.at(
            attribute,
            format_args!(
                "what is no parameter of the method is an out, an element of the result tuple behind the first: the \
                 method has {} of them, and the list names {named_outs}",
                outs.len()
            ),
        );
    }
    places
}

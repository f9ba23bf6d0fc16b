//! How the values of an operation are written and read, on either side.
//!
//! The order on the wire: a request carries the parameters, a reply the result, then what comes back in `&mut` parameters,
//! then the outs (the metadata lists outs behind the other parameters).

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, Type};

use crate::interface::model::{DefaultValue, Operation, Outcome, Parameter, Passing};

/// How a proxy reads a reply.
pub(super) struct Reply {
    /// The closure that reads the values.
    pub(super) read: TokenStream,
    /// What the closure answers, as a pattern; used where values come back in parameters.
    pub(super) pattern: TokenStream,
    /// The assignments to `&mut` parameters, if there are any.
    pub(super) assign: Option<TokenStream>,
    /// The outcome.
    pub(super) value: TokenStream,
}

/// The closure of a proxy that writes the arguments.
pub(super) fn write_request(operation: &Operation, private: &TokenStream) -> TokenStream {
    let count = operation.parameters.len();
    let puts = operation.parameters.iter().map(|parameter| {
        // The type is written out so that the compiler complains about it where the user wrote it.
        let (ident, ty) = (&parameter.ident, &parameter.owned);
        match &parameter.passing {
            Passing::Owned => quote!(__w.put::<#ty>(&#ident)?;),
            Passing::Text => quote!(__w.put_str(#ident)?;),
            Passing::Slice(element) => quote!(__w.put_slice::<#element>(#ident)?;),
            Passing::Borrowed => quote!(__w.put::<#ty>(#ident)?;),
            Passing::InOut => quote!(__w.put::<#ty>(&*#ident)?;),
        }
    });
    writer(private, quote!(), count, quote!(#(#puts)*))
}

/// The closure of a skeleton that writes the outcome of a method.
pub(super) fn write_reply(operation: &Operation, private: &TokenStream) -> TokenStream {
    let inouts = operation.inouts().count();
    let outcome = if inouts == 0 { quote!(__value) } else { quote!(__value.0) };
    let element = |place: usize| {
        let place = Literal::usize_unsuffixed(place);
        quote!(&#outcome.#place)
    };
    let (result, outs): (Option<Written<'_>>, Vec<Written<'_>>) = match &operation.returns.outcome {
        Outcome::Nothing => (None, Vec::new()),
        Outcome::Single(ty) if inouts == 0 => (Some((ty, quote!(__value))), Vec::new()),
        Outcome::Single(ty) => (Some((ty, quote!(&#outcome))), Vec::new()),
        Outcome::WithOuts(result, outs) => {
            let outs = outs.iter().zip(1..).map(|(ty, place)| (ty, element(place))).collect();
            (result.as_ref().map(|ty| (ty, element(0))), outs)
        }
    };
    let returned = operation.inouts().zip(1..).map(|(parameter, place)| {
        let place = Literal::usize_unsuffixed(place);
        (&parameter.owned, quote!(&__value.#place))
    });
    let values: Vec<Written<'_>> = result.into_iter().chain(returned).chain(outs).collect();
    let puts = values.iter().map(|(ty, value)| quote!(__w.put::<#ty>(#value)?;));
    let value = if values.is_empty() { quote!(_,) } else { quote!(__value,) };
    writer(private, value, values.len(), quote!(#(#puts)*))
}

/// A value of a reply: its type, and a reference to it.
type Written<'a> = (&'a Type, TokenStream);

fn writer(private: &TokenStream, first: TokenStream, count: usize, puts: TokenStream) -> TokenStream {
    quote! {
        |#first __w: &mut #private::BodyWriter| -> ::core::result::Result<(), #private::BodyError> {
            __w.items(#count);
            #puts
            ::core::result::Result::Ok(())
        }
    }
}

/// The closure of a skeleton that reads the arguments, as a tuple in the order of the parameters.
pub(super) fn read_request(operation: &Operation, private: &TokenStream) -> TokenStream {
    let values = operation.parameters.iter().map(|parameter| {
        let (name, ty) = (&parameter.wire, &parameter.owned);
        match &parameter.default {
            None => quote!(__r.next::<#ty>(#name)?),
            Some(default) => {
                let default = default_value(parameter, default);
                quote!(__r.next_or::<#ty>(#name, || ::core::option::Option::Some(#default))?)
            }
        }
    });
    reader(private, operation.parameters.is_empty(), quote!(), quote!((#(#values,)*)))
}

fn default_value(parameter: &Parameter, default: &DefaultValue) -> TokenStream {
    let ty = &parameter.owned;
    match default {
        DefaultValue::OfType => quote!(<#ty as ::core::default::Default>::default()),
        DefaultValue::Given(value) => match (&**value, &parameter.passing) {
            // Borrowed parameters are decoded as owned values, and a text literal is meant to become a `String`.
            (_, Passing::Text | Passing::Slice(_))
            | (syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(_), .. }), _) => {
                quote!(<#ty as ::core::convert::From<_>>::from(#value))
            }
            _ => quote!(#value),
        },
    }
}

/// The closure of a proxy that reads the reply, and what to do with the values.
pub(super) fn read_reply(operation: &Operation, private: &TokenStream) -> Reply {
    let next = |ty: &Type, name: &str| quote!(__r.next::<#ty>(#name)?);
    let returned: Vec<(Ident, &Parameter)> = operation
        .inouts()
        .enumerate()
        .map(|(place, parameter)| (format_ident!("__returned_{place}"), parameter))
        .collect();
    let mut reads: Vec<TokenStream> = returned
        .iter()
        .map(|(variable, parameter)| {
            let value = next(&parameter.owned, &parameter.wire);
            quote!(let #variable = #value;)
        })
        .collect();
    let result = format_ident!("__result");
    let outcome = match &operation.returns.outcome {
        Outcome::Nothing => quote!(()),
        Outcome::Single(ty) => {
            let value = next(ty, "result");
            reads.insert(0, quote!(let #result = #value;));
            quote!(#result)
        }
        Outcome::WithOuts(ty, outs) => {
            if let Some(ty) = ty {
                let value = next(ty, "result");
                reads.insert(0, quote!(let #result = #value;));
            }
            let first = if ty.is_some() { quote!(#result) } else { quote!(()) };
            let variables: Vec<Ident> =
                (1..=outs.len()).map(|place| format_ident!("__out_{place}")).collect();
            for (variable, (place, ty)) in variables.iter().zip((1..).zip(outs)) {
                let value = next(ty, &out_name(place));
                reads.push(quote!(let #variable = #value;));
            }
            quote!((#first, #(#variables),*))
        }
    };
    let variables = returned.iter().map(|(variable, _)| variable);
    let tuple = if returned.is_empty() { outcome } else { quote!((#outcome, #(#variables),*)) };
    let assignments = returned.iter().map(|(variable, Parameter { ident, .. })| quote!(*#ident = #variable;));
    let variables = returned.iter().map(|(variable, _)| variable);
    Reply {
        assign: (!returned.is_empty()).then(|| quote!(#(#assignments)*)),
        pattern: quote!((__value, #(#variables),*)),
        value: quote!(__value),
        read: reader(private, reads.is_empty(), quote!(#(#reads)*), tuple),
    }
}

/// The name of the out parameter in this place of the result tuple.
pub(super) fn out_name(place: usize) -> String {
    format!("out{place}")
}

fn reader(private: &TokenStream, is_empty: bool, reads: TokenStream, tuple: TokenStream) -> TokenStream {
    let variable = if is_empty { format_ident!("_r") } else { format_ident!("__r") };
    quote! {
        |#variable: &mut #private::BodyReader<'_>| -> ::core::result::Result<_, #private::BodyError> {
            #reads
            ::core::result::Result::Ok(#tuple)
        }
    }
}

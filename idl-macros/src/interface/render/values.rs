//! How the values of an operation are written and read, on either side.
//!
//! The order on the wire: a request carries the parameters, a reply the result, then what comes back in `&mut` parameters
//! and the outs, in the order of IDL; unless that is given, the outs stand behind the method's own parameters.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, Type};

use crate::interface::model::{DefaultValue, Operation, Outcome, Parameter, Passing, Returned};

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
    let (is_empty, count, puts) = reply_parts(operation);
    let value = if is_empty { quote!(_,) } else { quote!(__value,) };
    writer(private, value, count, puts)
}

/// The function that writes the outcome of a method whose outcome is what it returns.
pub(super) fn reply_writer(operation: &Operation, private: &TokenStream) -> TokenStream {
    let (name, ty) = (writer_name(operation), &operation.returns.written);
    let (is_empty, count, puts) = reply_parts(operation);
    let value = if is_empty { quote!(_) } else { quote!(__value) };
    quote! {
        fn #name(
            #value: &#ty,
            __w: &mut #private::BodyWriter,
        ) -> ::core::result::Result<(), #private::BodyError> {
            __w.items(#count);
            #puts
            ::core::result::Result::Ok(())
        }
    }
}

/// The name of that function. Visible only inside the anonymous constant.
pub(super) fn writer_name(operation: &Operation) -> Ident {
    format_ident!("__write_{}", operation.ident)
}

/// What a reply consists of: whether it is nothing, of how many values, and how they are written.
fn reply_parts(operation: &Operation) -> (bool, usize, TokenStream) {
    let has_inouts = operation.inouts().next().is_some();
    let outcome = if has_inouts { quote!(__value.0) } else { quote!(__value) };
    let result: Option<Written<'_>> = match &operation.returns.outcome {
        Outcome::Nothing | Outcome::WithOuts(None, _) => None,
        Outcome::Single(ty) if has_inouts => Some((ty, quote!(&#outcome))),
        Outcome::Single(ty) => Some((ty, quote!(__value))),
        Outcome::WithOuts(Some(ty), _) => Some((ty, quote!(&#outcome.0))),
    };
    let returned = operation.returned().map(|returned| match returned {
        Returned::InOut(index, parameter) => {
            let place = Literal::usize_unsuffixed(index + 1);
            (&parameter.owned, quote!(&__value.#place))
        }
        Returned::Out(index, _, ty) => {
            let place = Literal::usize_unsuffixed(index + 1);
            (ty, quote!(&#outcome.#place))
        }
    });
    let values: Vec<Written<'_>> = result.into_iter().chain(returned).collect();
    let puts = values.iter().map(|(ty, value)| quote!(__w.put::<#ty>(#value)?;));
    (values.is_empty(), values.len(), quote!(#(#puts)*))
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
    let read = |variable: &Ident, ty: &Type, name: &str| quote!(let #variable = __r.next::<#ty>(#name)?;);
    let result = format_ident!("__result");
    let (outcome, result_type) = match &operation.returns.outcome {
        Outcome::Nothing => (quote!(()), None),
        Outcome::Single(ty) => (quote!(#result), Some(ty)),
        Outcome::WithOuts(ty, outs) => {
            let first = if ty.is_some() { quote!(#result) } else { quote!(()) };
            let outs = (0..outs.len()).map(out_variable);
            (quote!((#first, #(#outs),*)), ty.as_ref())
        }
    };
    let mut reads: Vec<TokenStream> = result_type.iter().map(|ty| read(&result, ty, "result")).collect();
    reads.extend(operation.returned().map(|returned| match returned {
        Returned::InOut(index, parameter) => read(&inout_variable(index), &parameter.owned, &parameter.wire),
        Returned::Out(index, name, ty) => read(&out_variable(index), ty, name),
    }));
    let inouts: Vec<&Ident> = operation.inouts().map(|parameter| &parameter.ident).collect();
    let variables: Vec<Ident> = (0..inouts.len()).map(inout_variable).collect();
    let tuple = if inouts.is_empty() { outcome } else { quote!((#outcome, #(#variables),*)) };
    Reply {
        assign: (!inouts.is_empty()).then(|| quote!(#(*#inouts = #variables;)*)),
        pattern: quote!((__value, #(#variables),*)),
        value: quote!(__value),
        read: reader(private, reads.is_empty(), quote!(#(#reads)*), tuple),
    }
}

/// What holds the new value of a `&mut` parameter until all values are read.
fn inout_variable(index: usize) -> Ident {
    format_ident!("__returned_{index}")
}

fn out_variable(index: usize) -> Ident {
    format_ident!("__out_{index}")
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

//! The trait itself: the user's methods, asynchronous ones with a future that any thread may drive, and setters.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemTrait, ReturnType, Signature, TraitItem, TraitItemFn, Type};

use crate::interface::model::{Execution, Interface, Operation, Receiver, Role};

pub(super) fn contract(interface: &Interface) -> TokenStream {
    let ItemTrait {
        attrs, vis, unsafety, auto_token, trait_token, ident, generics, supertraits, items, ..
    } = &interface.contract;
    let where_clause = &generics.where_clause;
    let written: Vec<String> = supertraits.iter().map(|bound| quote!(#bound).to_string()).collect();
    let needed = [quote!(::core::marker::Send), quote!(::core::marker::Sync), quote!('static)];
    let bounds = needed
        .into_iter()
        .filter(|bound| !written.iter().any(|own| bound.to_string().ends_with(own.as_str())));
    let bounds = supertraits.iter().map(|bound| quote!(#bound)).chain(bounds);
    let items = items.iter().map(|item| match item {
        TraitItem::Fn(method) => {
            let setter = setter_behind(interface, method).map(setter);
            let method = trait_method(method);
            quote!(#method #setter)
        }
        other => quote!(#other),
    });
    let documentation = undocumented(attrs).then(|| {
        let text = format!("The interface `{}`.", interface.id.text);
        quote!(#[doc = #text])
    });
    quote! {
        #documentation
        #(#attrs)*
        // A program that only calls has no servant whose methods would be used.
        #[allow(dead_code)]
        #vis #unsafety #auto_token #trait_token #ident #generics:
            #(#bounds)+*
        #where_clause
        { #(#items)* }
    }
}

/// Whether no documentation is among `attributes`.
pub(super) fn undocumented(attributes: &[syn::Attribute]) -> bool {
    !attributes.iter().any(|attribute| attribute.path().is_ident("doc"))
}

fn setter_behind<'a>(interface: &'a Interface, method: &TraitItemFn) -> Option<&'a Operation> {
    let getter = interface.operations.iter().position(|operation| operation.ident == method.sig.ident)?;
    interface.operations.get(getter + 1).filter(|next| next.role == Role::Setter)
}

fn trait_method(method: &TraitItemFn) -> TokenStream {
    let TraitItemFn { attrs, sig, default, .. } = method;
    if sig.asyncness.is_none() {
        return quote!(#method);
    }
    let output = match &sig.output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    let signature = Signature { asyncness: None, output: future_of(&output), ..sig.clone() };
    match default {
        Some(body) => quote!(#(#attrs)* #signature { async move #body }),
        None => quote!(#(#attrs)* #signature;),
    }
}

fn future_of(output: &Type) -> ReturnType {
    let tokens = quote_spanned! {output.span()=>
        -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
    };
    syn::parse2(tokens).expect("a return type")
}

fn setter(setter: &Operation) -> TokenStream {
    let Operation { ident, attributes, receiver, execution, context, returns, parameters, .. } = setter;
    let receiver = match receiver {
        Receiver::Shared => quote!(&self),
        Receiver::Exclusive => quote!(&mut self),
    };
    let context = context.iter().map(|ty| quote!(cx: #ty));
    let values = parameters.iter().map(|parameter| &parameter.written);
    let output: Type = match &returns.error {
        Some(error) => syn::parse_quote!(::core::result::Result<(), #error>),
        None => syn::parse_quote!(()),
    };
    let output = match execution {
        Execution::Async => future_of(&output),
        _ => syn::parse_quote!(-> #output),
    };
    quote! {
        #(#attributes)*
        fn #ident(#receiver, #(#context,)* #(value: #values),*) #output;
    }
}

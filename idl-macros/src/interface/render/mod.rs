//! From the model to items.

mod blocking;
mod contract;
mod deferred;
mod direct;
mod metadata;
mod proxy;
mod servant;
mod skeleton;
mod unfinished;
mod values;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::model::Interface;

/// Everything for an interface.
pub(super) fn items(interface: &Interface) -> TokenStream {
    let names = Names::of(interface);
    let contract = contract::contract(interface);
    let proxy = proxy::proxy(interface, &names);
    let blocking = blocking::blocking(interface, &names);
    let deferred = deferred::deferred(interface, &names);
    let servant = servant::servant(interface, &names);
    let metadata = metadata::metadata(interface);
    let skeleton = skeleton::skeleton(interface, &names);
    let guard = interface.id.clash_guard(&interface.name, &interface.ident);
    quote! {
        #contract
        #proxy
        #blocking
        #deferred
        #servant
        const _: () = {
            #metadata
            #skeleton
        };
        #guard
    }
}

/// What stands in for an interface with mistakes: as much of it as is understood, so that uses elsewhere in the crate
/// still find their names. Nothing of it runs, since the crate does not compile.
pub(super) fn fallback(interface: &Interface) -> TokenStream {
    let generics = &interface.contract.generics;
    if generics.params.is_empty() && generics.where_clause.is_none() {
        return items(interface);
    }
    let names = Names::of(interface);
    let (Names { proxy, blocking, deferred, servant, .. }, visibility) = (&names, &interface.visibility);
    let contract = contract::contract(interface);
    quote! {
        #contract
        #[doc(hidden)]
        #visibility struct #proxy;
        #[doc(hidden)]
        #visibility struct #blocking;
        #[doc(hidden)]
        #visibility struct #deferred;
        #[doc(hidden)]
        #visibility struct #servant<T>(T);
    }
}

/// The names of the generated types.
struct Names {
    proxy: Ident,
    blocking: Ident,
    deferred: Ident,
    servant: Ident,
    /// The type parameter of the servant: `T`, unless the trait itself is called so.
    parameter: Ident,
}

impl Names {
    fn of(interface: &Interface) -> Names {
        let ident = &interface.ident;
        let parameter = if ident == "T" { format_ident!("__T") } else { format_ident!("T") };
        Names {
            proxy: format_ident!("{ident}Proxy"),
            blocking: format_ident!("{ident}Blocking"),
            deferred: format_ident!("{ident}Deferred"),
            servant: format_ident!("{ident}Servant"),
            parameter,
        }
    }
}

/// The name of the static that holds the operations. Visible only inside the anonymous constant.
fn operations_name() -> Ident {
    format_ident!("__OPERATIONS")
}

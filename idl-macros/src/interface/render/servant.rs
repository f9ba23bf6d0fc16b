//! The servant: a value of the user's type behind the interface.

use proc_macro2::TokenStream;
use quote::quote;

use super::Names;
use crate::interface::model::Interface;

/// The type and its constructor.
pub(super) fn servant(interface: &Interface, names: &Names) -> TokenStream {
    let Names { servant, parameter, .. } = names;
    let (private, visibility) = (interface.runtime.private(), &interface.visibility);
    let headline = format!(
        "A servant that answers the calls of [`{0}`] with a value that implements [`{0}`].",
        interface.ident
    );
    quote! {
        #[doc = #headline]
        #visibility struct #servant<#parameter> {
            cell: ::std::sync::Arc<#private::ServantCell<#parameter>>,
        }
    }
}

/// The implementations of the type.
pub(super) fn implementations(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, servant, parameter, .. } = names;
    let (private, visibility, contract) =
        (interface.runtime.private(), &interface.visibility, &interface.ident);
    let name = servant.to_string();
    quote! {
        impl<#parameter: #contract> #servant<#parameter> {
            /// A servant around a value.
            #[must_use]
            #visibility fn new(servant: #parameter) -> Self {
                #servant { cell: #private::ServantCell::new(servant) }
            }
        }

        #[automatically_derived]
        impl<#parameter> ::core::fmt::Debug for #servant<#parameter> {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.debug_struct(#name).finish_non_exhaustive()
            }
        }

        #[automatically_derived]
        impl<#parameter: #contract> #private::Servant for #servant<#parameter> {
            fn interface(&self) -> &'static #private::Interface {
                &__INTERFACE
            }
            fn dispatch(self: ::std::sync::Arc<Self>, __call: #private::Invocation) -> #private::Dispatch {
                #proxy::__dispatch(&self.cell, __call)
            }
            fn facet(&self, __of: ::core::any::TypeId) -> ::core::option::Option<#private::Facet> {
                #proxy::__facet(&self.cell, __of)
            }
            fn reactivate(&self) {
                self.cell.reactivate();
            }
        }

        #[automatically_derived]
        impl<#parameter: #contract> #private::Tie for #servant<#parameter> {
            type Proxy = #proxy;
        }

        #[automatically_derived]
        impl<#parameter: #contract> #private::ValueTie for #servant<#parameter> {
            type Value = #parameter;
            fn cell(&self) -> &::std::sync::Arc<#private::ServantCell<#parameter>> {
                &self.cell
            }
        }
    }
}

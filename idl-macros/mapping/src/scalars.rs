//! The types that the language has, and how the generated code names the library.

use proc_macro2::TokenStream;
use quorb_idl::model::Primitive;
use quote::quote;

use crate::settings::Runtime;

impl Runtime {
    /// Something that the broker exports.
    pub(crate) fn broker(&self, name: TokenStream) -> TokenStream {
        match self {
            Runtime::Absolute(root) => quote!(#root::#name),
            Runtime::Plain => quote!(quorb::#name),
        }
    }

    pub(crate) fn string(&self) -> TokenStream {
        self.standard(quote!(::std::string::String), quote!(String))
    }

    pub(crate) fn vec(&self) -> TokenStream {
        self.standard(quote!(::std::vec::Vec), quote!(Vec))
    }

    pub(crate) fn result(&self) -> TokenStream {
        self.standard(quote!(::core::result::Result), quote!(Result))
    }

    pub(crate) fn option(&self) -> TokenStream {
        self.standard(quote!(::core::option::Option), quote!(Option))
    }

    pub(crate) fn arc(&self) -> TokenStream {
        quote!(::std::sync::Arc)
    }

    pub(crate) fn map(&self) -> TokenStream {
        quote!(::std::collections::BTreeMap)
    }

    /// The derives of a type.
    pub(crate) fn derives(&self, standard: &[&str], ours: &str) -> TokenStream {
        let standard = standard.iter().map(|name| {
            let ident = crate::spelling::ident(name);
            match (self, *name) {
                (Runtime::Plain, _) => quote!(#ident),
                (_, "Debug") => quote!(::core::fmt::Debug),
                (_, "Clone") => quote!(::core::clone::Clone),
                (_, "Copy") => quote!(::core::marker::Copy),
                (_, "Default") => quote!(::core::default::Default),
                (_, "Hash") => quote!(::core::hash::Hash),
                _ => quote!(::core::cmp::#ident),
            }
        });
        let ours = crate::spelling::ident(ours);
        let ours = self.broker(quote!(#ours));
        quote!(#[derive(#(#standard,)* #ours)])
    }

    /// The setting that says where the broker is, if it is not where the macros look for it.
    pub(crate) fn crate_setting(&self) -> Option<TokenStream> {
        match self {
            Runtime::Absolute(root) if root.to_string() != quote!(::quorb).to_string() => {
                Some(quote!(, crate = #root))
            }
            _ => None,
        }
    }

    /// A name of the standard library.
    pub(crate) fn standard(&self, absolute: TokenStream, plain: TokenStream) -> TokenStream {
        match self {
            Runtime::Absolute(_) => absolute,
            Runtime::Plain => plain,
        }
    }
}

/// The Rust type of a primitive; why there is none otherwise.
pub(crate) fn primitive(primitive: Primitive, runtime: &Runtime) -> Result<TokenStream, &'static str> {
    Ok(match primitive {
        Primitive::Short => quote!(i16),
        Primitive::Long => quote!(i32),
        Primitive::LongLong => quote!(i64),
        Primitive::UnsignedShort => quote!(u16),
        Primitive::UnsignedLong => quote!(u32),
        Primitive::UnsignedLongLong => quote!(u64),
        Primitive::Float => quote!(f32),
        Primitive::Double => quote!(f64),
        Primitive::Char => quote!(char),
        Primitive::WChar => runtime.broker(quote!(WChar)),
        Primitive::Boolean => quote!(bool),
        Primitive::Octet => quote!(u8),
        Primitive::Object => runtime.broker(quote!(ObjectRef)),
        Primitive::LongDouble => runtime.broker(quote!(LongDouble)),
        Primitive::Any => runtime.broker(quote!(Any)),
        Primitive::TypeCode => runtime.broker(quote!(TypeCode)),
        Primitive::ValueBase => {
            let (option, reference) = (runtime.option(), runtime.broker(quote!(ValueRef)));
            let base = runtime.broker(quote!(value::valuetype::ValueBase));
            quote!(#option<#reference<#base>>)
        }
        Primitive::AbstractBase => {
            let (any, object) = (runtime.broker(quote!(Abstract)), runtime.broker(quote!(ObjectRef)));
            quote!(#any<#object>)
        }
        Primitive::Principal => {
            return Err("CORBA::Principal is not supported: GIOP 1.2 has dropped it");
        }
    })
}

//! A struct of one unnamed field: in both formats it is its field.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use super::Bodies;
use crate::value::model::Definition;

pub(super) fn bodies(definition: &Definition, ty: &Type) -> Bodies {
    let private = definition.runtime.private();
    Bodies {
        size_min: quote!(<#ty as #private::Cdr>::SIZE_MIN),
        encode: quote!(<#ty as #private::Cdr>::encode(&self.0, __out)),
        decode: quote!(<#ty as #private::Cdr>::decode(__in).map(Self)),
        describe: quote!(<#ty as #private::IdlType>::describe(__types)),
        is_plain: quote!(<#ty as #private::IdlType>::is_plain(&self.0, __levels)),
        write: quote!(<#ty as #private::IdlType>::write_cbor(&self.0, __serializer)),
        read: quote!(<#ty as #private::IdlType>::read_cbor(__deserializer).map(Self)),
        cdr_hooks: cdr_hooks(&private, ty),
        cbor_hooks: cbor_hooks(&private, ty),
        items: TokenStream::new(),
    }
}

/// Vectors are read as vectors of the field's type, so that blocks of numbers stay blocks. Writing goes element by
/// element: without unsafe code a slice of the alias is not a slice of its field's type.
fn cdr_hooks(private: &TokenStream, ty: &Type) -> TokenStream {
    let wrapped = wrapped(&quote!(<#ty as #private::Cdr>::decode_vec(__count, __in)?));
    quote! {
        fn decode_vec(
            __count: usize,
            __in: &mut #private::Decoder<'_>,
        ) -> ::core::result::Result<::std::vec::Vec<Self>, #private::CdrError> {
            #wrapped
        }
        fn decode_array<const __N: usize>(
            __in: &mut #private::Decoder<'_>,
        ) -> ::core::result::Result<[Self; __N], #private::CdrError> {
            ::core::result::Result::Ok(<#ty as #private::Cdr>::decode_array::<__N>(__in)?.map(Self))
        }
    }
}

/// In CBOR the same: a peer that knows only the field's type may send a typed array.
fn cbor_hooks(private: &TokenStream, ty: &Type) -> TokenStream {
    let wrapped = wrapped(&quote!(<#ty as #private::IdlType>::read_cbor_vec(__deserializer)?));
    quote! {
        const NULLABLE: bool = <#ty as #private::IdlType>::NULLABLE;

        fn read_cbor_vec<'de, __D: #private::serde::Deserializer<'de>>(
            __deserializer: __D,
        ) -> ::core::result::Result<::std::vec::Vec<Self>, __D::Error> {
            #wrapped
        }
    }
}

fn wrapped(vector: &TokenStream) -> TokenStream {
    quote! {
        ::core::result::Result::Ok(::core::iter::Iterator::collect(::core::iter::Iterator::map(
            ::core::iter::IntoIterator::into_iter(#vector),
            Self,
        )))
    }
}

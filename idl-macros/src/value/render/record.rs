//! Structs and exceptions: members in order in CDR, a map in CBOR.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Type};

use super::{Bodies, default_expression, define, members_are_plain, one_level, owned};
use crate::value::model::{Definition, Member, Missing};
use crate::value::parse::Purpose;

pub(super) fn bodies(definition: &Definition, members: &[Member], purpose: Purpose) -> Bodies {
    let private = definition.runtime.private();
    let fields: Vec<&syn::Member> = members.iter().map(|member| &member.field).collect();
    let types: Vec<&Type> = members.iter().map(|member| &member.ty).collect();
    let unused = |name: TokenStream| if members.is_empty() { quote!(let _ = #name;) } else { quote!() };
    let (unused_out, unused_in) = (unused(quote!(__out)), unused(quote!(__in)));
    Bodies {
        size_min: quote!(0usize #(.saturating_add(<#types as #private::Cdr>::SIZE_MIN))*),
        encode: quote! {
            #unused_out
            #(<#types as #private::Cdr>::encode(&self.#fields, __out)?;)*
            ::core::result::Result::Ok(())
        },
        decode: quote! {
            #unused_in
            ::core::result::Result::Ok(Self { #(#fields: <#types as #private::Cdr>::decode(__in)?,)* })
        },
        describe: describe(definition, members, purpose, &private),
        is_plain: is_plain(members, &private),
        write: write(members, &private),
        read: quote!(#private::read_record::<__Slots, __D>(__deserializer)),
        cdr_hooks: TokenStream::new(),
        cbor_hooks: TokenStream::new(),
        items: slots(definition, members, &private),
    }
}

fn is_plain(members: &[Member], private: &TokenStream) -> TokenStream {
    if members.is_empty() {
        return quote!(__levels > 0);
    }
    let members = members.iter().map(|Member { field, ty, .. }| (ty, quote!(&self.#field)));
    one_level(&members_are_plain(private, members))
}

fn write(members: &[Member], private: &TokenStream) -> TokenStream {
    let count = members.len();
    let mutable = (count > 0).then(|| quote!(mut));
    let entries = members.iter().enumerate().map(|(place, Member { field, .. })| {
        quote!(#private::write_member(&mut __map, __MEMBERS[#place], &self.#field)?;)
    });
    quote! {
        let #mutable __map =
            #private::serde::Serializer::serialize_map(__serializer, ::core::option::Option::Some(#count))?;
        #(#entries)*
        #private::serde::ser::SerializeMap::end(__map)
    }
}

/// The keys, and the record under construction.
fn slots(definition: &Definition, members: &[Member], private: &TokenStream) -> TokenStream {
    let (ident, name, count) = (&definition.ident, &definition.name, members.len());
    let slots: Vec<Ident> = (0..count).map(|place| format_ident!("__slot_{place}")).collect();
    let types: Vec<&Type> = members.iter().map(|member| &member.ty).collect();
    let places: Vec<usize> = (0..count).collect();
    let keys = members.iter().map(|Member { name, index, .. }| {
        let index = match index {
            Some(index) => quote!(::core::option::Option::Some(#index)),
            None => quote!(::core::option::Option::None),
        };
        quote!(#private::MemberKey { name: #name, index: #index })
    });
    let values = members.iter().zip(&slots).zip(&places).map(|((member, slot), place)| {
        let (field, ty) = (&member.field, &member.ty);
        let missing = match &member.missing {
            Missing::Refused => quote! {
                return ::core::result::Result::Err(#private::missing_member(#name, __MEMBERS[#place]))
            },
            Missing::Nothing => quote!(::core::option::Option::None),
            Missing::OfType => quote!(<#ty as ::core::default::Default>::default()),
            Missing::Given(value) => default_expression(ty, value),
        };
        quote! {
            #field: match self.#slot {
                ::core::option::Option::Some(__value) => __value,
                ::core::option::Option::None => #missing,
            },
        }
    });
    let unused = if members.is_empty() { quote!(let _ = __map;) } else { quote!() };
    quote! {
        const __MEMBERS: [#private::MemberKey; #count] = [#(#keys),*];

        #[derive(::core::default::Default)]
        struct __Slots {
            #(#slots: ::core::option::Option<#types>,)*
        }

        impl #private::Slots for __Slots {
            type Record = #ident;
            const NAME: &'static str = #name;
            const MEMBERS: &'static [#private::MemberKey] = &__MEMBERS;
            fn fill<'de, __A: #private::serde::de::MapAccess<'de>>(
                &mut self,
                __place: usize,
                __map: &mut __A,
            ) -> ::core::result::Result<(), __A::Error> {
                #unused
                match __place {
                    #(#places => #private::fill_slot(&mut self.#slots, __MEMBERS[#places], __map),)*
                    _ => ::core::result::Result::Ok(()),
                }
            }
            fn assemble<__E: #private::serde::de::Error>(self) -> ::core::result::Result<#ident, __E> {
                ::core::result::Result::Ok(#ident { #(#values)* })
            }
        }
    }
}

fn describe(
    definition: &Definition,
    members: &[Member],
    purpose: Purpose,
    private: &TokenStream,
) -> TokenStream {
    let name = owned(&definition.name);
    let kind = match purpose {
        Purpose::Type => quote!(Struct),
        Purpose::Exception => quote!(Exception),
    };
    let entries = members.iter().map(|Member { name, index, ty, missing, .. }| {
        let name = owned(name);
        let index = match index {
            Some(index) => quote!(::core::option::Option::Some(#index)),
            None => quote!(::core::option::Option::None),
        };
        let optional = !matches!(missing, Missing::Refused);
        quote! {
            #private::Member {
                name: #name,
                index: #index,
                optional: #optional,
                ty: <#ty as #private::IdlType>::describe(__types),
            }
        }
    });
    let members_are_described = !members.is_empty();
    let definition_tokens = quote! {
        #private::TypeDef::#kind { name: #name, members: ::std::vec![#(#entries),*] }
    };
    define(definition, &definition_tokens, members_are_described)
}

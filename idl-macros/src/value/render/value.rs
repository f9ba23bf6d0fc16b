//! Value types: their state, which references to them carry.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Type};

use super::{default_expression, define, owned};
use crate::runtime::Runtime;
use crate::setting::Setting;
use crate::sink::Sink;
use crate::value::model::{Definition, Member, Missing, ValueKind, ValueState, ValueType};

/// The implementation of `ValueState`.
pub(super) fn implementation(definition: &Definition, value: &ValueType) -> TokenStream {
    let view = View { definition, value, private: definition.runtime.private() };
    let (private, ident) = (&view.private, &definition.ident);
    let (id, name, kind) = (&definition.id.text, &definition.name, view.kind());
    let is_box = matches!(value.state, ValueState::Content(_));
    let (part, ids) = (view.part(), view.ids());
    let methods = match (&value.state, value.kind) {
        (ValueState::Content(ty), _) => view.content(ty),
        (ValueState::Members(members), ValueKind::Custom) => view.custom(members),
        (ValueState::Members(members), _) => view.members(members),
    };
    quote! {
        #[automatically_derived]
        impl #private::ValueState for #ident {
            const ID: &'static str = #id;
            const NAME: &'static str = #name;
            const KIND: #private::ValueKind = #private::ValueKind::#kind;
            const IS_BOX: bool = #is_box;
            #methods
            fn part(
                &self,
                __ty: ::core::any::TypeId,
            ) -> ::core::option::Option<&dyn ::core::any::Any> {
                if __ty == ::core::any::TypeId::of::<Self>() {
                    return ::core::option::Option::Some(self);
                }
                #part
            }
            fn ids(__ids: &mut ::std::vec::Vec<&'static str>) {
                __ids.push(#id);
                #ids
            }
        }
    }
}

/// What stands in for the implementation of a value type with mistakes.
pub(super) fn fallback(settings: &[Setting], ident: &Ident) -> TokenStream {
    let mut unheard = Sink::default();
    let given = settings.iter().find(|setting| setting.key == "crate");
    let runtime =
        given.and_then(|setting| setting.path(&mut unheard)).map_or_else(Runtime::default, Runtime::at);
    let private = runtime.private();
    let never = || quote!(::core::unreachable!());
    let write = whole(&private, never());
    let methods = methods(&private, [never(), never(), never(), write, never()]);
    quote! {
        impl #private::ValueState for #ident {
            const ID: &'static str = "";
            const NAME: &'static str = "";
            const KIND: #private::ValueKind = #private::ValueKind::Plain;
            const IS_BOX: bool = false;
            #methods
            fn part(&self, _: ::core::any::TypeId) -> ::core::option::Option<&dyn ::core::any::Any> {
                ::core::unreachable!()
            }
            fn ids(_: &mut ::std::vec::Vec<&'static str>) {}
        }
    }
}

/// The methods that differ: description, CDR there and back, CBOR there and back.
fn methods(private: &TokenStream, bodies: [TokenStream; 5]) -> TokenStream {
    let [describe, encode, decode, write, read] = bodies;
    quote! {
        #[allow(unused_variables)]
        fn describe(__types: &mut #private::TypeCatalogue) -> #private::TypeDesc { #describe }
        #[allow(unused_variables)]
        fn encode_state(&self, __out: &mut #private::Encoder) -> ::core::result::Result<(), #private::CdrError> {
            #encode
        }
        #[allow(unused_variables)]
        fn decode_state(__in: &mut #private::Decoder<'_>) -> ::core::result::Result<Self, #private::CdrError> {
            #decode
        }
        #write
        #[allow(unused_variables)]
        fn read_state(
            __state: &mut #private::StateReader,
        ) -> ::core::result::Result<Self, #private::CborError> {
            #read
        }
    }
}

/// The writer of a state that has no members.
fn whole(private: &TokenStream, write: TokenStream) -> TokenStream {
    let members = members_writer(private, &quote!(0), &TokenStream::new());
    quote! {
        #members
        fn write_state<__S: #private::serde::Serializer>(
            &self,
            __serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            #write
        }
    }
}

/// The writer of members.
fn members_writer(private: &TokenStream, count: &TokenStream, write: &TokenStream) -> TokenStream {
    quote! {
        const MEMBERS: usize = #count;
        #[allow(unused_variables)]
        fn write_members<__M: #private::serde::ser::SerializeMap>(
            &self,
            __map: &mut __M,
        ) -> ::core::result::Result<(), __M::Error> {
            #write
            ::core::result::Result::Ok(())
        }
    }
}

struct View<'a> {
    definition: &'a Definition,
    value: &'a ValueType,
    private: TokenStream,
}

impl View<'_> {
    fn kind(&self) -> TokenStream {
        match self.value.kind {
            ValueKind::Plain => quote!(Plain),
            ValueKind::Truncatable => quote!(Truncatable),
            ValueKind::Custom => quote!(Custom),
        }
    }

    fn base(&self) -> Option<&Member> {
        match &self.value.state {
            ValueState::Members(members) => members.iter().find(|member| member.is_base),
            ValueState::Content(_) => None,
        }
    }

    fn part(&self) -> TokenStream {
        let private = &self.private;
        match self.base() {
            Some(Member { field, ty, .. }) => quote!(<#ty as #private::ValueState>::part(&self.#field, __ty)),
            None => quote!(::core::option::Option::None),
        }
    }

    /// Behind its own id, those of the bases it may be cut down to.
    fn ids(&self) -> Option<TokenStream> {
        let private = &self.private;
        let base = self.base().filter(|_| self.value.kind == ValueKind::Truncatable)?;
        let ty = &base.ty;
        Some(quote!(<#ty as #private::ValueState>::ids(__ids);))
    }

    fn content(&self, ty: &Type) -> TokenStream {
        let private = &self.private;
        let name = owned(&self.definition.name);
        let boxed = quote!(#private::TypeDef::ValueBox { name: #name, ty: <#ty as #private::IdlType>::describe(__types) });
        methods(
            private,
            [
                define(self.definition, &boxed, true),
                quote!(<#ty as #private::Cdr>::encode(&self.0, __out)),
                quote!(<#ty as #private::Cdr>::decode(__in).map(Self)),
                whole(private, quote!(<#ty as #private::IdlType>::write_cbor(&self.0, __serializer))),
                quote!(__state.content::<#ty>().map(Self)),
            ],
        )
    }

    fn custom(&self, members: &[Member]) -> TokenStream {
        let private = &self.private;
        methods(
            private,
            [
                self.describe(members),
                quote!(<Self as #private::Custom>::marshal(self, __out)),
                quote!(<Self as #private::Custom>::unmarshal(__in)),
                whole(
                    private,
                    quote! {
                        let __octets = #private::custom_octets(self)
                            .map_err(<__S::Error as #private::serde::ser::Error>::custom)?;
                        #private::serde::Serializer::serialize_bytes(__serializer, &__octets)
                    },
                ),
                quote!(#private::custom_value(&__state.content::<::std::vec::Vec<u8>>()?)),
            ],
        )
    }

    fn members(&self, members: &[Member]) -> TokenStream {
        let private = &self.private;
        let own = members.iter().filter(|member| !member.is_base).count();
        let base =
            self.base().map(|Member { ty, .. }| quote!(<#ty as #private::ValueState>::MEMBERS +)).into_iter();
        let encode = members.iter().map(|Member { field, ty, is_base, .. }| match is_base {
            true => quote!(<#ty as #private::ValueState>::encode_state(&self.#field, __out)?;),
            false => quote!(<#ty as #private::Cdr>::encode(&self.#field, __out)?;),
        });
        let decode = members.iter().map(|Member { field, ty, is_base, .. }| match is_base {
            true => quote!(#field: <#ty as #private::ValueState>::decode_state(__in)?),
            false => quote!(#field: <#ty as #private::Cdr>::decode(__in)?),
        });
        let write = members.iter().map(|Member { field, ty, name, is_base, .. }| match is_base {
            true => quote!(<#ty as #private::ValueState>::write_members(&self.#field, __map)?;),
            false => quote! {
                #private::write_member(
                    __map,
                    #private::MemberKey { name: #name, index: ::core::option::Option::None },
                    &self.#field,
                )?;
            },
        });
        let read = members.iter().map(|member| {
            let (field, read) = (&member.field, self.read(member));
            quote!(#field: #read)
        });
        methods(
            private,
            [
                self.describe(members),
                quote!(#(#encode)* ::core::result::Result::Ok(())),
                quote!(::core::result::Result::Ok(Self { #(#decode),* })),
                members_writer(private, &quote!(#(#base)* #own), &quote!(#(#write)*)),
                quote!(::core::result::Result::Ok(Self { #(#read),* })),
            ],
        )
    }

    fn read(&self, member: &Member) -> TokenStream {
        let (private, ty, name) = (&self.private, &member.ty, &member.name);
        let missing = match &member.missing {
            _ if member.is_base => return quote!(<#ty as #private::ValueState>::read_state(__state)?),
            Missing::Refused => return quote!(__state.needed::<#ty>(#name)?),
            Missing::Nothing => quote!(::core::option::Option::None),
            Missing::OfType => quote!(<#ty as ::core::default::Default>::default()),
            Missing::Given(value) => default_expression(ty, value),
        };
        quote! {
            match __state.member::<#ty>(#name)? {
                ::core::option::Option::Some(__value) => __value,
                ::core::option::Option::None => #missing,
            }
        }
    }

    fn describe(&self, members: &[Member]) -> TokenStream {
        let (private, kind) = (&self.private, self.kind());
        let name = owned(&self.definition.name);
        let base = match self.base() {
            Some(Member { ty, .. }) => {
                quote!(::core::option::Option::Some(<#ty as #private::ValueState>::describe(__types)))
            }
            None => quote!(::core::option::Option::None),
        };
        let own =
            members.iter().filter(|member| !member.is_base).map(|Member { name, ty, is_private, .. }| {
                let (name, public) = (owned(name), !is_private);
                quote! {
                    #private::StateMember {
                        name: #name,
                        public: #public,
                        ty: <#ty as #private::IdlType>::describe(__types),
                    }
                }
            });
        let tokens = quote! {
            #private::TypeDef::Value {
                name: #name,
                kind: #private::ValueKind::#kind,
                base: #base,
                members: ::std::vec![#(#own),*],
            }
        };
        define(self.definition, &tokens, !members.is_empty())
    }
}

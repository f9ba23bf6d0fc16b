//! From types of the IDL to types of Rust.

use proc_macro2::{Literal as Number, TokenStream};
use quorb_idl::Place;
use quorb_idl::model::{
    Definition, DefinitionId, DefinitionKind, InterfaceFlavour, Literal, Member, Primitive, Type,
};
use quote::quote;

use crate::Mapper;
use crate::annotations::has;
use crate::names::Scope;
use crate::scalars;
use crate::spelling::ident;

impl Mapper<'_> {
    /// The owned Rust type. `at` is where a type that has none is reported; `()` stands in for it.
    pub(crate) fn ty(&mut self, ty: &Type, from: Scope, at: Place) -> TokenStream {
        let runtime = self.chosen.runtime.clone();
        match ty {
            Type::Primitive(primitive) => scalars::primitive(*primitive, &runtime).unwrap_or_else(|reason| {
                self.fault(at, reason);
                quote!(())
            }),
            Type::String(None) => runtime.string(),
            Type::String(Some(bound)) => {
                let (text, bound) = (runtime.broker(quote!(BString)), Number::u32_unsuffixed(*bound));
                quote!(#text<#bound>)
            }
            Type::WString(None) => runtime.broker(quote!(WString)),
            Type::WString(Some(bound)) => {
                let (text, bound) = (runtime.broker(quote!(BWString)), Number::u32_unsuffixed(*bound));
                quote!(#text<#bound>)
            }
            Type::Fixed { digits, scale } => {
                let fixed = runtime.broker(quote!(Fixed));
                let (digits, scale) = (Number::u8_unsuffixed(*digits), Number::u8_unsuffixed(*scale));
                quote!(#fixed<#digits, #scale>)
            }
            Type::Sequence(element, bound) => {
                let element = self.ty(element, from, at);
                match bound {
                    None => {
                        let vec = runtime.vec();
                        quote!(#vec<#element>)
                    }
                    Some(bound) => {
                        let (vec, bound) = (runtime.broker(quote!(BVec)), Number::u32_unsuffixed(*bound));
                        quote!(#vec<#element, #bound>)
                    }
                }
            }
            Type::Array(element, dimensions) => {
                let element = self.ty(element, from, at);
                dimensions.iter().rev().fold(element, |element, length| {
                    let length = Number::u32_unsuffixed(*length);
                    quote!([#element; #length])
                })
            }
            Type::Named(id) => self.named(*id, from, at),
        }
    }

    fn named(&mut self, id: DefinitionId, from: Scope, at: Place) -> TokenStream {
        let name = self.scoped(id);
        if let Some(inner) = self.optional(id) {
            // Written out, since the macros see from it that the member may be missing.
            let (option, inner) = (self.chosen.runtime.option(), self.ty(&inner, from, at));
            return quote!(#option<#inner>);
        }
        if self.chosen.omit.contains(self.model, id) {
            self.fault(at, format!("{name} is used here, and the settings omit it: name it in `external`"));
            return quote!(());
        }
        let suffix = match &self.model.definition(id).kind {
            DefinitionKind::Interface(interface) => match interface.flavour {
                InterfaceFlavour::Unconstrained => "Proxy",
                InterfaceFlavour::Abstract => {
                    let (either, proxy) =
                        (self.chosen.runtime.broker(quote!(Abstract)), self.names.path(id, "Proxy", from));
                    return quote!(#either<#proxy>);
                }
                InterfaceFlavour::Local => {
                    // Every reference may be nil.
                    let (option, arc) = (self.chosen.runtime.option(), self.chosen.runtime.arc());
                    let object = self.names.path(id, "", from);
                    return quote!(#option<#arc<dyn #object>>);
                }
            },
            DefinitionKind::Value(_) | DefinitionKind::ValueBox(_) => {
                // Every value may be null.
                let runtime = &self.chosen.runtime;
                let (option, reference) = (runtime.option(), runtime.broker(quote!(ValueRef)));
                let state = self.names.path(id, "", from);
                return quote!(#option<#reference<#state>>);
            }
            _ => "",
        };
        self.names.path(id, suffix, from)
    }

    /// A `typedef`.
    pub(crate) fn alias(&mut self, id: DefinitionId, definition: &Definition, ty: &Type) -> TokenStream {
        let (name, scope) = (ident(self.names.own(id)), definition.parent);
        let text = format!(" `typedef {} {}`", self.type_text(ty), definition.name);
        let target = if has(&definition.annotations, "int8") && is_octet(ty) {
            quote!(i8)
        } else if let Some([key, value]) = self.map_entry(definition, ty) {
            let (key, value) =
                (self.ty(&key.ty, scope, definition.place), self.ty(&value.ty, scope, definition.place));
            let map = self.chosen.runtime.map();
            quote!(#map<#key, #value>)
        } else {
            self.ty(ty, scope, definition.place)
        };
        quote! {
            #[doc = #text]
            pub type #name = #target;
        }
    }

    /// The value of a union that is annotated as an optional one.
    pub(crate) fn optional(&self, id: DefinitionId) -> Option<Type> {
        let definition = self.model.definition(id);
        let DefinitionKind::Union(union) = &definition.kind else { return None };
        match union.cases.as_slice() {
            [case] if has(&definition.annotations, "optional") && case.labels == [Literal::Boolean(true)] => {
                Some(case.member.ty.clone())
            }
            _ => None,
        }
    }

    /// The members of the entries, if an alias is annotated as a map and is a sequence of two members each.
    pub(crate) fn map_entry(&self, definition: &Definition, ty: &Type) -> Option<[Member; 2]> {
        let Type::Sequence(element, None) = ty else { return None };
        let Type::Named(entry) = &**element else { return None };
        let DefinitionKind::Struct(members) = &self.model.definition(*entry).kind else { return None };
        let pair: [Member; 2] = members.clone().try_into().ok()?;
        has(&definition.annotations, "map").then_some(pair)
    }
}

fn is_octet(ty: &Type) -> bool {
    matches!(ty, Type::Primitive(Primitive::Octet))
}

//! What the file declares beside what crosses its interfaces, for the interface repository: a function of its own.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quorb_idl::Model;
use quorb_idl::model::{
    Attribute, Constant, Definition, DefinitionId, DefinitionKind, Direction, InterfaceFlavour, Operation,
    Primitive, Type, Value, ValueFlavour,
};
use quote::quote;

use crate::Mapper;
use crate::annotations::simple_name;
use crate::modules::Modules;
use crate::settings::{Chosen, Runtime, ancestry};
use crate::spelling::ident;

/// The name of the function; none where there is nothing to declare, or nobody to ask for it.
///
/// Several translations may stand in one module. Their definitions differ, so their ids give different names.
pub(crate) fn name(model: &Model, chosen: &Chosen, reached: &BTreeSet<DefinitionId>) -> Option<String> {
    let kinds = || reached.iter().map(|id| &model.definition(*id).kind);
    let is_asked = kinds().any(|kind| matches!(kind, DefinitionKind::Interface(_)));
    let says_all = |kind: &DefinitionKind| matches!(kind, DefinitionKind::Interface(interface) if interface.flavour == InterfaceFlavour::Unconstrained);
    let is_written_by_hand = matches!(chosen.runtime, Runtime::Plain);
    if is_written_by_hand || !is_asked || kinds().all(says_all) {
        return None;
    }
    let ids = reached.iter().flat_map(|id| model.definition(*id).repository_id.bytes());
    let hash = ids.fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Some(format!("__declarations_{hash:016x}"))
}

impl Mapper<'_> {
    /// Adds the function, if there is one.
    pub(crate) fn declarations(&mut self, reached: &BTreeSet<DefinitionId>, modules: &mut Modules) {
        let Some(name) = self.declared.clone() else { return };
        let model = self.model;
        let steps: Vec<TokenStream> =
            reached.iter().map(|id| self.declaration(*id, model.definition(*id), reached)).collect();
        let (name, declarations) = (ident(&name), self.chosen.runtime.broker(quote!(model::Declarations)));
        let item = quote! {
            #[doc(hidden)]
            #[allow(dead_code)]
            pub fn #name() -> &'static #declarations {
                static DECLARED: ::std::sync::OnceLock<#declarations> = ::std::sync::OnceLock::new();
                DECLARED.get_or_init(|| {
                    let __declared = #declarations::new();
                    #(let __declared = #steps;)*
                    __declared
                })
            }
        };
        modules.add(None, item);
    }

    /// The declarations with one more.
    fn declaration(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        reached: &BTreeSet<DefinitionId>,
    ) -> TokenStream {
        let (repository_id, name) = (&definition.repository_id, simple_name(definition));
        match &definition.kind {
            // Nothing of it crosses the wire.
            _ if self.is_local(&Type::Named(id)) => quote!(__declared),
            DefinitionKind::Constant(constant) => self.declared_constant(id, definition, constant),
            DefinitionKind::Interface(interface) if interface.flavour == InterfaceFlavour::Abstract => {
                let (proxy, of) =
                    (self.names.path(id, "Proxy", None), self.chosen.runtime.broker(quote!(Proxy)));
                quote!(__declared.abstract_interface(<#proxy as #of>::interface()))
            }
            DefinitionKind::Alias(_) => {
                let path = self.names.path(id, "", None);
                quote!(__declared.alias::<#path>(#repository_id, #name))
            }
            DefinitionKind::Value(value) if value.flavour == ValueFlavour::Abstract => {
                let behaviour = self.declared_behaviour(id, value, reached);
                quote!(__declared.abstract_value(#repository_id, #name) #behaviour)
            }
            DefinitionKind::Value(value) => {
                let (ty, behaviour) = (
                    self.ty(&Type::Named(id), None, definition.place),
                    self.declared_behaviour(id, value, reached),
                );
                quote!(__declared.ty::<#ty>() #behaviour)
            }
            DefinitionKind::Struct(_)
            | DefinitionKind::Exception(_)
            | DefinitionKind::Union(_)
            | DefinitionKind::Enum(_)
            | DefinitionKind::ValueBox(_) => {
                let ty = self.ty(&Type::Named(id), None, definition.place);
                quote!(__declared.ty::<#ty>())
            }
            _ => quote!(__declared),
        }
    }

    /// A constant in Rust may be of a simpler type than it is in IDL.
    fn declared_constant(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        constant: &Constant,
    ) -> TokenStream {
        let (repository_id, name) = (&definition.repository_id, simple_name(definition));
        let (path, runtime) = (self.names.path(id, "", None), self.chosen.runtime.clone());
        let value = match self.model.without_aliases(&constant.ty) {
            Type::String(None) => quote!(::std::string::String::from(#path)),
            Type::WString(None) => {
                let text = runtime.broker(quote!(WString));
                quote!(#text::from(#path))
            }
            Type::Primitive(Primitive::WChar) => {
                let character = runtime.broker(quote!(WChar));
                quote!(#character::from(#path))
            }
            bounded @ (Type::String(_) | Type::WString(_)) => {
                let ty = self.ty(&bounded.clone(), None, definition.place);
                return quote! {
                    match <#ty>::new(#path) {
                        ::core::result::Result::Ok(__text) => {
                            __declared.constant(#repository_id, #name, __text)
                        }
                        // It has been checked against its bound where it is declared.
                        ::core::result::Result::Err(_) => __declared,
                    }
                };
            }
            _ => {
                let ty = self.ty(&constant.ty, None, definition.place);
                return quote!(__declared.constant::<#ty>(#repository_id, #name, #path));
            }
        };
        quote!(__declared.constant(#repository_id, #name, #value))
    }

    /// What a valuetype has besides its state. What names a type that is not generated is left out: it is no reason to
    /// refuse a file, since none of it crosses the wire.
    fn declared_behaviour(
        &mut self,
        id: DefinitionId,
        value: &Value,
        reached: &BTreeSet<DefinitionId>,
    ) -> TokenStream {
        let model = self.model;
        let repository_id = &model.definition(id).repository_id;
        let mut steps = Vec::new();
        for base in &value.bases {
            let base = model.definition(*base);
            if matches!(&base.kind, DefinitionKind::Value(base) if base.flavour == ValueFlavour::Abstract) {
                let base = &base.repository_id;
                steps.push(quote!(.abstract_base(#base)));
            }
        }
        for supported in value.supports.iter().filter(|id| self.is_generated(**id, reached)) {
            let (proxy, of) =
                (self.names.path(*supported, "Proxy", None), self.chosen.runtime.broker(quote!(Proxy)));
            steps.push(quote!(.supports(<#proxy as #of>::interface(), __types)));
        }
        for inner in &value.body {
            let member = model.definition(*inner);
            match &member.kind {
                DefinitionKind::Operation(operation) if self.operation_is_known(operation, reached) => {
                    steps.push(self.declared_operation(member, operation));
                }
                DefinitionKind::Attribute(attribute) if self.is_known(&attribute.ty, reached) => {
                    steps.extend(self.declared_attribute(member, attribute));
                }
                _ => {}
            }
        }
        for factory in &value.factories {
            if factory.parameters.iter().all(|parameter| self.is_known(&parameter.ty, reached)) {
                let name = &*factory.name;
                let parameters = factory.parameters.iter().map(|parameter| {
                    let (name, ty) = (&*parameter.name, self.described(&parameter.ty, parameter.place));
                    quote!((::std::string::String::from(#name), #ty))
                });
                let parameters: Vec<TokenStream> = parameters.collect();
                steps.push(quote!(.initializer(#name, ::std::vec![#(#parameters),*])));
            }
        }
        if steps.is_empty() {
            return TokenStream::new();
        }
        quote!(.value(#repository_id, |__value, __types| { let _ = &__types; __value #(#steps)* }))
    }

    fn declared_operation(&mut self, definition: &Definition, operation: &Operation) -> TokenStream {
        let model = |name| self.chosen.runtime.broker(quote!(model::#name));
        let (signature, parameter, direction) =
            (model(quote!(Signature)), model(quote!(Parameter)), model(quote!(Direction)));
        let parameters = operation.parameters.iter().map(|declared| {
            let (name, ty) = (&*declared.name, self.described(&declared.ty, declared.place));
            let way = match declared.direction {
                Direction::In => quote!(In),
                Direction::Out => quote!(Out),
                Direction::InOut => quote!(InOut),
            };
            quote! {
                #parameter {
                    name: ::std::string::String::from(#name),
                    direction: #direction::#way,
                    ty: #ty,
                    optional: false,
                }
            }
        });
        let parameters: Vec<TokenStream> = parameters.collect();
        let result = match &operation.returns {
            Some(ty) => {
                let ty = self.described(ty, definition.place);
                quote!(::core::option::Option::Some(#ty))
            }
            None => quote!(::core::option::Option::None),
        };
        let raises: Vec<TokenStream> = operation
            .raises
            .iter()
            .map(|exception| self.described(&Type::Named(*exception), definition.place))
            .collect();
        let name = &*definition.name;
        quote! {
            .operation(#name, #signature {
                parameters: ::std::vec![#(#parameters),*],
                result: #result,
                raises: ::std::vec![#(#raises),*],
            })
        }
    }

    /// What reads the attribute, and what writes it.
    fn declared_attribute(&mut self, definition: &Definition, attribute: &Attribute) -> Vec<TokenStream> {
        let ty = self.described(&attribute.ty, definition.place);
        let model = |name| self.chosen.runtime.broker(quote!(model::#name));
        let (signature, parameter, direction) =
            (model(quote!(Signature)), model(quote!(Parameter)), model(quote!(Direction)));
        let (get, set) = (format!("_get_{}", definition.name), format!("_set_{}", definition.name));
        let mut steps = vec![quote! {
            .operation(#get, #signature {
                parameters: ::std::vec![],
                result: ::core::option::Option::Some(#ty),
                raises: ::std::vec![],
            })
        }];
        if !attribute.readonly {
            steps.push(quote! {
                .operation(#set, #signature {
                    parameters: ::std::vec![#parameter {
                        name: ::std::string::String::from("value"),
                        direction: #direction::In,
                        ty: #ty,
                        optional: false,
                    }],
                    result: ::core::option::Option::None,
                    raises: ::std::vec![],
                })
            });
        }
        steps
    }

    /// A type as data.
    fn described(&mut self, ty: &Type, at: quorb_idl::Place) -> TokenStream {
        let (ty, idl_type) = (self.ty(ty, None, at), self.chosen.runtime.broker(quote!(IdlType)));
        quote!(<#ty as #idl_type>::describe(__types))
    }

    fn operation_is_known(&self, operation: &Operation, reached: &BTreeSet<DefinitionId>) -> bool {
        let raised = operation.raises.iter().all(|exception| self.is_generated(*exception, reached));
        raised
            && operation.returns.iter().all(|ty| self.is_known(ty, reached))
            && operation.parameters.iter().all(|parameter| self.is_known(&parameter.ty, reached))
    }

    /// Whether every type that a type is made of is there in Rust.
    fn is_known(&self, ty: &Type, reached: &BTreeSet<DefinitionId>) -> bool {
        match ty {
            Type::Named(id) => self.is_generated(*id, reached),
            Type::Sequence(element, _) | Type::Array(element, _) => self.is_known(element, reached),
            _ => true,
        }
    }

    fn is_generated(&self, id: DefinitionId, reached: &BTreeSet<DefinitionId>) -> bool {
        let is_elsewhere =
            || ancestry(self.model, id).any(|around| self.chosen.external.contains_key(&around));
        !self.is_local(&Type::Named(id)) && (reached.contains(&id) || is_elsewhere())
    }
}

//! Structs, exceptions and enums.

use proc_macro2::{Literal as Number, TokenStream};
use quorb_idl::model::{
    Definition, DefinitionId, DefinitionKind, Enum, InterfaceFlavour, Member, Type, ValueFlavour,
};
use quote::quote;

use crate::Mapper;
use crate::annotations::{argument, has, simple_name};
use crate::modules::Modules;
use crate::spelling::{Taken, ident, snake_case, type_name};
use crate::traits::Ability;

impl Mapper<'_> {
    /// The items of a definition, in the module of its scope.
    pub(crate) fn definition(&mut self, id: DefinitionId, modules: &mut Modules) {
        let model = self.model;
        let definition = model.definition(id);
        let name = self.scoped(id);
        let item = match &definition.kind {
            DefinitionKind::Struct(members) if self.is_local(&Type::Named(id)) => {
                self.local_struct(id, definition, members)
            }
            DefinitionKind::Union(_) | DefinitionKind::Exception(_) if self.is_local(&Type::Named(id)) => {
                return self.fault(
                    definition.place,
                    format!("{name} holds local objects: write a Rust type, and name it in `external`, or {name} in `omit`"),
                );
            }
            DefinitionKind::Struct(members) => self.record(id, definition, members, Purpose::Struct),
            DefinitionKind::Exception(members) => self.record(id, definition, members, Purpose::Exception),
            DefinitionKind::Enum(enumeration) => self.enumeration(id, definition, enumeration),
            DefinitionKind::Union(union) => self.union(id, definition, union),
            DefinitionKind::Alias(ty) => self.alias(id, definition, ty),
            DefinitionKind::Constant(constant) => self.constant(id, definition, constant),
            DefinitionKind::Interface(interface) => match interface.flavour {
                _ if !interface.defined => {
                    return self.fault(
                        definition.place,
                        format!(
                            "interface {name} is declared and never defined: include the file that defines it, or name its \
                             trait in `external`"
                        ),
                    );
                }
                InterfaceFlavour::Unconstrained | InterfaceFlavour::Abstract => {
                    self.interface(id, definition, interface, modules)
                }
                InterfaceFlavour::Local => self.local_interface(id, definition, interface, modules),
            },
            DefinitionKind::Value(value) if value.defined && value.flavour == ValueFlavour::Abstract => {
                self.abstract_value(id, definition, value)
            }
            DefinitionKind::Value(value) if value.defined => self.value_type(id, definition, value),
            DefinitionKind::Value(_) => {
                return self.fault(
                    definition.place,
                    format!(
                        "valuetype {name} is declared and never defined: include the file that defines it, or name its \
                         Rust type in `external`"
                    ),
                );
            }
            DefinitionKind::ValueBox(ty) => self.value_box(id, definition, ty),
            DefinitionKind::Native => {
                return self.fault(
                    definition.place,
                    format!("native {name} is a type of each language: name the Rust type in `external`, or {name} in `omit`"),
                );
            }
            DefinitionKind::Module
            | DefinitionKind::Enumerator(..)
            | DefinitionKind::Operation(_)
            | DefinitionKind::Attribute(_) => return,
        };
        modules.add(definition.parent, item);
    }

    /// `#[idl(id = .., name = ..)]` of a type, or the same settings of an interface.
    pub(crate) fn identity(&self, id: DefinitionId, definition: &Definition) -> TokenStream {
        let repository_id = &definition.repository_id;
        let name = simple_name(definition);
        let name = (self.names.own(id) != name).then(|| quote!(, name = #name));
        let at = self.chosen.runtime.crate_setting();
        quote!(id = #repository_id #name #at)
    }

    fn record(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        members: &[Member],
        purpose: Purpose,
    ) -> TokenStream {
        let mut taken = Taken::default();
        let mut fields = Vec::new();
        for member in members {
            let name = taken.free(&snake_case(&member.name), &[]);
            let ty = self.ty(&member.ty, definition.parent, member.place);
            let text = format!(" `{} {}`", self.type_text(&member.ty), member.name);
            let settings = self.member_settings(member, &name);
            let name = ident(&name);
            fields.push(quote!(#[doc = #text] #settings pub #name: #ty,));
        }
        let types = || members.iter().map(|member| &member.ty);
        let mut derives = vec!["Debug", "Clone", "PartialEq"];
        if self.all_can(types(), Ability::Compare) {
            derives.extend(["Eq", "Hash"]);
        }
        if purpose == Purpose::Struct && self.all_can(types(), Ability::Default) {
            derives.push("Default");
        }
        let (ours, word) = match purpose {
            Purpose::Struct => ("IdlType", "struct"),
            Purpose::Exception => ("Exception", "exception"),
        };
        let derives = self.chosen.runtime.derives(&derives, ours);
        let (name, identity) = (ident(self.names.own(id)), self.identity(id, definition));
        let text = format!(" `{word} {}`", self.scoped(id));
        let body = if fields.is_empty() { quote!(;) } else { quote!({ #(#fields)* }) };
        quote! {
            #[doc = #text]
            #derives
            #[idl(#identity)]
            pub struct #name #body
        }
    }

    /// `#[idl(..)]` of a member, where something is to be said.
    fn member_settings(&mut self, member: &Member, field: &str) -> Option<TokenStream> {
        let mut settings = Vec::new();
        if field != &*member.name {
            let name = &*member.name;
            settings.push(quote!(name = #name));
        }
        if let Some(index) = argument(&member.annotations, "id") {
            match index.parse::<u32>() {
                Ok(index) => {
                    let index = Number::u32_unsuffixed(index);
                    settings.push(quote!(n = #index));
                }
                Err(_) => self.fault(member.place, "@id takes a whole number: @id(3)"),
            }
        }
        if has(&member.annotations, "default") {
            settings.push(quote!(default));
        }
        (!settings.is_empty()).then(|| quote!(#[idl(#(#settings),*)]))
    }

    fn enumeration(&mut self, id: DefinitionId, definition: &Definition, enumeration: &Enum) -> TokenStream {
        let variants = self.variants(enumeration);
        let items = variants.iter().enumerate().map(|(place, (written, name))| {
            let (variant, text) = (ident(name), format!(" `{written}`"));
            let setting = (written != name).then(|| quote!(#[idl(name = #written)]));
            let first = (place == 0).then(|| quote!(#[default]));
            quote!(#[doc = #text] #setting #first #variant,)
        });
        let derives = ["Debug", "Clone", "Copy", "Default", "PartialEq", "Eq", "PartialOrd", "Ord", "Hash"];
        let derives = self.chosen.runtime.derives(&derives, "IdlType");
        let (name, identity) = (ident(self.names.own(id)), self.identity(id, definition));
        let text = format!(" `enum {}`", self.scoped(id));
        quote! {
            #[doc = #text]
            #derives
            #[idl(#identity)]
            pub enum #name { #(#items)* }
        }
    }

    /// The enumerators: as IDL writes them, and as the variants are called.
    fn variants(&self, enumeration: &Enum) -> Vec<(String, String)> {
        let mut taken = Taken::default();
        let names = enumeration.enumerators.iter().map(|id| self.model.definition(*id).name.to_string());
        names
            .map(|name| {
                let variant = taken.free(&type_name(&name), &[]);
                (name, variant)
            })
            .collect()
    }

    /// What the variant for an enumerator is called.
    pub(crate) fn variant_of(&self, enumerator: DefinitionId) -> String {
        let DefinitionKind::Enumerator(of, place) = self.model.definition(enumerator).kind else {
            return String::new();
        };
        let DefinitionKind::Enum(enumeration) = &self.model.definition(of).kind else { return String::new() };
        self.variants(enumeration)
            .into_iter()
            .nth(place as usize)
            .map(|(_, variant)| variant)
            .unwrap_or_default()
    }
}

/// What members belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Struct,
    Exception,
}

//! Local interfaces, whose objects never leave their process: plain traits.
//!
//! There is no proxy, no servant and no reference: an object is an `Arc<dyn Trait>`, and a call is a call of Rust. A reference
//! to one may be nil, as every reference in IDL, and is an `Option`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quorb_idl::Model;
use quorb_idl::model::{
    Attribute, Definition, DefinitionId, DefinitionKind, Interface, InterfaceFlavour, Member, Operation, Type,
};
use quote::{format_ident, quote};

use crate::Mapper;
use crate::modules::Modules;
use crate::names::Scope;
use crate::raises::Raised;
use crate::spelling::{Taken, ident, snake_case};

/// The definitions whose values never leave their process (IDL 4.2, 7.4.6.4): local interfaces, and what is made of them.
///
/// One walk in the order of the source finds nearly all, since what a type is made of is defined before it. Only elements of
/// sequences may come later; for them it walks again until nothing new is found. Deep chains of types cost no stack.
pub(crate) fn locals(model: &Model) -> BTreeSet<DefinitionId> {
    let mut locals = BTreeSet::new();
    loop {
        let known = locals.len();
        for (id, definition) in model.definitions() {
            let is_local = match &definition.kind {
                DefinitionKind::Interface(interface) => interface.flavour == InterfaceFlavour::Local,
                DefinitionKind::Alias(ty) => names_one_of(&locals, ty),
                DefinitionKind::Struct(members) | DefinitionKind::Exception(members) => {
                    members.iter().any(|member| names_one_of(&locals, &member.ty))
                }
                DefinitionKind::Union(union) => {
                    union.cases.iter().any(|case| names_one_of(&locals, &case.member.ty))
                }
                _ => false,
            };
            if is_local {
                locals.insert(id);
            }
        }
        if locals.len() == known {
            return locals;
        }
    }
}

fn names_one_of(locals: &BTreeSet<DefinitionId>, ty: &Type) -> bool {
    match ty {
        Type::Sequence(element, _) | Type::Array(element, _) => names_one_of(locals, element),
        Type::Named(id) => locals.contains(id),
        _ => false,
    }
}

impl Mapper<'_> {
    /// The trait of a local interface.
    pub(crate) fn local_interface(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        interface: &Interface,
        modules: &mut Modules,
    ) -> TokenStream {
        let mut methods = self.local_methods(interface, definition.parent, Some(modules));
        let mut bases = Vec::new();
        let mut inherited = BTreeSet::new();
        for base in &interface.bases {
            if self.chosen.omit.contains(self.model, *base) {
                self.miss_base(definition, *base);
            } else if self.is_local(&Type::Named(*base)) {
                bases.push(self.names.path(*base, "", definition.parent));
            } else {
                self.remote_ancestry(*base, &mut inherited);
            }
        }
        // What comes with a local base is in its trait already.
        let mut in_bases = BTreeSet::new();
        for base in interface.bases.iter().filter(|base| self.is_local(&Type::Named(**base))) {
            self.remote_ancestry(*base, &mut in_bases);
        }
        let model = self.model;
        for base in inherited.difference(&in_bases) {
            if let DefinitionKind::Interface(base) = &model.definition(*base).kind {
                methods.extend(self.local_methods(base, definition.parent, None));
            }
        }
        let name = ident(self.names.own(id));
        let text = format!(" `local interface {}`", self.scoped(id));
        let runtime = &self.chosen.runtime;
        let send = runtime.standard(quote!(::core::marker::Send), quote!(Send));
        let sync = runtime.standard(quote!(::core::marker::Sync), quote!(Sync));
        quote! {
            #[doc = #text]
            pub trait #name: #(#bases +)* #send + #sync { #(#methods)* }
        }
    }

    /// The struct that holds local objects: it crosses no wire.
    pub(crate) fn local_struct(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        members: &[Member],
    ) -> TokenStream {
        let mut taken = Taken::default();
        let mut fields = Vec::new();
        for member in members {
            let name = ident(&taken.free(&snake_case(&member.name), &[]));
            let ty = self.ty(&member.ty, definition.parent, member.place);
            let text = format!(" `{} {}`", self.type_text(&member.ty), member.name);
            fields.push(quote!(#[doc = #text] pub #name: #ty,));
        }
        let name = ident(self.names.own(id));
        let text = format!(" `struct {}`", self.scoped(id));
        let clone = self.chosen.runtime.standard(quote!(::core::clone::Clone), quote!(Clone));
        quote! {
            #[doc = #text]
            #[derive(#clone)]
            pub struct #name { #(#fields)* }
        }
    }

    /// Whether a type is a local interface, or made of one.
    pub(crate) fn is_local(&self, ty: &Type) -> bool {
        names_one_of(&self.locals, ty)
    }

    /// The interfaces that are not local among an interface and its ancestors.
    fn remote_ancestry(&self, id: DefinitionId, found: &mut BTreeSet<DefinitionId>) {
        let (mut waiting, mut seen) = (vec![id], BTreeSet::new());
        while let Some(id) = waiting.pop() {
            let DefinitionKind::Interface(interface) = &self.model.definition(id).kind else { continue };
            if seen.insert(id) {
                waiting.extend(&interface.bases);
                if interface.flavour != InterfaceFlavour::Local {
                    found.insert(id);
                }
            }
        }
    }

    /// The methods of an interface; `modules` where it is the one whose trait this is.
    fn local_methods(
        &mut self,
        interface: &Interface,
        scope: Scope,
        mut modules: Option<&mut Modules>,
    ) -> Vec<TokenStream> {
        let mut methods = Vec::new();
        let model = self.model;
        for inner in &interface.body {
            let member = model.definition(*inner);
            match &member.kind {
                DefinitionKind::Operation(operation) => {
                    methods.push(self.local_operation(
                        *inner,
                        member,
                        operation,
                        scope,
                        modules.as_deref_mut(),
                    ));
                }
                DefinitionKind::Attribute(attribute) => {
                    methods.extend(self.local_attribute(
                        *inner,
                        member,
                        attribute,
                        scope,
                        modules.as_deref_mut(),
                    ));
                }
                _ => {}
            }
        }
        methods
    }

    fn local_operation(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        operation: &Operation,
        scope: Scope,
        modules: Option<&mut Modules>,
    ) -> TokenStream {
        let place = definition.place;
        if !operation.context.is_empty() {
            self.fault(place, "contexts are not supported: pass the values as parameters");
        }
        let Some(interface) = definition.parent else { return TokenStream::new() };
        let parameters = self.parameters(operation, scope).into_iter().map(|parameter| {
            let (name, ty) = (parameter.name, parameter.ty);
            quote!(#name: #ty)
        });
        let value = self.result(operation, scope, place);
        let raised =
            Raised { operation: id, by_setter: false, exceptions: &operation.raises, interface, place };
        let error = self.locally_raised(&raised, scope, modules);
        let returns = self.returns(id, value, error, operation.oneway);
        let (method, text) =
            (ident(self.names.own(id)), format!(" `{}`", self.operation_text(&definition.name, operation)));
        quote! {
            #[doc = #text]
            fn #method(&self, #(#parameters),*) #returns;
        }
    }

    /// What reads the attribute, and what writes it.
    fn local_attribute(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        attribute: &Attribute,
        scope: Scope,
        mut modules: Option<&mut Modules>,
    ) -> Vec<TokenStream> {
        let place = definition.place;
        let Some(interface) = definition.parent else { return Vec::new() };
        let ty = self.ty(&attribute.ty, scope, place);
        let get =
            Raised { operation: id, by_setter: false, exceptions: &attribute.get_raises, interface, place };
        let error = self.locally_raised(&get, scope, modules.as_deref_mut());
        let returns = self.returns(id, Some(ty.clone()), error.clone(), false);
        let method = ident(self.names.own(id));
        let readonly = if attribute.readonly { "readonly " } else { "" };
        let text = format!(" `{readonly}attribute {} {}`", self.type_text(&attribute.ty), definition.name);
        let mut methods = vec![quote! {
            #[doc = #text]
            fn #method(&self) #returns;
        }];
        if !attribute.readonly {
            let error = if attribute.set_raises == attribute.get_raises {
                error
            } else {
                let set = Raised { by_setter: true, exceptions: &attribute.set_raises, ..get };
                self.locally_raised(&set, scope, modules)
            };
            let returns = self.returns(id, None, error, false);
            let setter = format_ident!("set_{}", self.names.own(id));
            methods.push(quote! {
                #[doc = #text]
                fn #setter(&self, value: #ty) #returns;
            });
        }
        methods
    }

    fn locally_raised(
        &mut self,
        raised: &Raised<'_>,
        scope: Scope,
        modules: Option<&mut Modules>,
    ) -> Option<TokenStream> {
        match modules {
            Some(modules) => self.raised(raised, scope, modules),
            None => self.raised_elsewhere(raised, scope),
        }
    }
}

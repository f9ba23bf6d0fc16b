//! Operations and attributes: methods.

use proc_macro2::{Ident, TokenStream};
use quorb_idl::Place;
use quorb_idl::model::{
    Attribute, Definition, DefinitionId, DefinitionKind, Direction, Operation, Primitive, Type,
};
use quote::quote;

use crate::Mapper;
use crate::annotations::{argument, has};
use crate::modules::Modules;
use crate::names::Scope;
use crate::raises::Raised;
use crate::spelling::{Taken, ident, snake_case};

impl Mapper<'_> {
    /// The method for an operation, in a trait that stands in the module of `scope`.
    pub(crate) fn operation(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        operation: &Operation,
        scope: Scope,
        modules: &mut Modules,
    ) -> TokenStream {
        let place = definition.place;
        if !operation.context.is_empty() {
            self.fault(place, "contexts are not supported: pass the values as parameters");
        }
        let Some(interface) = definition.parent else { return TokenStream::new() };
        let parameters = self.parameters(operation, scope).into_iter().map(|parameter| {
            let MethodParameter { settings, name, ty } = parameter;
            quote!(#settings #name: #ty)
        });
        let has_outs = operation.parameters.iter().any(|parameter| parameter.direction == Direction::Out);
        let order = has_outs.then(|| {
            let names = operation.parameters.iter().map(|parameter| ident(&parameter.name));
            quote!(#[parameters(#(#names),*)])
        });
        let value = self.result(operation, scope, place);
        let raised =
            Raised { operation: id, by_setter: false, exceptions: &operation.raises, interface, place };
        let error = self.raised(&raised, scope, modules);
        let returns = self.returns(id, value, error, operation.oneway);
        let form = self.form(id, definition);
        let (attributes, receiver, keyword) = (&form.attributes, &form.receiver, &form.keyword);
        let oneway = operation.oneway.then(|| quote!(#[oneway]));
        let (method, wire) = self.method(id, definition);
        let text = format!(" `{}`", self.operation_text(&definition.name, operation));
        quote! {
            #[doc = #text]
            #wire
            #oneway
            #attributes
            #order
            #keyword fn #method(#receiver, #(#parameters),*) #returns;
        }
    }

    /// The method for an attribute; its setter is generated from the same.
    pub(crate) fn attribute(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        attribute: &Attribute,
        scope: Scope,
        modules: &mut Modules,
    ) -> TokenStream {
        let place = definition.place;
        let Some(interface) = definition.parent else { return TokenStream::new() };
        let ty = self.ty(&attribute.ty, scope, place);
        let get =
            Raised { operation: id, by_setter: false, exceptions: &attribute.get_raises, interface, place };
        let get_error = self.raised(&get, scope, modules);
        let mut settings = Vec::new();
        if !attribute.readonly {
            settings.push(quote!(set));
            if !has(&definition.annotations, "exclusive") {
                settings.push(quote!(shared));
            }
            if attribute.get_raises != attribute.set_raises {
                let set = Raised { by_setter: true, exceptions: &attribute.set_raises, ..get };
                let error = self.raised(&set, scope, modules);
                let error = self.error(id, error).unwrap_or_else(|| quote!(()));
                settings.push(quote!(raises = #error));
            }
        }
        let settings = (!settings.is_empty()).then(|| quote!((#(#settings),*)));
        let returns = self.returns(id, Some(ty), get_error, false);
        let form = self.form(id, definition);
        let (attributes, keyword) = (&form.attributes, &form.keyword);
        let (method, wire) = self.method(id, definition);
        let readonly = if attribute.readonly { "readonly " } else { "" };
        let text = format!(" `{readonly}attribute {} {}`", self.type_text(&attribute.ty), definition.name);
        quote! {
            #[doc = #text]
            #[attribute #settings]
            #wire
            #attributes
            #keyword fn #method(&self) #returns;
        }
    }

    /// The method's name, and the setting that keeps the one of the wire.
    fn method(&self, id: DefinitionId, definition: &Definition) -> (Ident, Option<TokenStream>) {
        let (method, wire) = (self.names.own(id), &*definition.name);
        // What cannot even be raw is spelled with a tail.
        let method = ident(method);
        let written = method.to_string();
        let differs = written.trim_start_matches("r#") != wire;
        (method, differs.then(|| quote!(#[idl(name = #wire)])))
    }

    /// What an operation gives: its result and its `out` parameters.
    pub(crate) fn result(&mut self, operation: &Operation, scope: Scope, at: Place) -> Option<TokenStream> {
        let result = operation.returns.as_ref().map(|ty| self.ty(ty, scope, at));
        let outs = operation.parameters.iter().filter(|parameter| parameter.direction == Direction::Out);
        let outs: Vec<TokenStream> = outs.map(|out| self.ty(&out.ty, scope, out.place)).collect();
        match (result, outs.as_slice()) {
            (result, []) => result,
            (None, outs) => Some(quote!(((), #(#outs),*))),
            (Some(result), outs) => Some(quote!((#result, #(#outs),*))),
        }
    }

    /// The `in` and `inout` parameters.
    pub(crate) fn parameters(&mut self, operation: &Operation, scope: Scope) -> Vec<MethodParameter> {
        let mut taken = Taken::default();
        let mut parameters = Vec::new();
        for parameter in &operation.parameters {
            if parameter.direction == Direction::Out {
                continue;
            }
            let name = ident(&taken.free(&snake_case(&parameter.name), &[]));
            let ty = match parameter.direction {
                Direction::InOut => {
                    let ty = self.ty(&parameter.ty, scope, parameter.place);
                    quote!(&mut #ty)
                }
                _ => self.argument(&parameter.ty, scope, parameter.place),
            };
            let written = &*parameter.name;
            let differs = name.to_string().trim_start_matches("r#") != written;
            let wire = differs.then(|| quote!(#[idl(name = #written)]));
            let default = has(&parameter.annotations, "default").then(|| quote!(#[default]));
            parameters.push(MethodParameter { settings: quote!(#wire #default), name, ty });
        }
        parameters
    }

    /// The type of an `in` parameter: small values by themselves, everything else borrowed.
    fn argument(&mut self, ty: &Type, scope: Scope, at: Place) -> TokenStream {
        match self.model.without_aliases(ty).clone() {
            Type::Primitive(
                Primitive::Object
                | Primitive::Any
                | Primitive::TypeCode
                | Primitive::ValueBase
                | Primitive::AbstractBase,
            ) => {
                let ty = self.ty(ty, scope, at);
                quote!(&#ty)
            }
            Type::Primitive(_) => self.ty(ty, scope, at),
            Type::String(None) => quote!(&str),
            // A map is called by its alias, which says so.
            Type::Sequence(element, None) if !self.is_map(ty) => {
                let element = self.ty(&element, scope, at);
                quote!(&[#element])
            }
            Type::Named(id) if matches!(self.model.definition(id).kind, DefinitionKind::Enum(_)) => {
                self.ty(ty, scope, at)
            }
            _ => {
                let ty = self.ty(ty, scope, at);
                quote!(&#ty)
            }
        }
    }

    fn is_map(&self, ty: &Type) -> bool {
        let Type::Named(id) = ty else { return false };
        let definition = self.model.definition(*id);
        match &definition.kind {
            DefinitionKind::Alias(target) => {
                self.map_entry(definition, target).is_some() || self.is_map(target)
            }
            _ => false,
        }
    }

    /// `-> ...`, where something is returned.
    pub(crate) fn returns(
        &self,
        id: DefinitionId,
        value: Option<TokenStream>,
        error: Option<TokenStream>,
        oneway: bool,
    ) -> Option<TokenStream> {
        let error = if oneway { None } else { self.error(id, error) };
        match error {
            None => value.map(|value| quote!(-> #value)),
            Some(error) => {
                let (result, value) = (self.chosen.runtime.result(), value.unwrap_or_else(|| quote!(())));
                Some(quote!(-> #result<#value, #error>))
            }
        }
    }

    /// The error of a method whose declared exceptions are `error`.
    fn error(&self, id: DefinitionId, error: Option<TokenStream>) -> Option<TokenStream> {
        if !self.chosen.faults.contains(self.model, id) {
            return error;
        }
        let fault = self.chosen.runtime.broker(quote!(Fault));
        Some(match error {
            None => fault,
            Some(error) => quote!(#fault<#error>),
        })
    }

    /// How a method takes its object and runs, by annotations and settings.
    fn form(&mut self, id: DefinitionId, definition: &Definition) -> Form {
        let annotations = &definition.annotations;
        let is_attribute = matches!(definition.kind, DefinitionKind::Attribute(_));
        let is_query =
            is_attribute || has(annotations, "query") || self.chosen.query.contains(self.model, id);
        let is_exclusive = !is_attribute && has(annotations, "exclusive");
        if has(annotations, "query") && has(annotations, "exclusive") {
            self.fault(definition.place, "@query and @exclusive contradict each other");
        }
        let cancellable = has(annotations, "cancellable");
        let waits = cancellable || self.chosen.asynchronous.contains(self.model, id);
        let blocks = !waits && self.chosen.blocking.contains(self.model, id);
        let receiver = if is_exclusive { quote!(&mut self) } else { quote!(&self) };
        let update = (!is_query && !is_exclusive).then(|| quote!(#[update]));
        let idempotent = has(annotations, "idempotent").then(|| quote!(#[idempotent]));
        let cancellable = cancellable.then(|| quote!(#[cancellable]));
        let blocking = blocks.then(|| quote!(#[blocking]));
        let deadline = argument(annotations, "deadline").map(|time| quote!(#[deadline(#time)]));
        // Text that is neither a word nor a number is refused by the attribute.
        let reply = argument(annotations, "reply").and_then(|mode| mode.parse::<TokenStream>().ok());
        let reply = reply.map(|mode| quote!(#[reply(#mode)]));
        let attributes = quote!(#update #idempotent #cancellable #blocking #deadline #reply);
        let keyword = if waits { quote!(async) } else { TokenStream::new() };
        Form { attributes, receiver, keyword }
    }
}

/// A parameter of a method.
pub(crate) struct MethodParameter {
    /// What `#[interface]` has to know of it.
    settings: TokenStream,
    pub(crate) name: Ident,
    pub(crate) ty: TokenStream,
}

struct Form {
    attributes: TokenStream,
    receiver: TokenStream,
    keyword: TokenStream,
}

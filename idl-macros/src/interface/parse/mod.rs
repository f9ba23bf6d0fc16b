//! From a trait to the model. Whatever is not understood is noted and left out.

mod bases;
mod markers;
mod method;
mod order;
mod parameters;
mod returns;
mod setter;

use proc_macro2::TokenStream;
use syn::{Attribute, ItemTrait, Path, Signature, TraitItem};

use crate::interface::model::{Interface, Operation};
use crate::repository_id::RepositoryId;
use crate::runtime::Runtime;
use crate::setting::read_settings;
use crate::sink::Sink;
use crate::spelling::{check_idl_name, plain};

/// The settings of `#[interface(...)]`.
const SETTINGS: [&str; 4] = ["id", "name", "declarations", "crate"];

/// Reads a trait and the arguments of its attribute; `None` if the item is no trait.
pub(super) fn interface(
    arguments: TokenStream,
    item: TokenStream,
    crate_name: &str,
    sink: &mut Sink,
) -> Option<Interface> {
    let Ok(mut contract) = syn::parse2::<ItemTrait>(item.clone()) else {
        match syn::parse2::<syn::Item>(item) {
            Ok(other) => {
                sink.at(other, "`#[interface]` goes on a trait: declare the operations as its methods")
            }
            Err(error) => drop(sink.take::<()>(Err(error))),
        }
        return None;
    };
    let header = header(arguments, &contract, crate_name, sink);
    refuse_unsupported_shape(&contract, sink);
    let bases = bases::bases(&contract, sink);
    let (operations, unfinished) = operations(&mut contract, &header.name, sink);
    Some(Interface {
        runtime: header.runtime,
        ident: contract.ident.clone(),
        visibility: contract.vis.clone(),
        id: header.id,
        name: header.name,
        declarations: header.declarations,
        bases,
        operations,
        unfinished,
        contract,
    })
}

struct Header {
    runtime: Runtime,
    id: RepositoryId,
    name: String,
    declarations: Option<Path>,
}

fn header(arguments: TokenStream, contract: &ItemTrait, crate_name: &str, sink: &mut Sink) -> Header {
    let (mut runtime, mut id, mut name, mut declarations) = (Runtime::default(), None, None, None);
    for setting in read_settings(arguments, &SETTINGS, sink) {
        match setting.key.to_string().as_str() {
            "id" => id = setting.text(sink).and_then(|text| RepositoryId::given(&text, sink)),
            "name" => name = setting.text(sink),
            "declarations" => declarations = setting.path(sink),
            _ => runtime = setting.path(sink).map_or(runtime, Runtime::at),
        }
    }
    let (name, span) = match name {
        Some(literal) => (literal.value(), literal.span()),
        None => (plain(&contract.ident), contract.ident.span()),
    };
    check_idl_name(&name, span, sink);
    let id = id.unwrap_or_else(|| RepositoryId::default_of(crate_name, &name));
    Header { runtime, id, name, declarations }
}

fn refuse_unsupported_shape(contract: &ItemTrait, sink: &mut Sink) {
    if !contract.generics.params.is_empty() {
        sink.at(
            &contract.generics.params,
            "an interface has no type parameters, since its peers know one set of operations: name the types",
        );
    }
    if let Some(clause) = &contract.generics.where_clause {
        sink.at(clause, "an interface has no where clause: put bounds on the servant's own type");
    }
    if let Some(keyword) = &contract.unsafety {
        sink.at(
            keyword,
            "an interface cannot be `unsafe`: its callers are elsewhere and can promise nothing",
        );
    }
    if let Some(keyword) = &contract.auto_token {
        sink.at(keyword, "an interface cannot be an `auto` trait");
    }
    for attribute in &contract.attrs {
        refuse_configuration(
            attribute,
            "write it above `#[interface]`, so that it holds for proxy and servant too",
            sink,
        );
        if attribute.path().segments.last().is_some_and(|last| last.ident == "async_trait") {
            sink.at(
                attribute,
                "`async_trait` is not needed: write `async fn`, in the trait and in its implementation",
            );
        }
    }
}

fn refuse_configuration(attribute: &Attribute, advice: &str, sink: &mut Sink) {
    if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
        sink.at(
            attribute,
            format_args!("conditional compilation does not reach what is generated: {advice}"),
        );
    }
}

/// Reads the methods, and takes our attributes off the trait. Also answers the methods that are no operations.
fn operations(contract: &mut ItemTrait, name: &str, sink: &mut Sink) -> (Vec<Operation>, Vec<Signature>) {
    let (mut operations, mut unfinished) = (Vec::new(), Vec::new());
    for item in &mut contract.items {
        match item {
            TraitItem::Fn(method) => match method::operation(method, name, sink) {
                Some((operation, setter)) => {
                    let setter = setter.and_then(|setter| setter::setter_of(&operation, &setter, sink));
                    operations.push(operation);
                    operations.extend(setter);
                }
                None => unfinished.push(method.sig.clone()),
            },
            TraitItem::Const(constant) => {
                sink.at(&*constant, "an interface has no constants: declare it beside the trait");
            }
            TraitItem::Type(ty) => {
                sink.at(&*ty, "an interface has no associated types: name the type in each operation");
            }
            other => sink.at(&*other, "only methods can be operations of an interface"),
        }
    }
    (operations, unfinished)
}

//! From a struct or enum to the model.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, FieldsNamed, FieldsUnnamed, Member as Field, Type, Variant,
};

use super::labels;
use super::model::{Definition, Enumerator, Member, Missing, Shape, ValueKind};
use super::value_type;
use crate::repository_id::RepositoryId;
use crate::runtime::Runtime;
use crate::setting::{Setting, take_idl_settings};
use crate::sink::Sink;
use crate::spelling::{check_idl_name, plain};
use crate::wire_type::{check_type, optional_element};

/// Which derive is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `#[derive(IdlType)]`.
    Type,
    /// `#[derive(Exception)]`.
    Exception,
}

/// What stands on the type itself.
pub(crate) struct Header {
    pub(crate) runtime: Runtime,
    pub(crate) id: RepositoryId,
    pub(crate) name: String,
    pub(crate) serde: bool,
    pub(crate) display: bool,
    /// The setting that gave an id, for a message.
    pub(super) given_id: Option<Setting>,
    /// `#[idl(switch = ..)]`.
    switch: Option<Setting>,
    /// `#[idl(value)]`.
    pub(super) value: Option<Setting>,
    /// `#[idl(truncatable)]` or `#[idl(custom)]`.
    pub(super) kind: Option<(ValueKind, Setting)>,
}

/// Reads `#[idl(...)]` on the type, and refuses generics.
pub(crate) fn header(input: &mut DeriveInput, known: &[&str], crate_name: &str, sink: &mut Sink) -> Header {
    let mut header = Header {
        runtime: Runtime::default(),
        id: RepositoryId::default_of(crate_name, ""),
        name: plain(&input.ident),
        serde: true,
        display: true,
        given_id: None,
        switch: None,
        value: None,
        kind: None,
    };
    let mut id = None;
    let mut span = input.ident.span();
    for setting in take_idl_settings(&mut input.attrs, known, sink) {
        match setting.key.to_string().as_str() {
            "id" => {
                id = setting.text(sink).and_then(|text| RepositoryId::given(&text, sink));
                header.given_id = Some(setting);
            }
            "name" => {
                if let Some(text) = setting.text(sink) {
                    (header.name, span) = (text.value(), text.span());
                }
            }
            "serde" => header.serde = setting.boolean(sink).unwrap_or(true),
            "display" => header.display = setting.boolean(sink).unwrap_or(true),
            "switch" => header.switch = Some(setting),
            "value" => header.value = Some(setting),
            "truncatable" => header.kind = Some((ValueKind::Truncatable, setting)),
            "custom" => header.kind = Some((ValueKind::Custom, setting)),
            _ => header.runtime = setting.path(sink).map_or_else(Runtime::default, Runtime::at),
        }
    }
    check_idl_name(&header.name, span, sink);
    header.id = id.unwrap_or_else(|| RepositoryId::default_of(crate_name, &header.name));
    if !input.generics.params.is_empty() {
        sink.at(
            &input.generics.params,
            "a type of an interface has no parameters, since IDL has none: write it out for the types you need",
        );
    } else if let Some(clause) = &input.generics.where_clause {
        sink.at(clause, "a type of an interface has no where clause: leave it out");
    }
    header
}

/// Reads a type; `None` if nothing can be made of it, which is noted.
pub(crate) fn definition(
    mut input: DeriveInput,
    purpose: Purpose,
    crate_name: &str,
    sink: &mut Sink,
) -> Option<Definition> {
    let before = sink.count();
    let known: &[&str] = match purpose {
        Purpose::Type => &["id", "name", "crate", "serde", "switch", "value", "truncatable", "custom"],
        Purpose::Exception => &["id", "name", "crate", "serde", "display"],
    };
    let header = header(&mut input, known, crate_name, sink);
    let shape = match &mut input.data {
        Data::Struct(data) => {
            data.fields.iter_mut().for_each(|field| name_itself(&mut field.ty, &input.ident));
            match header.value {
                Some(_) => value_type::value_type(&header, &input.ident, &mut data.fields, sink),
                None => plain_record(&input.ident, &mut data.fields, purpose, sink),
            }
        }
        Data::Enum(data) => {
            let mut variants: Vec<Variant> = data.variants.iter().cloned().collect();
            let fields = variants.iter_mut().flat_map(|variant| &mut variant.fields);
            fields.for_each(|field| name_itself(&mut field.ty, &input.ident));
            enumeration_or_union(&input, variants, &header, sink)
        }
        Data::Union(data) => {
            sink.at(
                data.union_token,
                "a Rust `union` does not say which field it holds: use an enum, which is an IDL union",
            );
            None
        }
    }?;
    value_type::refuse_misplaced(&header, &shape, sink);
    if let (Shape::Alias(_), Some(setting)) = (&shape, &header.given_id) {
        sink.at(
            &setting.key,
            "a struct of one unnamed field is another name for its type and has no id: name the field",
        );
    }
    let Header { runtime, id, name, serde, display, .. } = header;
    (sink.count() == before).then_some(Definition {
        runtime,
        ident: input.ident,
        id,
        name,
        serde,
        display,
        shape,
    })
}

/// The members of a struct that is no value type.
fn plain_record(ident: &syn::Ident, fields: &mut Fields, purpose: Purpose, sink: &mut Sink) -> Option<Shape> {
    let shape = record(ident, fields, purpose, sink)?;
    let Shape::Record(members) = &shape else { return Some(shape) };
    for member in members.iter().filter(|member| member.is_base || member.is_private) {
        sink.at(
            &member.field,
            "only value types have a base and private members: write `#[idl(value)]` on the struct",
        );
    }
    Some(shape)
}

/// The members of a struct.
pub(crate) fn record(
    ident: &syn::Ident,
    fields: &mut Fields,
    purpose: Purpose,
    sink: &mut Sink,
) -> Option<Shape> {
    match fields {
        Fields::Unit => empty_record(ident, purpose, sink),
        Fields::Unnamed(FieldsUnnamed { unnamed, .. }) if unnamed.is_empty() => {
            empty_record(ident, purpose, sink)
        }
        Fields::Named(FieldsNamed { named, .. }) if named.is_empty() => empty_record(ident, purpose, sink),
        Fields::Unnamed(FieldsUnnamed { unnamed, .. }) if unnamed.len() == 1 && purpose == Purpose::Type => {
            let field = &mut unnamed[0];
            for setting in take_idl_settings(&mut field.attrs, &["n", "name", "default"], sink) {
                sink.at(
                    &setting.key,
                    "a struct of one unnamed field is another name for its type: settings need a named field",
                );
            }
            check_type(&field.ty, "a member", None, sink);
            Some(Shape::Alias(Box::new(field.ty.clone())))
        }
        fields => {
            let members: Vec<Member> = fields
                .iter_mut()
                .enumerate()
                .filter_map(|(place, field)| member(place, field, sink))
                .collect();
            check_members(&members, sink);
            Some(Shape::Record(members))
        }
    }
}

fn empty_record(ident: &syn::Ident, purpose: Purpose, sink: &mut Sink) -> Option<Shape> {
    if purpose == Purpose::Exception {
        return Some(Shape::Record(Vec::new()));
    }
    sink.at(ident, "an IDL struct has at least one member: add a field, or use an enum with one variant");
    None
}

fn member(place: usize, field: &mut syn::Field, sink: &mut Sink) -> Option<Member> {
    let (mut index, mut name, mut missing) = (None, None, None);
    let (mut is_base, mut is_private) = (false, false);
    let known = ["n", "name", "default", "base", "private"];
    for setting in take_idl_settings(&mut field.attrs, &known, sink) {
        match setting.key.to_string().as_str() {
            "n" => index = setting.number(sink),
            "name" => name = setting.text(sink),
            "base" => is_base = true,
            "private" => is_private = true,
            _ => {
                missing = Some(setting.value.map_or(Missing::OfType, |value| Missing::Given(Box::new(value))))
            }
        }
    }
    check_type(&field.ty, "a member", None, sink);
    let missing = missing.unwrap_or(match optional_element(&field.ty) {
        Some(_) => Missing::Nothing,
        None => Missing::Refused,
    });
    let (rust_name, span) = match &field.ident {
        Some(ident) => (plain(ident), ident.span()),
        None => (format!("field{place}"), syn::spanned::Spanned::span(&field.ty)),
    };
    let (name, span) = name.map_or((rust_name, span), |name| (name.value(), name.span()));
    let member = Member {
        field: field.ident.clone().map_or_else(|| Field::from(place), Field::Named),
        index,
        ty: field.ty.clone(),
        missing,
        name,
        is_base,
        is_private,
    };
    check_idl_name(&member.name, span, sink).then_some(member)
}

fn check_members(members: &[Member], sink: &mut Sink) {
    let any_index = members.iter().any(|member| member.index.is_some());
    for (place, member) in members.iter().enumerate() {
        let earlier = &members[..place];
        if any_index && member.index.is_none() {
            sink.at(
                &member.field,
                "the members are called by index or by name, all alike: give this one `#[idl(n = ...)]` too",
            );
        }
        if member.index.is_some() && earlier.iter().any(|other| other.index == member.index) {
            sink.at(&member.field, "another member has this index: give each its own");
        }
        if earlier.iter().any(|other| other.name.eq_ignore_ascii_case(&member.name)) {
            sink.at(
                &member.field,
                format_args!("two members are called `{}` in IDL, which ignores case: rename one, or use `#[idl(name = \"...\")]`", member.name),
            );
        }
    }
}

fn enumeration_or_union(
    input: &DeriveInput,
    mut variants: Vec<Variant>,
    header: &Header,
    sink: &mut Sink,
) -> Option<Shape> {
    if variants.is_empty() {
        sink.at(&input.ident, "an IDL enum has at least one enumerator: add a variant");
        return None;
    }
    for variant in &variants {
        if let Some((_, value)) = &variant.discriminant {
            sink.at(value, "IDL counts enumerators from zero in the order they are written: leave the number out, and order the variants");
        }
    }
    let before = sink.count();
    let switch = labels::switch(&input.attrs, header.switch.as_ref(), sink);
    if sink.count() > before {
        return None;
    }
    let has_values = variants.iter().any(|variant| !matches!(variant.fields, Fields::Unit));
    if switch.is_some() || has_values {
        return labels::union(switch, &mut variants, sink).map(Shape::Union);
    }
    let mut enumerators: Vec<Enumerator> = Vec::new();
    for variant in &mut variants {
        let name = variant_name(variant, sink);
        labels::refuse_labels(variant, sink);
        refuse_equal_variant(
            &name,
            &variant.ident,
            enumerators.iter().map(|earlier| earlier.name.as_str()),
            sink,
        );
        enumerators.push(Enumerator { ident: variant.ident.clone(), name });
    }
    Some(Shape::Enumeration(enumerators))
}

/// The name of a variant in IDL and CBOR; takes `#[idl(name = ..)]` off it.
pub(super) fn variant_name(variant: &mut Variant, sink: &mut Sink) -> String {
    let setting = take_idl_settings(&mut variant.attrs, &["name"], sink).into_iter().next();
    let literal = setting.and_then(|setting| setting.text(sink));
    let (name, span) = literal.map_or_else(
        || (plain(&variant.ident), variant.ident.span()),
        |literal| (literal.value(), literal.span()),
    );
    check_idl_name(&name, span, sink);
    name
}

/// Notes a second variant of the same name.
pub(super) fn refuse_equal_variant<'a>(
    name: &str,
    ident: &syn::Ident,
    mut earlier: impl Iterator<Item = &'a str>,
    sink: &mut Sink,
) {
    if earlier.any(|earlier| earlier.eq_ignore_ascii_case(name)) {
        sink.at(ident, format_args!("two variants are called `{name}` in IDL, which ignores case: rename one, or use `#[idl(name = \"...\")]`"));
    }
}

/// Whether an attribute is there, and what it holds.
pub(super) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.path().is_ident(name))
}

/// The value of a setting as a type name.
pub(super) fn as_type(value: &Expr) -> Option<Type> {
    syn::parse2(quote::quote!(#value)).ok()
}

/// Puts the type's name for `Self`, since members are also written where `Self` is another type.
fn name_itself(ty: &mut Type, ident: &syn::Ident) {
    fn named(tokens: TokenStream, ident: &syn::Ident) -> TokenStream {
        let name = |token| match token {
            TokenTree::Ident(word) if word == "Self" => {
                let mut ident = ident.clone();
                ident.set_span(word.span());
                TokenTree::Ident(ident)
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), named(group.stream(), ident));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => token,
        };
        tokens.into_iter().map(name).collect()
    }
    if let Ok(renamed) = syn::parse2(named(ty.to_token_stream(), ident)) {
        *ty = renamed;
    }
}

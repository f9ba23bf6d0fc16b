//! Unions: the switch, and the labels of the cases.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, ExprLit, ExprPath, ExprUnary, Fields, Lit, Meta, Path, Token, Type, TypePath, UnOp,
    Variant,
};

use super::model::{Case, Label, LabelValue, Switch, SwitchKind, SwitchType, Union};
use super::parse::{as_type, find, refuse_equal_variant, variant_name};
use crate::setting::Setting;
use crate::sink::Sink;
use crate::spelling::listed;
use crate::wire_type::check_type;

/// The types of the language and ours that can be switched by.
const SWITCHES: [(&str, SwitchKind); 11] = [
    ("u8", SwitchKind::Number(0, u8::MAX as i128)),
    ("i8", SwitchKind::Number(i8::MIN as i128, i8::MAX as i128)),
    ("i16", SwitchKind::Number(i16::MIN as i128, i16::MAX as i128)),
    ("u16", SwitchKind::Number(0, u16::MAX as i128)),
    ("i32", SwitchKind::Number(i32::MIN as i128, i32::MAX as i128)),
    ("u32", SwitchKind::Number(0, u32::MAX as i128)),
    ("i64", SwitchKind::Number(i64::MIN as i128, i64::MAX as i128)),
    ("u64", SwitchKind::Number(0, u64::MAX as i128)),
    ("bool", SwitchKind::Boolean),
    ("char", SwitchKind::Character),
    ("WChar", SwitchKind::Wide),
];

/// Types that begin like an enum and are none.
const NO_ENUMS: [&str; 10] =
    ["String", "WString", "BString", "BVec", "Vec", "Option", "Box", "Arc", "Fixed", "LongDouble"];

/// What can be switched by: one of our types, or any other type that is called as enums are.
fn switch_kind(path: &Path) -> Option<SwitchKind> {
    let last = path.segments.last()?;
    let name = last.ident.to_string();
    if let Some((_, kind)) = SWITCHES.iter().find(|(known, _)| *known == name) {
        let is_ours = *kind == SwitchKind::Wide || path.get_ident().is_some();
        return is_ours.then_some(*kind);
    }
    let is_enum = name.starts_with(|first: char| first.is_uppercase()) && !NO_ENUMS.contains(&name.as_str());
    (is_enum && last.arguments.is_empty()).then_some(SwitchKind::Enumeration)
}

/// The switch that `#[switch(T)]` or `#[idl(switch = T)]` names.
pub(super) fn switch(
    attributes: &[Attribute],
    setting: Option<&Setting>,
    sink: &mut Sink,
) -> Option<SwitchType> {
    let (written, place): (Option<Type>, TokenStream) = match (find(attributes, "switch"), setting) {
        (Some(attribute), Some(setting)) => {
            sink.at(&setting.key, "the switch is given twice: keep one of them");
            (attribute.parse_args().ok(), attribute.meta.to_token_stream())
        }
        (Some(attribute), None) => match &attribute.meta {
            Meta::List(list) => (syn::parse2(list.tokens.clone()).ok(), list.tokens.clone()),
            meta => (None, meta.to_token_stream()),
        },
        (None, Some(setting)) => {
            let value = setting.value.as_ref();
            (
                value.and_then(as_type),
                value.map_or_else(|| setting.key.to_token_stream(), ToTokens::to_token_stream),
            )
        }
        (None, None) => return None,
    };
    let path = written.and_then(|ty| match ty {
        Type::Path(TypePath { qself: None, path }) => Some(path),
        _ => None,
    });
    let found = path.and_then(|path| Some((switch_kind(&path)?, path)));
    if found.is_none() {
        let names = SWITCHES.map(|(name, _)| name);
        sink.at(
            place,
            format_args!("a union is switched by one of {}, or by an enum: `#[switch(i32)]`", listed(&names)),
        );
    }
    found.map(|(kind, path)| SwitchType { name: path.to_token_stream().to_string(), kind, path })
}

/// Notes labels where there is no switch. A bare `#[default]` is left alone: it belongs to `#[derive(Default)]`.
pub(super) fn refuse_labels(variant: &Variant, sink: &mut Sink) {
    if let Some(label) = find(&variant.attrs, "label") {
        sink.at(label, "labels need a switch: write `#[switch(i32)]` on the enum, or leave the label out");
    }
}

/// The cases of a union.
pub(super) fn union(switch: Option<SwitchType>, variants: &mut [Variant], sink: &mut Sink) -> Option<Union> {
    let before = sink.count();
    let mut cases: Vec<Case> = Vec::new();
    for variant in variants {
        let name = variant_name(variant, sink);
        refuse_equal_variant(&name, &variant.ident, cases.iter().map(|earlier| earlier.name.as_str()), sink);
        let case = match &switch {
            None => {
                refuse_labels(variant, sink);
                plain_case(variant, name, sink)
            }
            Some(switch) => labelled_case(variant, name, switch, sink),
        };
        if let Some(case) = case {
            refuse_equal_labels(&cases, &case, sink);
            cases.push(case);
        }
    }
    let switch = switch.map_or(Switch::Generated, Switch::Typed);
    (sink.count() == before).then_some(Union { switch, cases })
}

fn plain_case(variant: &Variant, name: String, sink: &mut Sink) -> Option<Case> {
    let value = match fields(variant, sink)?.as_slice() {
        [] => None,
        [value] => Some((*value).clone()),
        _ => {
            refuse_several(variant, sink);
            return None;
        }
    };
    value.iter().for_each(|value| check_type(value, "a value of a union", None, sink));
    Some(Case { ident: variant.ident.clone(), name, labels: Vec::new(), is_default: false, value })
}

fn labelled_case(variant: &Variant, name: String, switch: &SwitchType, sink: &mut Sink) -> Option<Case> {
    let labels = labels(variant, switch, sink);
    let is_default = find(&variant.attrs, "default").is_some();
    if labels.is_empty() && !is_default && find(&variant.attrs, "label").is_none() {
        sink.at(
            &variant.ident,
            "this case has no label: write `#[label(...)]`, or `#[default]` for every other label",
        );
        return None;
    }
    let fields = fields(variant, sink)?;
    let mut case = Case { ident: variant.ident.clone(), name, labels, is_default, value: None };
    let mut values = fields.as_slice();
    if case.keeps_label() {
        match values.split_first() {
            Some((first, rest)) if first.to_token_stream().to_string() == switch.name => values = rest,
            _ => {
                sink.at(
                    &variant.ident,
                    format_args!(
                        "several labels lead here, so the variant keeps the one it has: make its first field `{0}`, \
                         `{1}({0}, ...)`",
                        switch.name, variant.ident
                    ),
                );
                return None;
            }
        }
    }
    match values {
        [] => {}
        [value] => {
            check_type(value, "a value of a union", None, sink);
            case.value = Some((*value).clone());
        }
        _ => {
            refuse_several(variant, sink);
            return None;
        }
    }
    Some(case)
}

fn refuse_several(variant: &Variant, sink: &mut Sink) {
    sink.at(
        &variant.fields,
        format_args!("a case of a union has one value: put the fields of `{}` in a struct", variant.ident),
    );
}

fn fields<'a>(variant: &'a Variant, sink: &mut Sink) -> Option<Vec<&'a Type>> {
    match &variant.fields {
        Fields::Unit => Some(Vec::new()),
        Fields::Unnamed(fields) => Some(fields.unnamed.iter().map(|field| &field.ty).collect()),
        named => {
            sink.at(
                named,
                format_args!(
                    "a case of a union has one value: put the fields of `{}` in a struct",
                    variant.ident
                ),
            );
            None
        }
    }
}

fn labels(variant: &Variant, switch: &SwitchType, sink: &mut Sink) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("label")) {
        let expressions = match &attribute.meta {
            Meta::List(list) => {
                sink.take(Punctuated::<Expr, Token![,]>::parse_terminated.parse2(list.tokens.clone()))
            }
            _ => None,
        };
        if expressions.as_ref().is_none_or(|list| list.is_empty()) {
            sink.at(attribute, "a label has a value: `#[label(1)]`, `#[label(1, 2)]`");
        }
        for expression in expressions.into_iter().flatten() {
            let Some(label) = label(&expression, switch) else {
                sink.at(
                    &expression,
                    format_args!("this is no `{}`, by which the union is switched", switch.name),
                );
                continue;
            };
            if labels.iter().any(|earlier| earlier.value == label.value) {
                sink.at(&expression, "this label is given twice: keep one of them");
            }
            labels.push(label);
        }
    }
    labels
}

/// The label that an expression gives, if it is a literal of the switch's type.
fn label(expression: &Expr, switch: &SwitchType) -> Option<Label> {
    if switch.kind == SwitchKind::Enumeration {
        return enumerator(expression, switch);
    }
    let (negative, literal) = match expression {
        Expr::Lit(ExprLit { lit, .. }) => (false, lit),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match &**expr {
            Expr::Lit(ExprLit { lit: lit @ Lit::Int(_), .. }) => (true, lit),
            _ => return None,
        },
        _ => return None,
    };
    let value = match (literal, switch.kind) {
        (Lit::Int(number), SwitchKind::Number(least, most))
            if [switch.name.as_str(), ""].contains(&number.suffix()) =>
        {
            let number = number.base10_parse::<i128>().ok()?;
            let number = if negative { -number } else { number };
            (least..=most).contains(&number).then_some(LabelValue::Number(number))?
        }
        (Lit::Byte(byte), SwitchKind::Number(0, 255)) => LabelValue::Number(i128::from(byte.value())),
        (Lit::Bool(boolean), SwitchKind::Boolean) => LabelValue::Boolean(boolean.value),
        (Lit::Char(character), SwitchKind::Character) => LabelValue::Character(character.value()),
        (Lit::Char(character), SwitchKind::Wide) => {
            let path = &switch.path;
            let tokens = generated(quote!(#path(#expression)));
            return Some(Label { tokens, value: LabelValue::Character(character.value()) });
        }
        _ => return None,
    };
    Some(Label { tokens: generated(quote!(#expression)), value })
}

/// The label that names a variant of the enum: `Red` or `Colour::Red`.
fn enumerator(expression: &Expr, switch: &SwitchType) -> Option<Label> {
    let Expr::Path(ExprPath { qself: None, path, .. }) = expression else { return None };
    let variant = &path.segments.last()?.ident;
    let enumeration = &switch.path;
    let is_ours = match path.segments.len() {
        1 => true,
        count => path.segments[count - 2].ident == enumeration.segments.last()?.ident,
    };
    let tokens = generated(quote!(#enumeration::#variant));
    is_ours.then(|| Label { tokens, value: LabelValue::Enumerator(variant.to_string()) })
}

/// The same tokens as generated ones: lints about patterns are not for labels, messages still point to them.
fn generated(tokens: TokenStream) -> TokenStream {
    let token = |mut token: TokenTree| {
        token.set_span(token.span().resolved_at(Span::call_site()));
        token
    };
    tokens.into_iter().map(token).collect()
}

fn refuse_equal_labels(cases: &[Case], case: &Case, sink: &mut Sink) {
    for label in &case.labels {
        if let Some(other) =
            cases.iter().find(|other| other.labels.iter().any(|earlier| earlier.value == label.value))
        {
            sink.at(&label.tokens, format_args!("the case `{}` has this label already", other.ident));
        }
    }
    let others = || cases.iter().chain([case]).flat_map(|case| &case.labels);
    let truths = [true, false].map(|truth| others().any(|label| label.value == LabelValue::Boolean(truth)));
    let default =
        cases.iter().find(|other| other.is_default).or_else(|| Some(case).filter(|case| case.is_default));
    match default {
        Some(default) if case.is_default && default.ident != case.ident => {
            sink.at(
                &case.ident,
                format_args!(
                    "a union has one default case, and `{}` is it: give this one labels",
                    default.ident
                ),
            );
        }
        Some(default) if truths == [true, true] => {
            sink.at(&default.ident, "no label is left for a default case: leave it out");
        }
        _ => {}
    }
}

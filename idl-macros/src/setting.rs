//! Lists of settings: `name = value, flag`, as in `#[interface(...)]` and `#[idl(...)]`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token};

use crate::sink::Sink;
use crate::spelling::suggestion;

/// One `name = value`, or a bare `name`.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// The name.
    pub(crate) key: Ident,
    /// The value, where there is one.
    pub(crate) value: Option<Expr>,
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Setting> {
        let key = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(ungrouped(input.parse()?))
        } else {
            None
        };
        Ok(Setting { key, value })
    }
}

/// The expression itself: what a macro by example passes on stands in an invisible group.
fn ungrouped(expression: Expr) -> Expr {
    match expression {
        Expr::Group(group) => ungrouped(*group.expr),
        other => other,
    }
}

/// Reads a list of settings of which only `known` ones are allowed, each once.
pub(crate) fn read_settings(tokens: TokenStream, known: &[&str], sink: &mut Sink) -> Vec<Setting> {
    let mut settings = Vec::new();
    read_into(&mut settings, tokens, known, sink);
    settings
}

/// Takes every `#[idl(...)]` out of `attributes` and reads its settings.
pub(crate) fn take_idl_settings(
    attributes: &mut Vec<Attribute>,
    known: &[&str],
    sink: &mut Sink,
) -> Vec<Setting> {
    let mut settings = Vec::new();
    attributes.retain(|attribute| {
        if !attribute.path().is_ident("idl") {
            return true;
        }
        match &attribute.meta {
            Meta::List(list) => read_into(&mut settings, list.tokens.clone(), known, sink),
            _ => sink.at(attribute, "`idl` takes a list of settings: `#[idl(name = \"...\")]`"),
        }
        false
    });
    settings
}

fn read_into(settings: &mut Vec<Setting>, tokens: TokenStream, known: &[&str], sink: &mut Sink) {
    let parsed = Punctuated::<Setting, Token![,]>::parse_terminated.parse2(tokens);
    for setting in sink.take(parsed).into_iter().flatten() {
        let name = setting.key.to_string();
        if !known.contains(&name.as_str()) {
            sink.at(&setting.key, format_args!("unknown setting `{name}`: {}", suggestion(&name, known)));
        } else if settings.iter().any(|earlier| earlier.key == setting.key) {
            sink.at(&setting.key, format_args!("`{name}` is given twice: keep one of them"));
        } else {
            settings.push(setting);
        }
    }
}

impl Setting {
    /// The value as a text literal.
    pub(crate) fn text(&self, sink: &mut Sink) -> Option<LitStr> {
        if let Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = &self.value {
            return Some(text.clone());
        }
        sink.at_span(self.span(), format_args!("`{0}` takes a text: `{0} = \"...\"`", self.key));
        None
    }

    /// The value as a path.
    pub(crate) fn path(&self, sink: &mut Sink) -> Option<Path> {
        if let Some(Expr::Path(path)) = &self.value {
            return Some(path.path.clone());
        }
        sink.at_span(self.span(), format_args!("`{0}` takes a path: `{0} = some::path`", self.key));
        None
    }

    /// The value as `true` or `false`.
    pub(crate) fn boolean(&self, sink: &mut Sink) -> Option<bool> {
        if let Some(Expr::Lit(ExprLit { lit: Lit::Bool(boolean), .. })) = &self.value {
            return Some(boolean.value);
        }
        sink.at_span(self.span(), format_args!("`{0}` takes `true` or `false`: `{0} = false`", self.key));
        None
    }

    /// The value as a small number.
    pub(crate) fn number(&self, sink: &mut Sink) -> Option<u32> {
        if let Some(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) = &self.value
            && let Ok(number) = number.base10_parse()
        {
            return Some(number);
        }
        sink.at_span(self.span(), format_args!("`{0}` takes a whole number: `{0} = 3`", self.key));
        None
    }

    fn span(&self) -> proc_macro2::Span {
        self.value.as_ref().map_or_else(|| self.key.span(), Spanned::span)
    }
}

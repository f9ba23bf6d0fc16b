//! What stands beside the IDL: where included files are, and how servants are written.

use proc_macro2::{Span, TokenStream};
use quorb_mapping::{Runtime, Settings};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::{Bracket, Paren};
use syn::{Ident, LitStr, Path, Token, bracketed, parenthesized};

use crate::spelling::suggestion;

/// The names of all options.
const OPTIONS: [&str; 9] =
    ["include", "define", "query", "async", "blocking", "faults", "omit", "external", "crate"];

/// The options of `include_idl!` and `idl!`.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Folders where included files are looked for.
    pub(super) include: Vec<String>,
    /// Macros, `NAME` or `NAME=VALUE`.
    pub(super) define: Vec<String>,
    pub(super) settings: Settings,
    /// Every scoped name in the settings, with its place.
    places: Vec<(String, Span)>,
}

impl Options {
    /// Reads `, name = value, ...` up to the end.
    pub(super) fn behind(input: ParseStream<'_>) -> syn::Result<Options> {
        if input.is_empty() {
            return Ok(Options::default());
        }
        input.parse::<Token![,]>()?;
        input.parse()
    }

    /// Where a scoped name stands in the settings.
    pub(super) fn place_of(&self, name: &str) -> Option<Span> {
        self.places.iter().find(|(given, _)| given == name).map(|(_, span)| *span)
    }

    fn option(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let key = Ident::parse_any(input)?;
        let name = key.unraw().to_string();
        match name.as_str() {
            "include" => self.include = texts(input)?,
            "define" => self.define = texts(input)?,
            "query" => self.settings.query = self.names(input)?,
            "async" => self.settings.asynchronous = self.names(input)?,
            "blocking" => self.settings.blocking = self.names(input)?,
            "faults" => self.settings.faults = self.names(input)?,
            "omit" => self.settings.omit = self.names(input)?,
            "external" => self.settings.external = self.external(input)?,
            "crate" => {
                input.parse::<Token![=]>()?;
                self.settings.runtime = Runtime::Absolute(input.parse::<Path>()?.to_token_stream());
            }
            _ => {
                let message = format!("unknown option `{name}`: {}", suggestion(&name, &OPTIONS));
                return Err(syn::Error::new(key.span(), message));
            }
        }
        Ok(())
    }

    /// `= [A::B, C]`, or one name without brackets.
    fn names(&mut self, input: ParseStream<'_>) -> syn::Result<Vec<String>> {
        let names: Vec<ScopedName> = list(input)?;
        self.places.extend(names.iter().map(|name| (name.text.clone(), name.span)));
        Ok(names.into_iter().map(|name| name.text).collect())
    }

    /// `(A = crate::a, B::C = other::Trait)`.
    fn external(&mut self, input: ParseStream<'_>) -> syn::Result<Vec<(String, TokenStream)>> {
        if !input.peek(Paren) {
            return Err(input.error("write `external(CosNaming = crate::cos_naming)`"));
        }
        let content;
        parenthesized!(content in input);
        let pairs = Punctuated::<Elsewhere, Token![,]>::parse_terminated(&content)?;
        let pair = |Elsewhere { name, path }: Elsewhere| {
            self.places.push((name.text.clone(), name.span));
            (name.text, path.to_token_stream())
        };
        Ok(pairs.into_iter().map(pair).collect())
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Options> {
        let mut options = Options::default();
        while !input.is_empty() {
            options.option(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// A name of the IDL: `CosNaming::NamingContext`, or in quotation marks where it has a word that Rust cannot take.
struct ScopedName {
    text: String,
    span: Span,
}

impl Parse for ScopedName {
    fn parse(input: ParseStream<'_>) -> syn::Result<ScopedName> {
        if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            return Ok(ScopedName {
                text: literal.value().trim_start_matches("::").to_owned(),
                span: literal.span(),
            });
        }
        input.parse::<Option<Token![::]>>()?;
        let first = Ident::parse_any(input)?;
        let (mut text, span) = (first.unraw().to_string(), first.span());
        while input.parse::<Option<Token![::]>>()?.is_some() {
            text.push_str("::");
            text.push_str(&Ident::parse_any(input)?.unraw().to_string());
        }
        Ok(ScopedName { text, span })
    }
}

struct Elsewhere {
    name: ScopedName,
    path: Path,
}

impl Parse for Elsewhere {
    fn parse(input: ParseStream<'_>) -> syn::Result<Elsewhere> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Elsewhere { name, path: Path::parse_mod_style(input)? })
    }
}

fn list<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    input.parse::<Token![=]>()?;
    if !input.peek(Bracket) {
        return Ok(vec![input.parse()?]);
    }
    let content;
    bracketed!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

fn texts(input: ParseStream<'_>) -> syn::Result<Vec<String>> {
    Ok(list::<LitStr>(input)?.iter().map(LitStr::value).collect())
}

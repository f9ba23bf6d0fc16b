//! `include_idl!` and `idl!`: OMG IDL becomes what a handwritten trait would be.
//!
//! The front end reads the IDL into its model, [`quorb_mapping`] makes annotated items of it, and these go through the other
//! macros like everybody's: there is one model of an interface, and its renderer sees nothing else.

mod options;
mod report;
mod text;

use proc_macro2::{Span, TokenStream};
use quorb_idl::{Compiler, Disk, Files, Outcome, ReadFault};
use quote::quote;
use syn::LitStr;
use syn::parse::{Parse, ParseStream};

use self::options::Options;
use self::report::Places;
use self::text::Text;

/// The folder that paths start from: that of the manifest of the crate.
#[derive(Debug, Clone)]
pub(crate) struct Root(pub(crate) String);

impl Root {
    fn path(&self, path: &str) -> String {
        if path.starts_with('/') || self.0.is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.0.trim_end_matches('/'))
        }
    }
}

/// `include_idl!("grid.idl", ...)`.
struct FromFile {
    path: LitStr,
    options: Options,
}

impl Parse for FromFile {
    fn parse(input: ParseStream<'_>) -> syn::Result<FromFile> {
        let path = input.parse().map_err(|error| {
            syn::Error::new(error.span(), "the path of a file comes first: `include_idl!(\"idl/grid.idl\")`")
        })?;
        Ok(FromFile { path, options: Options::behind(input)? })
    }
}

/// The items for the IDL of a file.
pub(crate) fn file(input: TokenStream, root: &Root) -> Result<TokenStream, Vec<syn::Error>> {
    let FromFile { path, options } = syn::parse2(input).map_err(|error| vec![error])?;
    let main = root.path(&path.value());
    items(&main, &Disk, root, &options, &Places::one(path.span()))
}

/// The items for IDL that stands in the macro, as tokens or as a text.
pub(crate) fn inline(input: TokenStream, root: &Root) -> Result<TokenStream, Vec<syn::Error>> {
    let Text { content, options, places } = text::read(input).map_err(|error| vec![error])?;
    // In the folder of the manifest, so that what it includes is found there.
    let main = root.path("idl!");
    let files = Beside { main: &main, content: &content };
    items(&main, &files, root, &options, &places)
}

fn items(
    main: &str,
    files: &dyn Files,
    root: &Root,
    options: &Options,
    places: &Places,
) -> Result<TokenStream, Vec<syn::Error>> {
    let mut compiler = Compiler::new(files);
    for folder in &options.include {
        compiler = compiler.include(root.path(folder));
    }
    for definition in &options.define {
        let (name, value) = definition.split_once('=').unwrap_or((definition, "1"));
        compiler = compiler.define(name, value);
    }
    let outcome = compiler.compile(main);
    let Some(model) = &outcome.model else {
        return Err(report::invalid(&outcome, places));
    };
    let items = quorb_mapping::rust(model, &outcome.sources, main, &options.settings)
        .map_err(|faults| report::unmapped(&faults, &outcome, places, options))?;
    let read = read_again(&outcome, main, places.span());
    Ok(quote!(#items #read))
}

/// What makes the compiler look again when a file has changed that was read.
fn read_again(outcome: &Outcome, main: &str, span: Span) -> TokenStream {
    let is_file = |name: &&str| !name.starts_with('<') && (*name != main || !main.ends_with("/idl!"));
    let files = outcome.sources.names().filter(is_file).map(|name| LitStr::new(name, span));
    quote!(#(const _: &[u8] = ::core::include_bytes!(#files);)*)
}

/// The text in the macro beside the files of this machine.
struct Beside<'a> {
    main: &'a str,
    content: &'a str,
}

impl Files for Beside<'_> {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, ReadFault> {
        if path == self.main { Ok(self.content.as_bytes().to_vec()) } else { Disk.read(path, bytes_max) }
    }
}

//! Repository ids: the default, the check of a given one, and the guard against two equal defaults in a crate.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, LitStr};

use crate::sink::Sink;

/// The name by which peers know an interface or type (CORBA 3.3 Part 1, 14.7).
#[derive(Debug, Clone)]
pub(crate) struct RepositoryId {
    /// The id.
    pub(crate) text: String,
    is_default: bool,
}

impl RepositoryId {
    /// `IDL:<crate>/<Name>:1.0`; without the crate where its name is not known, as under a bare compiler.
    pub(crate) fn default_of(crate_name: &str, name: &str) -> RepositoryId {
        let scope = if crate_name.is_empty() { String::new() } else { format!("{crate_name}/") };
        RepositoryId { text: format!("IDL:{scope}{name}:1.0"), is_default: true }
    }

    /// An id that the user gives.
    pub(crate) fn given(literal: &LitStr, sink: &mut Sink) -> Option<RepositoryId> {
        let text = literal.value();
        if let Err(reason) = check(&text) {
            sink.at(literal, format_args!("{reason}: a repository id looks like `IDL:Module/Name:1.0`"));
            return None;
        }
        Some(RepositoryId { text, is_default: false })
    }

    /// An item that can exist once in a crate, if this is a default id.
    ///
    /// Two items of one name in different modules would get the same default id, and peers would take one for the other.
    /// Exported macros live in one namespace for the whole crate, also when they are written inside a function; so a
    /// hidden one is defined under a name made from the id, and the compiler reports the second at the user's own name.
    ///
    /// `name` is the simple name that the id was made of, `ident` the user's own.
    pub(crate) fn clash_guard(&self, name: &str, ident: &Ident) -> TokenStream {
        if !self.is_default {
            return TokenStream::new();
        }
        let name: String =
            name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
        let guard = Ident::new(
            &format!("the_default_repository_id_of_{name}_is_taken__give_one_of_them_an_id"),
            ident.span(),
        );
        quote_spanned! {ident.span()=>
            #[doc(hidden)]
            #[allow(non_local_definitions)]
            #[macro_export]
            macro_rules! #guard { () => {}; }
        }
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    let Some(rest) = text.strip_prefix("IDL:") else {
        // The other formats of the specification are opaque to us.
        let known = ["RMI:", "DCE:", "LOCAL:"]
            .iter()
            .any(|format| text.len() > format.len() && text.starts_with(format));
        return if known { Ok(()) } else { Err("this id does not start with `IDL:`") };
    };
    let (path, version) = rest.rsplit_once(':').ok_or("this id has no version")?;
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    match version.split_once('.') {
        Some((major, minor)) if is_number(major) && is_number(minor) => {}
        _ => return Err("the version of this id is not `major.minor`"),
    }
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_-.".contains(&letter))
    };
    if path.split('/').all(is_name) {
        Ok(())
    } else {
        Err("the names of this id are not all letters, digits, `_`, `-` and `.`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_specification_pass() {
        for id in
            ["IDL:Grid:1.0", "IDL:omg.org/CosNaming/NamingContext:1.0", "RMI:a.B:0001", "IDL:a/b_c/D:12.34"]
        {
            assert_eq!(check(id), Ok(()), "{id}");
        }
    }

    #[test]
    fn broken_ids_do_not() {
        for id in [
            "Grid",
            "IDL:Grid",
            "IDL:Grid:1",
            "IDL::1.0",
            "IDL:a//b:1.0",
            "IDL:Grid:1.x",
            "IDL:a b:1.0",
            "RMI:",
        ] {
            assert!(check(id).is_err(), "{id}");
        }
    }
}

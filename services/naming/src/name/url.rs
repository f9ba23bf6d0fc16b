//! Names as `corbaname:` references (Naming Service 1.3, 2.5.3).

use quorb_giop::url::Reference;

use super::{MalformedName, parse};

/// The reference to the name `text` in the naming service at `address`: `corbaname:ADDRESS#NAME`, escaped. An empty text is
/// the service itself.
///
/// # Errors
/// An address that is none, or a text that is no name.
pub fn url(address: &str, text: &str) -> Result<String, MalformedUrl> {
    // A `#` in the address would begin the name.
    if address.is_empty() || address.contains('#') {
        return Err(MalformedUrl::Address);
    }
    if !text.is_empty() {
        parse(text)?;
    }
    let Ok(Reference::Corbaname(mut reference)) = format!("corbaname:{address}").parse() else {
        return Err(MalformedUrl::Address);
    };
    if text.is_empty() {
        return Ok(format!("corbaname:{address}"));
    }
    // Only the escaped name is taken from the other one's text: the address stays as its caller has written it.
    reference.name = text.to_owned();
    let written = reference.to_string();
    let (_, name) = written.split_once('#').ok_or(MalformedUrl::Address)?;
    Ok(format!("corbaname:{address}#{name}"))
}

/// Why there is no such reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedUrl {
    /// No address of a naming service.
    #[error("an address of a naming service has the form :HOST[:PORT][/KEY] or iiop:1.2@HOST[:PORT][/KEY]")]
    Address,
    /// No name.
    #[error(transparent)]
    Name(#[from] MalformedName),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_and_names_are_escaped() {
        let cases = [
            (":h", "a", "corbaname::h#a"),
            ("iiop:1.2@h:9999/Dev/Names", "a/b.c", "corbaname:iiop:1.2@h:9999/Dev/Names#a/b.c"),
            (":h,:i", r"a b\.c", "corbaname::h,:i#a%20b%5c.c"),
            ("rir:", "<>%", "corbaname:rir:#%3c%3e%25"),
            (":h", "", "corbaname::h"),
        ];
        for (address, name, expected) in cases {
            assert_eq!(url(address, name).as_deref(), Ok(expected));
            assert!(expected.parse::<Reference>().is_ok());
        }
    }

    #[test]
    fn what_cannot_be_a_reference() {
        for address in ["", "h", ":", ":h:99999", "#", ":h#a", "h p"] {
            assert_eq!(url(address, "a"), Err(MalformedUrl::Address), "{address}");
        }
        assert_eq!(url(":h", "a//b"), Err(MalformedUrl::Name(MalformedName::EmptyComponent { at: 2 })));
    }
}

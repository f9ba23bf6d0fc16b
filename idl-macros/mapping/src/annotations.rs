//! What annotations of the IDL say about Rust and behaviour.
//!
//! | annotation | on | meaning |
//! |---|---|---|
//! | `@query` | operation | it only reads the object |
//! | `@exclusive` | operation, attribute | it runs alone (`&mut self`); of an attribute, writing it |
//! | `@idempotent` | operation, attribute | it may be repeated |
//! | `@cancellable` | operation | it is stopped when its caller gives up |
//! | `@deadline("2s")` | operation, attribute | the time a call may take |
//! | `@reply(majority)` | operation, attribute | whose replies a call of an object group waits for |
//! | `@default` | member, parameter | what older peers do not send takes its default |
//! | `@id(3)` | member | the index that stands for its name in CBOR |
//! | `@name("Grid")` | interface, type | its name where IDL could not have it |
//! | `@optional` | union switched by boolean | an `Option` |
//! | `@nothing("2 Other")` | union | the case 2 is `Other`, has no value, and stands for every other label, or for those behind it |
//! | `@map` | alias of a sequence of key and value | a map |
//! | `@int8` | alias of octet | an `i8` |
//!
//! Others are for other tools.

use quorb_idl::model::{Annotation, Definition};

/// The annotation of this name.
pub(crate) fn find<'a>(annotations: &'a [Annotation], name: &str) -> Option<&'a Annotation> {
    annotations.iter().find(|annotation| annotation.name == name)
}

/// Whether the annotation of this name is there.
pub(crate) fn has(annotations: &[Annotation], name: &str) -> bool {
    find(annotations, name).is_some()
}

/// The argument of an annotation, without quotation marks.
pub(crate) fn argument<'a>(annotations: &'a [Annotation], name: &str) -> Option<&'a str> {
    let text = find(annotations, name)?.arguments.as_deref()?.trim();
    Some(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
}

/// The simple name of a definition: the one it would have if IDL let it.
pub(crate) fn simple_name(definition: &Definition) -> &str {
    argument(&definition.annotations, "name").unwrap_or(&definition.name)
}

//! Which Rust types can have an IDL type, as far as their spelling tells.
//!
//! What the spelling does not tell (a struct that lacks `#[derive(IdlType)]`) the compiler reports through the trait
//! bound, also at the user's token.

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypePath, TypeReference};

use crate::sink::Sink;

/// Checks that `ty` may be what `place` says: "a parameter", "a result", "a member".
///
/// `interface` is the name of the interface that is being declared, if one is.
pub(crate) fn check_type(ty: &Type, place: &str, interface: Option<&str>, sink: &mut Sink) {
    let before = sink.count();
    if let Some(reason) = refusal(ty, place, interface) {
        sink.at(ty, reason);
    }
    if sink.count() == before {
        for inner in inner_types(ty) {
            check_type(inner, place, interface, sink);
        }
    }
}

/// The type without the invisible brackets that it gets when it comes out of a `macro_rules!` macro.
pub(crate) fn ungrouped(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}

/// The element type if `ty` is `Option<T>`.
pub(crate) fn optional_element(ty: &Type) -> Option<&Type> {
    let Type::Path(TypePath { qself: None, path }) = ungrouped(ty) else { return None };
    let last = path.segments.last()?;
    match arguments_of(last).as_slice() {
        [element] if last.ident == "Option" => Some(element),
        _ => None,
    }
}

/// The type arguments of a path segment.
fn arguments_of(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return Vec::new() };
    arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}

/// The type arguments of `ty` if the last name of its path is `name`.
pub(crate) fn arguments_of_last<'a>(ty: &'a Type, name: &str) -> Option<Vec<&'a Type>> {
    let Type::Path(TypePath { qself: None, path }) = ungrouped(ty) else { return None };
    let last = path.segments.last()?;
    (last.ident == name).then(|| arguments_of(last))
}

/// Whether `ty` is a stream of octets, under any path.
pub(crate) fn is_stream(ty: &Type) -> bool {
    matches!(ungrouped(ty), Type::Path(TypePath { qself: None, path })
        if path.segments.last().is_some_and(|last| last.ident == "ByteStream" && last.arguments.is_none()))
}

/// Whether `ty` is `&Context`, under any path.
pub(crate) fn is_context(ty: &Type) -> bool {
    let Type::Reference(TypeReference { elem, mutability: None, .. }) = ungrouped(ty) else { return false };
    matches!(&**elem, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Context"))
}

fn inner_types(ty: &Type) -> Vec<&Type> {
    match ty {
        Type::Path(TypePath { path, .. }) => path.segments.iter().flat_map(arguments_of).collect(),
        Type::Array(array) => vec![&array.elem],
        Type::Paren(paren) => vec![&paren.elem],
        Type::Group(group) => vec![&group.elem],
        _ => Vec::new(),
    }
}

/// Why `ty` itself, whatever it contains, has no IDL type.
fn refusal(ty: &Type, place: &str, interface: Option<&str>) -> Option<String> {
    let reason = match ty {
        Type::Path(path) => return path_refusal(path, interface),
        Type::Reference(reference) => reference_refusal(reference, place),
        Type::Slice(slice) => {
            format!("a bare slice has no size: use `Vec<{}>`", slice.elem.to_token_stream())
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() => format!("`()` is no value: {place} needs a type"),
        Type::Tuple(_) => "IDL has no tuples: make it a struct with `#[derive(IdlType)]`".to_owned(),
        Type::TraitObject(_) => {
            format!("a trait object cannot cross an interface: {}", proxy_advice(interface))
        }
        Type::ImplTrait(_) => {
            format!("`impl Trait` is not one type on the wire: name the type, {}", proxy_advice(interface))
        }
        Type::BareFn(_) => {
            "a function cannot cross an interface: declare an interface with one operation and pass its proxy"
                .to_owned()
        }
        Type::Ptr(_) => "a pointer means nothing in another process: pass the value".to_owned(),
        Type::Never(_) => {
            "an operation that never returns never replies: return a value or nothing".to_owned()
        }
        Type::Infer(_) => "the type must be written out: it is part of the interface".to_owned(),
        _ => return None,
    };
    Some(reason)
}

fn proxy_advice(interface: Option<&str>) -> String {
    let name = interface.unwrap_or("Grid");
    format!("or pass a reference to an object by its proxy, as `{name}Proxy`")
}

fn reference_refusal(reference: &TypeReference, place: &str) -> String {
    let inner = &reference.elem;
    let owned = match &**inner {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", slice.elem.to_token_stream()),
        inner => inner.to_token_stream().to_string(),
    };
    format!(
        "a reference cannot be (part of) {place}, since nothing outlives the call: use the owned `{owned}`"
    )
}

fn path_refusal(path: &TypePath, interface: Option<&str>) -> Option<String> {
    let last = path.path.segments.last()?;
    if has_lifetime(last) {
        return Some("a type that borrows cannot cross an interface: use an owned one".to_owned());
    }
    let arguments = arguments_of(last);
    let element = arguments.first().map(|element| element.to_token_stream().to_string()).unwrap_or_default();
    let name = last.ident.to_string();
    let reason = match (name.as_str(), arguments.len()) {
        ("ByteStream", 0) => "a stream cannot be part of another value, nor borrowed: it is a parameter by itself, or the whole \
             result"
            .to_owned(),
        ("usize", 0) => "`usize` has another size on other machines: use `u32` or `u64`".to_owned(),
        ("isize", 0) => "`isize` has another size on other machines: use `i32` or `i64`".to_owned(),
        ("u128" | "i128", 0) => {
            format!("IDL has no 128-bit numbers: use two `u64` in a struct, or `[u8; 16]`, for `{name}`")
        }
        ("str", 0) => "`str` has no size: use `String`, or `&str` as a parameter".to_owned(),
        ("Self", 0) => format!(
            "`Self` is the servant, which stays where it is: pass a reference to it by its proxy, `{}Proxy`",
            interface.unwrap_or("...")
        ),
        ("Rc", 1) => format!(
            "`Rc` cannot be sent between threads: use `{element}`, `Box<{element}>` or `Arc<{element}>`"
        ),
        ("Cell" | "RefCell" | "Mutex" | "RwLock" | "Weak", 1) => {
            format!(
                "`{name}` shares a place in memory, which another process does not have: pass the value, `{element}`"
            )
        }
        ("Cow", 1) => format!("`Cow` borrows: use the owned form of `{element}`"),
        ("Result", 1 | 2) => {
            "IDL has no result type here: only an operation returns `Result`; use `Option` or an enum"
                .to_owned()
        }
        _ => return None,
    };
    Some(reason)
}

fn has_lifetime(segment: &PathSegment) -> bool {
    match &segment.arguments {
        // `Cow<'a, T>` has its own message.
        _ if segment.ident == "Cow" => false,
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().any(|argument| matches!(argument, GenericArgument::Lifetime(_)))
        }
        _ => false,
    }
}

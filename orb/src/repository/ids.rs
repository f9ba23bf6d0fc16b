//! What repository ids say about where a definition stands.

/// The parts of an id of the form `IDL:prefix/Module/Name:1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Anatomy<'a> {
    /// Everything between format and version.
    pub(super) path: &'a str,
    pub(super) version: &'a str,
}

/// The parts of an id; `None` for one of another form, which says nothing of places.
pub(super) fn anatomy(id: &str) -> Option<Anatomy<'_>> {
    let (path, version) = id.strip_prefix("IDL:")?.rsplit_once(':')?;
    Some(Anatomy { path, version })
}

/// The version in an id.
pub(super) fn version(id: &str) -> &str {
    anatomy(id).map_or("1.0", |anatomy| anatomy.version)
}

/// The path of the scope around a path; `None` at the top, and behind a prefix, which is no name of IDL.
pub(super) fn around(path: &str) -> Option<&str> {
    let (scope, _) = path.rsplit_once('/')?;
    let last = scope.rsplit('/').next().unwrap_or(scope);
    is_name(last).then_some(scope)
}

/// The id of something that is declared inside of what has an id.
pub(super) fn inside(id: &str, name: &str) -> String {
    match anatomy(id) {
        Some(Anatomy { path, version }) => format!("IDL:{path}/{name}:{version}"),
        None => format!("{id}/{name}"),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_where_its_definition_stands() {
        assert_eq!(anatomy("IDL:a.b/M/N:1.2"), Some(Anatomy { path: "a.b/M/N", version: "1.2" }));
        assert_eq!(around("a.b/M/N"), Some("a.b/M"));
        assert_eq!(around("a.b/M"), None);
        assert_eq!(around("M"), None);
        assert_eq!(inside("IDL:M/Grid:2.0", "get"), "IDL:M/Grid/get:2.0");
        assert_eq!((anatomy("local"), version("local")), (None, "1.0"));
    }
}
